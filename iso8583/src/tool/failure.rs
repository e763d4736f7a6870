//! What went wrong, for standard error. Never a value out of the input.

use crate::codec::{DecodeError, EncodeError};
use serde_json::{Value, json};

/// Usage and configuration.
const USAGE: u8 = 2;
/// Done, and the answer is no.
const REFUSED: u8 = 1;

#[derive(Debug)]
pub(super) struct Failure {
    exit_code: u8,
    error: &'static str,
    field: Option<String>,
    offset: Option<usize>,
    reason: String,
}

impl Failure {
    /// Wrong options.
    pub(super) fn usage(reason: impl Into<String>) -> Self {
        let reason = reason.into();
        Self {
            exit_code: USAGE,
            error: "usage",
            field: None,
            offset: None,
            reason,
        }
    }

    /// A message that can't be read or written.
    pub(super) fn message(
        field: impl Into<String>,
        offset: usize,
        reason: impl Into<String>,
    ) -> Self {
        Self {
            exit_code: REFUSED,
            error: "bad message",
            field: Some(field.into()),
            offset: Some(offset),
            reason: reason.into(),
        }
    }

    /// A PIN block, track or key that isn't one.
    pub(super) fn refused(error: &'static str, reason: impl ToString) -> Self {
        let reason = reason.to_string();
        Self {
            exit_code: REFUSED,
            error,
            field: None,
            offset: None,
            reason,
        }
    }

    pub(super) fn exit_code(&self) -> u8 {
        self.exit_code
    }

    pub(super) fn to_json(&self) -> Value {
        let mut object = json!({ "error": self.error });
        if let (Some(fields), Some(field)) = (object.as_object_mut(), &self.field) {
            fields.insert("field".to_owned(), json!(field));
            fields.insert("offset".to_owned(), json!(self.offset));
        }
        if let Some(fields) = object.as_object_mut() {
            fields.insert("reason".to_owned(), json!(self.reason));
        }
        object
    }
}

impl From<DecodeError> for Failure {
    fn from(error: DecodeError) -> Self {
        Self::message(
            error.field.to_string(),
            error.offset,
            error.reason.to_string(),
        )
    }
}

impl From<EncodeError> for Failure {
    fn from(error: EncodeError) -> Self {
        Self::message(
            error.field.to_string(),
            error.offset,
            error.reason.to_string(),
        )
    }
}
