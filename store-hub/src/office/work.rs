//! Work: what does not come to its end by itself, and what to do about each.

use axum::{
    extract::State,
    http::HeaderMap,
    response::{IntoResponse, Response},
};
use domain::{operators::OfficeRight, words::Language};
use maud::{Markup, html};
use proto::store::v1::{
    DeadLetter, DeadLettersRequest, LeaseState, LeaseView, LeasesRequest, Unresolved,
    UnresolvedRequest, operations_service_server::OperationsService,
};
use tonic::Request;
use web::{language_of, said};

use super::{
    Here, Pages,
    frame::Section,
    tables::{amount, none, payment_link, read, table},
    visitor::stopping,
};
use crate::presentation;

/// What waits for somebody.
struct Waiting {
    letters: Vec<DeadLetter>,
    unresolved: Vec<Unresolved>,
    leases: Vec<LeaseView>,
}

impl Pages {
    async fn waiting(&self) -> Option<Waiting> {
        let services = &self.services;
        let letters = services.dead_letters(Request::new(DeadLettersRequest {}));
        let unresolved = services.unresolved(Request::new(UnresolvedRequest {}));
        let leases = services.leases(Request::new(LeasesRequest {}));
        let mut letters = letters.await.ok()?.into_inner().dead_letters;
        letters.retain(|letter| !letter.resolved);
        let mut leases = leases.await.ok()?.into_inner().leases;
        leases.retain(|lease| lease.lease_state() == LeaseState::Expired);
        Some(Waiting {
            letters,
            unresolved: unresolved.await.ok()?.into_inner().payments,
            leases,
        })
    }
}

/// `GET /work`.
pub(super) async fn page(State(pages): Here, headers: HeaderMap) -> Response {
    let visitor = match pages.admit(&headers, OfficeRight::SeeWork).await {
        Ok(visitor) => visitor,
        Err(answer) => return answer,
    };
    let language = language_of(&headers);
    let Some(waiting) = pages.waiting().await else {
        return stopping();
    };
    let body = html! {
        h2 { (said(language, "The bank would not take", "银行未接受")) }
        (letters(&pages, &waiting.letters, language))
        h2 { (said(language, "Payments without an end", "未完结付款")) }
        (unresolved(&pages, &waiting.unresolved, language))
        h2 { (said(language, "Offline budgets that nobody gave back", "未归还的脱机额度")) }
        (leases(&pages, &waiting.leases, language))
    };
    pages
        .of_section(&visitor, &headers, Section::Work, &body)
        .into_response()
}

fn letters(pages: &Pages, letters: &[DeadLetter], language: Language) -> Markup {
    if letters.is_empty() {
        return none(language);
    }
    let rows: Vec<Markup> = letters
        .iter()
        .map(|letter| {
            let why = presentation::dead_letter_reason(
                letter.because,
                &letter.because_text,
                &letter.last_answer,
            );
            html! {
                tr {
                    td .n { (letter.forward_id) }
                    td { (payment_link(&letter.payment_id)) }
                    td { (read(&presentation::forward_kind(letter.forward_kind), language)) }
                    td .n { (amount(letter.amount.as_ref())) }
                    td .words { (read(&why, language)) }
                    td { (pages.moment(letter.last_try_wall_ms)) }
                    td { (read(&presentation::owner(letter.owned_by), language)) }
                }
            }
        })
        .collect();
    html! {
        (table(
            said(language, "The bank would not take", "银行未接受"),
            &[
                said(language, "Entry", "条目"),
                said(language, "Payment", "付款"),
                said(language, "Kind", "类别"),
                said(language, "Amount", "金额"),
                said(language, "Why", "原因"),
                said(language, "Last try", "最后尝试"),
                said(language, "Whose", "责任人"),
            ],
            &[0, 3],
            &rows,
        ))
        (to_do(
            said(
                language,
                "Call the bank with the payment at hand (HUB0003). Then, at the hub's machine: \
                 retry it, or say how it was settled:",
                "持付款信息联系银行（HUB0003）。然后在主机上重试，或登记处理结果：",
            ),
            "store-hub dead-letters resolve ENTRY --as retry|settled-by-hand|written-off --note …",
        ))
    }
}

fn unresolved(pages: &Pages, payments: &[Unresolved], language: Language) -> Markup {
    if payments.is_empty() {
        return none(language);
    }
    let rows: Vec<Markup> = payments
        .iter()
        .map(|one| {
            html! {
                tr {
                    td { (payment_link(&one.payment_id)) }
                    td { (one.lane) }
                    td .n { (amount(one.amount.as_ref())) }
                    td { (pages.moment(one.since_wall_ms)) }
                    td .words {
                        (read(&presentation::payment_status(one.payment_status), language))
                    }
                    td { (read(&presentation::owner(one.owned_by), language)) }
                }
            }
        })
        .collect();
    html! {
        (table(
            said(language, "Payments without an end", "未完结付款"),
            &[
                said(language, "Payment", "付款"),
                said(language, "Lane", "收银台"),
                said(language, "Amount", "金额"),
                said(language, "Since", "自"),
                said(language, "State", "状态"),
                said(language, "Whose", "责任人"),
            ],
            &[2],
            &rows,
        ))
        p .todo {
            (said(
                language,
                "What is the hub's goes on by itself once the bank answers. What is a lane's waits \
                 for that lane: switch it on, or see why it is away. Only what is the manager's \
                 needs a decision.",
                "主机负责的将在银行应答后自动完成；收银台负责的请开启该收银台；\
                 仅经理负责的需要决定。",
            ))
        }
    }
}

fn leases(pages: &Pages, leases: &[LeaseView], language: Language) -> Markup {
    if leases.is_empty() {
        return none(language);
    }
    let rows: Vec<Markup> = leases
        .iter()
        .map(|view| {
            let lease = view.lease.clone().unwrap_or_default();
            html! {
                tr {
                    td .n { (lease.lease_id) }
                    td { (lease.lane) }
                    td .n { (amount(lease.budget.as_ref())) }
                    td .n { (amount(view.spent.as_ref())) }
                    td .n { (amount(view.counts.as_ref())) }
                    td { (pages.moment(view.granted_wall_ms)) }
                }
            }
        })
        .collect();
    html! {
        (table(
            said(language, "Offline budgets that nobody gave back", "未归还的脱机额度"),
            &[
                said(language, "Lease", "额度"),
                said(language, "Lane", "收银台"),
                said(language, "Budget", "总额"),
                said(language, "Spent", "已用"),
                said(language, "Counts", "占用"),
                said(language, "Granted", "授予"),
            ],
            &[0, 2, 3, 4],
            &rows,
        ))
        (to_do(
            said(
                language,
                "Switch the lane on: it gives back by itself. Where its machine does not come \
                 back, write the lease off at the hub's machine:",
                "开启该收银台，额度将自动归还。设备不再恢复时，在主机上核销：",
            ),
            "store-hub leases write-off LEASE --reason …",
        ))
    }
}

fn to_do(what: &str, command: &str) -> Markup {
    html! { p .todo { (what) } pre .command tabindex="0" { (command) } }
}
