//! A receipt once more, on the printer of a lane that whoever wants it stands at.

use axum::{
    extract::{Path, State},
    response::{IntoResponse, Response},
};
use domain::{
    ids::{LaneId, ReceiptNumber},
    operators::OfficeRight,
    words::Language,
};
use maud::{Markup, html};
use proto::store::v1::{LanesRequest, operations_service_server::OperationsService};
use tonic::Request;
use web::said;

use super::{
    Here, Pages,
    typed::{Reprint, Typed},
    visitor::{Visitor, stopping},
};
use crate::actors::{
    copies::{NoCopy, PrintCopy},
    reports::FindReceipt,
};

impl Pages {
    /// Below a receipt, for who may: the lanes whose printers can be asked.
    pub(super) async fn reprint_form(
        &self,
        visitor: &Visitor,
        receipt: ReceiptNumber,
        language: Language,
    ) -> Markup {
        if !visitor.may(OfficeRight::Reprint) {
            return html! {};
        }
        let lanes = self.services.lanes(Request::new(LanesRequest {})).await;
        let lanes = lanes
            .map(|told| told.into_inner().lanes)
            .unwrap_or_default();
        let mut lanes = lanes;
        lanes.retain(|lane| lane.connected && lane.prints_copies);
        html! {
            h2 { (said(language, "Print again", "重印小票")) }
            @if lanes.is_empty() {
                p .quiet { (said(language, "No lane with a printer is here.", "没有在线的打印机。")) }
            } @else {
                form .fields hx-post={ "/receipts/" (receipt) "/reprint" }
                    hx-target="find .answer" {
                    label { (said(language, "On the printer of lane", "打印于收银台"))
                        select name="lane" {
                            @for lane in &lanes {
                                option value=(lane.lane)
                                    selected[lane.lane == u32::from(receipt.lane.0)] {
                                    (lane.lane)
                                }
                            }
                        } }
                    button .key .go type="submit" { (said(language, "Print", "打印")) }
                    div .answer role="status" {}
                }
            }
        }
    }
}

/// `POST /receipts/{number}/reprint`.
pub(super) async fn order(
    State(pages): Here,
    Path(number): Path<String>,
    form: Typed<Reprint>,
) -> Response {
    let language = form.language;
    let lane = form.get("lane").parse().map(LaneId);
    let (Ok(receipt), Ok(lane)) = (ReceiptNumber::parse(&number), lane) else {
        return refused(said(language, "No such receipt", "没有此小票"));
    };
    let told = match pages.services.reports.send(FindReceipt(receipt)).await {
        Ok(Ok(told)) => told,
        Ok(Err(_)) | Err(_) => return stopping(),
    };
    let paper = told.map(|(_, paper)| paper).unwrap_or_default();
    if paper.is_empty() {
        return refused(said(language, "It was never printed", "该小票尚未打印"));
    }
    let copy = PrintCopy {
        lane,
        receipt,
        text: paper,
        by: form.visitor.number(),
    };
    match pages.services.lanes.send(copy).await {
        Ok(Ok(())) => {
            let what = said(
                language,
                "Sent to the printer of lane",
                "已发送至收银台打印机",
            );
            html! { p .good { (what) " " (lane.0) } }.into_response()
        }
        Ok(Err(NoCopy::Away)) => refused(said(language, "The lane is away", "该收银台离线")),
        Ok(Err(NoCopy::TooOld)) => refused(said(
            language,
            "The lane's release prints no copies yet",
            "该收银台的版本不支持重印",
        )),
        Err(_) => stopping(),
    }
}

fn refused(why: &str) -> Response {
    html! { p .notice role="alert" { (why) } }.into_response()
}
