//! What lanes do, and what stands against their journals.

use domain::words::Sentence;
use proto::store::v1::{LaneState, ReplicaTrouble, TroubleKind};

use super::named;

/// Nothing for a lane that has not told since the hub's start.
pub(crate) fn lane_state(number: i32) -> Sentence {
    named(number, |state: LaneState| match state {
        LaneState::Unspecified => Sentence::default(),
        LaneState::Starting => Sentence::new("starting", "正在启动"),
        LaneState::Open => Sentence::new("open", "空闲"),
        LaneState::Selling => Sentence::new("selling", "收银中"),
        LaneState::NoRoom => Sentence::new("no-room", "磁盘已满"),
        LaneState::Closed => Sentence::new("closed", "已关闭"),
        LaneState::Other => Sentence::new("other", "其他"),
    })
}

/// Under which code an operator finds its page.
pub(crate) fn trouble_code(number: i32) -> &'static str {
    match TroubleKind::try_from(number) {
        Ok(TroubleKind::Gap | TroubleKind::TooMany | TroubleKind::TooLarge) => "HUB0013",
        Ok(TroubleKind::Fork | TroubleKind::Behind | TroubleKind::AtWork) => "HUB0014",
        Ok(TroubleKind::CopyDamaged) => "HUB0043",
        Ok(TroubleKind::Unspecified) | Err(_) => "",
    }
}

pub(crate) fn trouble(trouble: &ReplicaTrouble) -> Sentence {
    let ReplicaTrouble {
        sequence,
        held,
        came,
        most,
        at_work,
        ..
    } = trouble;
    named(trouble.kind, |kind: TroubleKind| match kind {
        TroubleKind::Unspecified => super::not_told(),
        TroubleKind::Gap => Sentence::new(
            format!("record {held} is next, not {sequence}"),
            format!("应为第 {held} 条记录，而非第 {sequence} 条"),
        ),
        TroubleKind::TooMany => Sentence::new(
            format!("{came} records in one batch from record {sequence}, the most is {most}"),
            format!("自第 {sequence} 条起一批有 {came} 条记录，最多 {most} 条"),
        ),
        TroubleKind::TooLarge => Sentence::new(
            format!("record {sequence} has {came} bytes, the most is {most}"),
            format!("第 {sequence} 条记录有 {came} 字节，最多 {most} 字节"),
        ),
        TroubleKind::Fork => Sentence::new(
            format!("the lane's journal differs from its copy at record {sequence}"),
            format!("收银台日志自第 {sequence} 条记录起与副本不同"),
        ),
        TroubleKind::Behind => Sentence::new(
            format!("the lane's journal ends at record {sequence}, its copy at {held}"),
            format!("收银台日志止于第 {sequence} 条记录，副本止于第 {held} 条"),
        ),
        TroubleKind::AtWork => Sentence::new(
            format!(
                "the lane is at work at {at_work}: its journal is not given to another machine"
            ),
            format!("该收银台正在 {at_work} 工作：日志不会交给另一台机器"),
        ),
        TroubleKind::CopyDamaged => Sentence::new(
            format!("records {sequence} to {held} of the copy are damaged"),
            format!("副本的第 {sequence} 至 {held} 条记录已损坏"),
        ),
    })
}
