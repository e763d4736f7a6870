//! A basket that waits on one lane and is taken up on another: what lane and hub say of it.

use crate::{
    ids::{LaneId, SuspendedId},
    sale::Line,
    time::WallMs,
    words::{Sentence, Worded as _, worded},
};

worded! {
    /// Why a basket was not given. It is where it was.
    RecallRefusal:
    /// Only the hub can ask another lane. Said by a lane.
    HubAway = 1 "hub not reached" "无法联系主机";
    /// No lane's journal shows it, as far as the hub has them.
    NoSuchBasket = 2 "no such basket" "没有该挂单";
    /// A sale took it up.
    TakenUp = 3 "taken up already" "已被取回";
    /// Another lane has it, and it waits there.
    HandedOver = 4 "handed over to another lane" "已转交其他通道";
    /// Its lane is not connected, and it alone can hand it over.
    LaneAway = 5 "its lane is not connected" "原通道未连接";
    /// The lane was asked and did not hand it over in time. Said by a lane.
    NoAnswer = 6 "its lane does not answer" "原通道未响应";
    /// The hub lost its journal and has not read those of all lanes yet.
    HubRebuilt = 7 "the hub is still reading lanes' journals" "主机正在读取各通道日志";
    /// The hub's disk has no room.
    NoRoom = 8 "no room on the hub's disk" "主机磁盘空间不足";
    /// Its records can't be read.
    Unreadable = 9 "its records can't be read" "挂单记录无法读取";
}

impl std::fmt::Display for RecallRefusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.english())
    }
}

/// A refusal, and who has the basket.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RecallRefused {
    /// Said with the next step.
    pub why: RecallRefusal,
    /// The lane that has it; `None`: none is known.
    pub lane: Option<LaneId>,
}

impl From<RecallRefusal> for RecallRefused {
    fn from(why: RecallRefusal) -> Self {
        Self { why, lane: None }
    }
}

impl RecallRefused {
    /// This lane has it.
    #[must_use]
    pub const fn has(why: RecallRefusal, lane: LaneId) -> Self {
        Self {
            why,
            lane: Some(lane),
        }
    }

    /// What the cashier reads, with the next step.
    #[must_use]
    pub fn for_cashier(self) -> Sentence {
        let (at, at_zh) = match self.lane {
            Some(lane) => (format!("lane {}", lane.0), format!("{} 号通道", lane.0)),
            None => ("another lane".to_owned(), "其他通道".to_owned()),
        };
        let (english, chinese) = match self.why {
            RecallRefusal::HubAway => (
                "The hub is not reached: recall the basket on its own lane, or scan the goods again"
                    .to_owned(),
                "无法联系主机：请在原通道取单，或重新扫描商品".to_owned(),
            ),
            RecallRefusal::NoSuchBasket => (
                "No basket waits under this number: look at the list. Just suspended? Wait a moment"
                    .to_owned(),
                "没有该挂单：请查看列表；刚挂单的请稍候".to_owned(),
            ),
            RecallRefusal::TakenUp => (
                format!("This basket was taken up on {at}: scan the goods only if it was not sold"),
                format!("该挂单已在{at_zh}取回：确认未售出后方可重新扫描"),
            ),
            RecallRefusal::HandedOver => (
                format!("This basket waits on {at} now: recall it there"),
                format!("该挂单现在{at_zh}：请在该通道取单"),
            ),
            RecallRefusal::LaneAway => (
                format!("The hub does not reach {at}, which has this basket: recall it there"),
                format!("主机无法联系持有该挂单的{at_zh}：请在该通道取单"),
            ),
            RecallRefusal::NoAnswer => (
                "The basket's lane does not answer: try again, or recall it there".to_owned(),
                "原通道未响应：请重试，或在原通道取单".to_owned(),
            ),
            RecallRefusal::HubRebuilt => (
                "The hub is still reading the lanes' journals: recall the basket on its own lane, \
                 or try again in a while (HUB0055)"
                    .to_owned(),
                "主机正在读取各通道日志：请在原通道取单，或稍后再试（HUB0055）".to_owned(),
            ),
            RecallRefusal::NoRoom => (
                "The hub gives no baskets now: recall it on its own lane and tell the manager \
                 (HUB0017)"
                    .to_owned(),
                "主机暂不能转交挂单：请在原通道取单并通知经理（HUB0017）".to_owned(),
            ),
            RecallRefusal::Unreadable => (
                "The records of this basket can't be read: scan the goods again and call the \
                 manager (HUB0064)"
                    .to_owned(),
                "该挂单记录无法读取：请重新扫描商品并联系经理（HUB0064）".to_owned(),
            ),
        };
        Sentence { english, chinese }
    }
}

/// A basket that the hub gave to a lane: that lane alone may take it up.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BasketGiven {
    /// The caller's own name for it, or empty.
    pub order_reference: String,
    /// The price file of lines that name none.
    pub price_version: String,
    /// What is in it, at the prices that it was suspended with.
    pub lines: Vec<Line>,
}

/// A basket that waits somewhere in the store.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StoreBasket {
    /// What it is asked for by.
    pub id: SuspendedId,
    /// Since when.
    pub at: WallMs,
    /// What the cashier calls it, or empty.
    pub label: String,
    /// The lane that has it; `None`: its machine is gone, and the hub gives it to whoever asks.
    pub lane: Option<LaneId>,
}
