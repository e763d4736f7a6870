//! How a payment stands, and what was decided about it.

use domain::{
    desk::{Owner, PaymentStatus},
    payment::RefusalReason,
    sale::{AbandonReason, TenderKind},
    words::{Sentence, Worded},
};
use proto::{
    journal::v1::{ForwardEndKind, ForwardKind},
    store::v1::{
        Decision, DecisionKind, EntryMode, ForwardState, FoundLine, PaymentState, SaleOutcome,
        UnknownReason,
    },
};

use super::{amount, dead_letter::forward_kind, joined, named, not_told, worded};

pub(crate) fn payment_status(number: i32) -> Sentence {
    worded::<PaymentStatus>(number)
}

pub(crate) fn tender(number: i32) -> Sentence {
    worded::<TenderKind>(number)
}

pub(crate) fn owner(number: i32) -> Sentence {
    worded::<Owner>(number)
}

/// As in "approved, captured, settled in batch 000001".
pub(crate) fn payment_state(state: &PaymentState) -> Sentence {
    if state.lane_only {
        return Sentence::new("known to its lane only", "仅收银台知道");
    }
    let mut parts = vec![decided(state.decision)];
    match SaleOutcome::try_from(state.sale) {
        Ok(SaleOutcome::Unspecified) => {}
        Ok(SaleOutcome::Captured) => parts.push(Sentence::new("captured", "已入账")),
        Ok(SaleOutcome::Abandoned) => parts.push(Sentence::new("abandoned", "已放弃")),
        Err(_) => parts.push(super::unknown(state.sale)),
    }
    parts.extend(state.forwards.iter().map(forward_state));
    if state.settled_batch != 0 {
        let batch = state.settled_batch;
        parts.push(Sentence::new(
            format!("settled in batch {batch:06}"),
            format!("已在批次 {batch:06} 结算"),
        ));
    }
    joined(&parts, (", ", "，"))
}

fn decided(number: i32) -> Sentence {
    named(number, |decision: DecisionKind| match decision {
        DecisionKind::Unspecified => Sentence::new("open", "未决"),
        DecisionKind::Approved => Sentence::new("approved", "已批准"),
        DecisionKind::PartiallyApproved => Sentence::new("partially approved", "部分批准"),
        DecisionKind::Declined => Sentence::new("declined", "银行拒绝"),
        DecisionKind::Unknown => Sentence::new("unknown", "结果未知"),
        DecisionKind::Refused => Sentence::new("refused", "系统拒绝"),
        DecisionKind::StandIn => Sentence::new("stood in", "代授权"),
        DecisionKind::OfflineApproved => Sentence::new("offline approved", "脱机批准"),
    })
}

fn forward_state(state: &ForwardState) -> Sentence {
    let kind = || forward_kind(state.kind);
    let of_kind = |english: &str, chinese: &str| {
        let kind = kind();
        Sentence::new(
            format!("{} {english}", kind.english),
            format!("{}{chinese}", kind.chinese),
        )
    };
    named(state.end, |end: ForwardEndKind| match end {
        ForwardEndKind::Unspecified => of_kind("waiting", "等待中"),
        ForwardEndKind::DeadLetter if state.declined_after_goods => {
            Sentence::new("declined after goods", "交货后被拒绝")
        }
        ForwardEndKind::DeadLetter => Sentence::new("dead letter", "需人工处理"),
        ForwardEndKind::Withdrawn => Sentence::new("withdrawn", "已撤回"),
        ForwardEndKind::Delivered => match ForwardKind::try_from(state.kind) {
            Ok(ForwardKind::Reversal) => Sentence::new("reversed", "已冲正"),
            Ok(ForwardKind::Void) => Sentence::new("voided", "已撤销"),
            Ok(ForwardKind::Advice) => Sentence::new("delivered", "已上送"),
            Ok(ForwardKind::Unspecified) | Err(_) => of_kind("delivered", "已上送"),
        },
    })
}

/// Of a payment how it stands, of a sale what paid for it.
pub(crate) fn found_state(line: &FoundLine) -> Sentence {
    if let Some(state) = &line.state {
        return payment_state(state);
    }
    let tenders: Vec<Sentence> = line
        .paid_by
        .iter()
        .map(|kind| worded::<TenderKind>(*kind))
        .collect();
    let tenders = joined(&tenders, (" and ", "和"));
    Sentence::new(
        format!("sale, paid by {}", tenders.english),
        format!("销售，付款方式：{}", tenders.chinese),
    )
}

/// What was decided, with its amount or its reason.
pub(super) fn decision(decision: Option<&Decision>) -> Sentence {
    let Some(decision) = decision else {
        return Sentence::new("nothing", "无");
    };
    let paid = amount(decision.approved.as_ref()).unwrap_or_else(|| "no amount".to_owned());
    let code = &decision.response_code;
    named(decision.kind, |kind: DecisionKind| match kind {
        DecisionKind::Approved => {
            Sentence::new(format!("approved {paid}"), format!("已批准 {paid}"))
        }
        DecisionKind::PartiallyApproved => Sentence::new(
            format!("approved for a part, {paid}"),
            format!("部分批准，{paid}"),
        ),
        DecisionKind::Declined => Sentence::new(
            format!("declined, code {code}"),
            format!("银行拒绝，应答码 {code}"),
        ),
        DecisionKind::Unknown => {
            let why = unknown_reason(decision.unknown_reason);
            Sentence::new(
                format!("not confirmed ({})", why.english),
                format!("未确认（{}）", why.chinese),
            )
        }
        DecisionKind::Refused => {
            let why = RefusalReason::by_number(decision.refusal_reason);
            let why = why.map_or_else(no_reason, RefusalReason::in_words);
            Sentence::new(
                format!("refused by the hub ({})", why.english),
                format!("系统拒绝（{}）", why.chinese),
            )
        }
        DecisionKind::StandIn => Sentence::new(
            format!("approved without the bank, {paid}"),
            format!("未经银行批准，{paid}"),
        ),
        DecisionKind::OfflineApproved => {
            let lease = decision.lease_id;
            Sentence::new(
                format!("approved by the lane alone, {paid}, lease {lease}"),
                format!("收银台脱机批准，{paid}，额度 {lease}"),
            )
        }
        DecisionKind::Unspecified => Sentence::new("nothing", "无"),
    })
}

fn no_reason() -> Sentence {
    Sentence::new("no reason given", "未说明原因")
}

fn unknown_reason(number: i32) -> Sentence {
    named(number, |reason: UnknownReason| match reason {
        UnknownReason::Unspecified => no_reason(),
        UnknownReason::NoAnswer => Sentence::new("no answer", "无应答"),
        UnknownReason::LinkBroke => Sentence::new("the line broke", "线路中断"),
        UnknownReason::BadMac => Sentence::new("bad MAC", "MAC 错误"),
        UnknownReason::Mismatch => Sentence::new("the answer does not fit", "应答不符"),
        UnknownReason::HubRestarted => Sentence::new("the hub was restarted", "主机已重启"),
    })
}

/// How the card was read.
pub(super) fn entry_mode(number: i32, pin: bool) -> Sentence {
    let mode = named(number, |mode: EntryMode| match mode {
        EntryMode::Unspecified => Sentence::new("entry unknown", "读卡方式未知"),
        EntryMode::Keyed => Sentence::new("keyed", "手工输入"),
        EntryMode::Stripe => Sentence::new("stripe", "磁条"),
        EntryMode::Chip => Sentence::new("chip", "芯片"),
        EntryMode::Contactless => Sentence::new("contactless", "非接触"),
    });
    match pin {
        true => Sentence::new(
            format!("{} with PIN", mode.english),
            format!("{}，有密码", mode.chinese),
        ),
        false => mode,
    }
}

/// Why its lane gave a payment up; 0: as an older release wrote it in words.
pub(super) fn abandon_reason(number: i32, text: &str) -> Sentence {
    match (number, text) {
        (0, "") => not_told(),
        (0, text) => AbandonReason::by_name(text)
            .map_or_else(|| Sentence::new(text, text), AbandonReason::in_words),
        (number, _) => worded::<AbandonReason>(number),
    }
}
