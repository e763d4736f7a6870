//! The close of a day, step by step.

use domain::words::Sentence;
use proto::store::v1::{
    BatchesSettled, BlockerKind, CarriedOver, CloseBlocker, CloseBlockers, CloseDayProgress,
    CloseStep, CloseWait, CloseWaitKind, DayDifference, DaySettled, SealedReport,
    close_day_progress::Told,
};

use super::{amount, difference, joined, named, not_told, or_english};

pub(crate) fn close_step(number: i32) -> Sentence {
    named(number, |step: CloseStep| match step {
        CloseStep::Unspecified => not_told(),
        CloseStep::Queue => Sentence::new("queue", "队列"),
        CloseStep::CarriedOver => Sentence::new("carried over", "结转"),
        CloseStep::Compare => Sentence::new("compare", "核对"),
        CloseStep::Settle => Sentence::new("settle", "结算"),
        CloseStep::Report => Sentence::new("report", "报表"),
        CloseStep::Closed => Sentence::new("closed", "已日结"),
        CloseStep::Settled => Sentence::new("settled", "已结算"),
    })
}

/// What the step has to tell.
pub(crate) fn close_detail(progress: &CloseDayProgress) -> Sentence {
    match &progress.told {
        None => Sentence::default(),
        Some(Told::Waits(waits)) => {
            let waits: Vec<Sentence> = waits.waits.iter().map(wait).collect();
            joined(&waits, ("; ", "；"))
        }
        Some(Told::QueueLeft(0)) => Sentence::new("empty", "已空"),
        Some(Told::QueueLeft(left)) => Sentence::new(
            format!("{left} entries wait; the rest is delivered"),
            format!("{left} 条等待中，其余已上送"),
        ),
        Some(Told::CarriedOver(carried)) => carried_over(carried),
        Some(Told::Blockers(blockers)) => all_blockers(blockers),
        Some(Told::Difference(difference)) => one_difference(difference),
        Some(Told::Differences(0)) => Sentence::new(
            "lane journals and hub agree on every payment",
            "收银台日志与主机的每笔付款均一致",
        ),
        Some(Told::Differences(all)) => Sentence::new(
            format!("{all} differences, named in the day report"),
            format!("{all} 处差异，见日报表"),
        ),
        Some(Told::Settled(settled)) => batches(settled),
        Some(Told::Report(report)) => sealed(report),
        Some(Told::Closed(closed)) => day_closed(closed),
    }
}

fn wait(wait: &CloseWait) -> Sentence {
    let lane = wait.lane;
    named(wait.kind, |kind: CloseWaitKind| match kind {
        CloseWaitKind::Unspecified => not_told(),
        CloseWaitKind::Lane => Sentence::new(
            format!("lane {lane} has not ended the day"),
            format!("{lane} 号收银台尚未结束当日"),
        ),
        CloseWaitKind::Batches => Sentence::new("batches are not settled", "批次尚未结算"),
        CloseWaitKind::Payments => Sentence::new("payments are in flight", "有付款正在处理"),
    })
}

fn carried_over(carried: &CarriedOver) -> Sentence {
    let (lane, id) = (carried.lane, &carried.payment_id);
    let amount = amount(carried.amount.as_ref()).unwrap_or_default();
    match carried.awaits_card {
        true => Sentence::new(
            format!("lane {lane} has not sent the card of {id}, {amount}"),
            format!("{lane} 号收银台未发送付款 {id} 的卡数据，{amount}"),
        ),
        false => Sentence::new(
            format!("lane {lane} has not said what became of {id}, {amount}"),
            format!("{lane} 号收银台未告知付款 {id} 的结果，{amount}"),
        ),
    }
}

fn all_blockers(blockers: &CloseBlockers) -> Sentence {
    let named: Vec<Sentence> = blockers.blockers.iter().map(blocker).collect();
    let named = joined(&named, ("; ", "；"));
    Sentence::new(
        format!("{} to go: {}", blockers.all, named.english),
        format!("还有 {} 项：{}", blockers.all, named.chinese),
    )
}

fn blocker(blocker: &CloseBlocker) -> Sentence {
    let CloseBlocker {
        forward_id,
        lane,
        payment_id,
        tid,
        ..
    } = blocker;
    named(blocker.kind, |kind: BlockerKind| match kind {
        BlockerKind::Unspecified => not_told(),
        BlockerKind::Entry => Sentence::new(
            format!("entry {forward_id} is not delivered"),
            format!("条目 {forward_id} 尚未上送"),
        ),
        BlockerKind::LaneSilent => Sentence::new(
            format!("lane {lane} has not said what became of {payment_id}"),
            format!("{lane} 号收银台未告知付款 {payment_id} 的结果"),
        ),
        BlockerKind::NotSettled => Sentence::new(
            format!("{tid} is not settled"),
            format!("终端 {tid} 尚未结算"),
        ),
    })
}

fn one_difference(told: &DayDifference) -> Sentence {
    let DayDifference {
        payment_id,
        what,
        lane_minor,
        hub_minor,
    } = told;
    let chinese = difference(what).chinese;
    Sentence::new(
        format!("{payment_id}: {what} (lane {lane_minor}, hub {hub_minor})"),
        format!("{payment_id}：{chinese}（收银台 {lane_minor}，主机 {hub_minor}）"),
    )
}

fn batches(settled: &BatchesSettled) -> Sentence {
    let BatchesSettled { balanced, batches } = settled;
    Sentence::new(
        format!("{balanced} of {batches} batches balanced"),
        format!("{batches} 个批次中 {balanced} 个已平账"),
    )
}

fn sealed(report: &SealedReport) -> Sentence {
    let SealedReport {
        version,
        files,
        missing,
    } = report;
    let parts = match missing.is_empty() {
        true => Sentence::new("every lane whole", "所有收银台完整"),
        false => {
            let lanes = missing.iter().map(|lane| {
                let (number, what) = (lane.lane, &lane.what);
                let chinese = or_english(&lane.what_zh, what);
                Sentence::new(
                    format!("lane {number}: {what}"),
                    format!("{number} 号收银台：{chinese}"),
                )
            });
            let lanes = joined(&lanes.collect::<Vec<_>>(), ("; ", "；"));
            Sentence::new(
                format!("not whole: {}", lanes.english),
                format!("不完整：{}", lanes.chinese),
            )
        }
    };
    Sentence::new(
        format!("version {version}, {files} files, {}", parts.english),
        format!("第 {version} 版，{files} 个文件，{}", parts.chinese),
    )
}

fn day_closed(closed: &DaySettled) -> Sentence {
    let (date, sales) = (&closed.business_date, closed.sales);
    let settled = batches(&closed.settled.unwrap_or_default());
    Sentence::new(
        format!("{date} closed: {sales} sales, {}", settled.english),
        format!("{date} 已日结：{sales} 笔销售，{}", settled.chinese),
    )
}
