//! One step of a payment's history as a sentence.

use domain::words::Sentence;
use proto::store::v1::{Decision, HistoryLine, HistoryStep, Money};

use super::{
    amount,
    dead_letter::{dead_letter_reason, forward_kind, resolution},
    named, not_told,
    payment::{abandon_reason, decision, entry_mode},
};

/// The step; its moment stands beside it.
pub(crate) fn history_line(line: &HistoryLine) -> Sentence {
    named(line.step, |step: HistoryStep| match step {
        HistoryStep::Unspecified => not_told(),
        HistoryStep::Unreadable => unreadable(line),
        HistoryStep::Intended => intended(line),
        HistoryStep::Told => with("told", "得知结果", &decision(line.decision.as_ref())),
        HistoryStep::GivenUp => {
            let why = abandon_reason(line.abandon_reason, &line.note);
            with("abandoned", "已放弃", &why)
        }
        HistoryStep::SaleClosed => sale_closed(line),
        HistoryStep::SaleClosedWithout => sale_closed_without(line),
        HistoryStep::Requested => requested(line),
        HistoryStep::OfflineReported => offline_reported(line),
        HistoryStep::CardCame => Sentence::new(
            "its sealed card came from the lane",
            "已收到收银台的加密卡数据",
        ),
        HistoryStep::Bound => bound(line),
        HistoryStep::Decided => with("decided", "决定", &decision(line.decision.as_ref())),
        HistoryStep::Captured => captured(line),
        HistoryStep::Abandoned => abandoned(line),
        HistoryStep::Queued => queued(line),
        HistoryStep::Forwarded => forwarded(line),
        HistoryStep::NotSent => of_entry(line, "did not leave", "未发出"),
        HistoryStep::Deferred => {
            let code = or_none(&line.response_code);
            let (english, chinese) = (
                format!("deferred, code {}", code.0),
                format!("稍后重发，应答码 {}", code.1),
            );
            of_entry(line, &english, &chinese)
        }
        HistoryStep::Delivered => with_code(line, "delivered", "已上送"),
        HistoryStep::Withdrawn => of_entry(
            line,
            "withdrawn, nothing was sent",
            "已撤回，未发送任何报文",
        ),
        HistoryStep::DeadLetter => dead_letter(line),
        HistoryStep::Resolved => resolved(line),
        HistoryStep::AskedBank => asked_bank(line),
        HistoryStep::BankAnswered => bank_answered(line.decision.as_ref()),
        HistoryStep::BankAccepted => with_code(line, "accepted", "银行已接受"),
        HistoryStep::Reconciled => Sentence::new(
            format!("acquirer's file: {}", line.quoted),
            format!("收单行对账文件：{}", line.quoted),
        ),
    })
}

fn with(english: &str, chinese: &str, what: &Sentence) -> Sentence {
    Sentence::new(
        format!("{english}: {}", what.english),
        format!("{chinese}：{}", what.chinese),
    )
}

fn money(money: Option<&Money>) -> String {
    amount(money).unwrap_or_else(|| "no amount".to_owned())
}

fn or_none(text: &str) -> (&str, &str) {
    match text {
        "" => ("none", "无"),
        text => (text, text),
    }
}

fn unreadable(line: &HistoryLine) -> Sentence {
    let (log, sequence) = (line.log, line.sequence);
    Sentence::new(
        format!("record {sequence} of log {log} can't be understood"),
        format!("日志 {log} 的第 {sequence} 条记录无法读取"),
    )
}

fn intended(line: &HistoryLine) -> Sentence {
    let entry = entry_mode(line.entry_mode, line.pin_entered);
    let (asked, sale, card) = (
        money(line.amount.as_ref()),
        line.sale_number,
        &line.masked_card,
    );
    Sentence::new(
        format!(
            "intended: {asked} on sale {sale}, card {card}, {}",
            entry.english
        ),
        format!(
            "拟付款：{asked}，销售 {sale}，卡号 {card}，{}",
            entry.chinese
        ),
    )
}

fn sale_closed(line: &HistoryLine) -> Sentence {
    let (sale, receipt) = (line.sale_number, &line.receipt_number);
    let (paid, total) = (money(line.amount.as_ref()), money(line.total.as_ref()));
    Sentence::new(
        format!("sale {sale} closed, receipt {receipt}, {paid} of {total} by this payment"),
        format!("销售 {sale} 已完成，小票 {receipt}，总额 {total}，本笔支付 {paid}"),
    )
}

fn sale_closed_without(line: &HistoryLine) -> Sentence {
    let (sale, receipt) = (line.sale_number, &line.receipt_number);
    Sentence::new(
        format!("sale {sale} closed without it, receipt {receipt}"),
        format!("销售 {sale} 未用本笔支付完成，小票 {receipt}"),
    )
}

fn requested(line: &HistoryLine) -> Sentence {
    let (lane, asked) = (line.lane, money(line.amount.as_ref()));
    Sentence::new(
        format!("requested by lane {lane}: {asked}"),
        format!("{lane} 号收银台请求：{asked}"),
    )
}

fn offline_reported(line: &HistoryLine) -> Sentence {
    let (lane, lease) = (line.lane, line.lease_id);
    Sentence::new(
        format!("heard from the journal of lane {lane}: approved there under lease {lease}"),
        format!("{lane} 号收银台日志：已在额度 {lease} 下脱机批准"),
    )
}

fn bound(line: &HistoryLine) -> Sentence {
    let HistoryLine {
        tid, stan, batch, ..
    } = line;
    Sentence::new(
        format!("bound to {tid}, STAN {stan:06}, batch {batch:06}"),
        format!("终端 {tid}，流水号 {stan:06}，批次 {batch:06}"),
    )
}

fn captured(line: &HistoryLine) -> Sentence {
    let receipt = &line.receipt_number;
    Sentence::new(
        format!("captured: receipt {receipt}"),
        format!("已入账：小票 {receipt}"),
    )
}

fn abandoned(line: &HistoryLine) -> Sentence {
    let lane = line.lane;
    Sentence::new(
        format!("abandoned by lane {lane}"),
        format!("{lane} 号收银台已放弃"),
    )
}

/// What happened to one of its queue entries, named by kind and number.
fn of_entry(line: &HistoryLine, english: &str, chinese: &str) -> Sentence {
    let (kind, id) = (forward_kind(line.forward_kind), line.forward_id);
    Sentence::new(
        format!("{} {id} {english}", kind.english),
        format!("{} {id} {chinese}", kind.chinese),
    )
}

fn with_code(line: &HistoryLine, english: &str, chinese: &str) -> Sentence {
    let code = &line.response_code;
    let (english, chinese) = (
        format!("{english}, code {code}"),
        format!("{chinese}，应答码 {code}"),
    );
    of_entry(line, &english, &chinese)
}

fn queued(line: &HistoryLine) -> Sentence {
    match line.response_code.as_str() {
        "" => of_entry(line, "queued", "已排队"),
        code => {
            let (english, chinese) = (
                format!("queued, reason {code}"),
                format!("已排队，原因码 {code}"),
            );
            of_entry(line, &english, &chinese)
        }
    }
}

fn forwarded(line: &HistoryLine) -> Sentence {
    let HistoryLine {
        attempt,
        stan,
        batch,
        ..
    } = line;
    let (english, chinese) = (
        format!("sent, try {attempt}, STAN {stan:06}, batch {batch:06}"),
        format!("已发送，第 {attempt} 次，流水号 {stan:06}，批次 {batch:06}"),
    );
    of_entry(line, &english, &chinese)
}

fn dead_letter(line: &HistoryLine) -> Sentence {
    let why = dead_letter_reason(line.dead_letter_reason, &line.note, &line.response_code);
    let why = with("dead letter", "需人工处理", &why);
    of_entry(line, &why.english, &why.chinese)
}

fn resolved(line: &HistoryLine) -> Sentence {
    let how = with("resolved", "已处理", &resolution(line.resolution));
    let (english, chinese) = (
        format!("{} {}", how.english, line.note),
        format!("{} {}", how.chinese, line.note),
    );
    of_entry(line, &english, &chinese)
}

fn asked_bank(line: &HistoryLine) -> Sentence {
    let HistoryLine {
        tid, stan, batch, ..
    } = line;
    Sentence::new(
        format!("0200 to {tid}, STAN {stan:06}, batch {batch:06}"),
        format!("0200 发往 {tid}，流水号 {stan:06}，批次 {batch:06}"),
    )
}

fn bank_answered(decision: Option<&Decision>) -> Sentence {
    let Some(decision) = decision else {
        return not_told();
    };
    let code = &decision.response_code;
    let (rrn, auth) = (or_none(&decision.rrn), or_none(&decision.auth_code));
    Sentence::new(
        format!("0210 code {code}, RRN {}, authorisation {}", rrn.0, auth.0),
        format!("0210 应答码 {code}，检索号 {}，授权码 {}", rrn.1, auth.1),
    )
}
