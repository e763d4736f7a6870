//! What somebody typed at a page who has the right to what it orders: read only once the visitor
//! was admitted, wiped when it was read.

use std::{marker::PhantomData, sync::Arc};

use axum::{
    body::to_bytes,
    extract::{FromRequest, Request},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use domain::{limits::OFFICE_FORM_BYTES_MAX, operators::OfficeRight, words::Language};
use web::{Fields, language_of, said};
use zeroize::Zeroizing;

use super::{Pages, visitor::Visitor};

/// What an order needs.
pub(super) trait Needs {
    const RIGHT: OfficeRight;
}

/// Adding, changing and ending operators.
pub(super) struct ManageOperators;
/// Letting somebody try again.
pub(super) struct UnlockOperator;
/// The close of a day.
pub(super) struct CloseDay;
/// A receipt once more.
pub(super) struct Reprint;

impl Needs for ManageOperators {
    const RIGHT: OfficeRight = OfficeRight::ManageOperators;
}

impl Needs for UnlockOperator {
    const RIGHT: OfficeRight = OfficeRight::UnlockOperator;
}

impl Needs for Reprint {
    const RIGHT: OfficeRight = OfficeRight::Reprint;
}

impl Needs for CloseDay {
    const RIGHT: OfficeRight = OfficeRight::CloseDay;
}

/// A form, and who sent it.
pub(super) struct Typed<N> {
    pub(super) visitor: Visitor,
    pub(super) headers: HeaderMap,
    pub(super) language: Language,
    fields: Fields,
    needs: PhantomData<N>,
}

impl<N> Typed<N> {
    pub(super) fn get(&self, name: &str) -> &str {
        self.fields.get(name)
    }

    /// What can't be taken back asks for a tick beside.
    pub(super) fn is_sure(&self) -> Result<(), String> {
        match self.get("sure") {
            "yes" => Ok(()),
            _ => Err(said(self.language, "Say that you are sure", "请确认").to_owned()),
        }
    }
}

impl<N: Needs> FromRequest<Arc<Pages>> for Typed<N> {
    type Rejection = Response;

    async fn from_request(request: Request, pages: &Arc<Pages>) -> Result<Self, Response> {
        let (parts, body) = request.into_parts();
        let visitor = pages.admit(&parts.headers, N::RIGHT).await?;
        let body = to_bytes(body, OFFICE_FORM_BYTES_MAX).await;
        let body = body.map_err(|_| StatusCode::PAYLOAD_TOO_LARGE.into_response())?;
        let body = Zeroizing::new(Vec::from(body));
        let text = std::str::from_utf8(&body);
        let text = text.map_err(|_| StatusCode::BAD_REQUEST.into_response())?;
        Ok(Self {
            visitor,
            language: language_of(&parts.headers),
            fields: Fields::of(text),
            headers: parts.headers,
            needs: PhantomData,
        })
    }
}
