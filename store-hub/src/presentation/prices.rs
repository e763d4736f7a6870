//! Price versions.

use domain::words::Sentence;
use proto::store::v1::{PriceSource, PriceVersionState};

use super::{named, not_told};

pub(crate) fn price_source(number: i32) -> Sentence {
    named(number, |source: PriceSource| match source {
        PriceSource::Unspecified => not_told(),
        PriceSource::Start => Sentence::new("start", "启动时"),
        PriceSource::Import => Sentence::new("import", "导入"),
        PriceSource::Inbox => Sentence::new("inbox", "收件箱"),
    })
}

pub(crate) fn price_version_state(number: i32) -> Sentence {
    named(number, |state: PriceVersionState| match state {
        PriceVersionState::Unspecified => not_told(),
        PriceVersionState::Selling => Sentence::new("selling", "在用"),
        PriceVersionState::Waiting => Sentence::new("waiting", "待生效"),
        PriceVersionState::Over => Sentence::new("over", "已停用"),
        PriceVersionState::Gone => Sentence::new("gone", "文件缺失"),
    })
}
