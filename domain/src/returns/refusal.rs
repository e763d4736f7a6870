//! Why goods may not come back: each reason with its number and with what people read of it.

use crate::{
    money::MoneyError,
    words::{Sentence, Worded as _, worded},
};

worded! {
    /// Why a return was refused. Nothing was taken.
    ReturnRefusal:
    /// Only the hub knows what came back on other lanes. Said by a lane.
    HubAway = 1 "hub not reached" "无法联系主机";
    /// No lane's journal shows it, as far as the hub has them.
    UnknownReceipt = 2 "unknown receipt" "找不到小票";
    /// All of it came back, or so much of it that this is too much.
    NothingLeft = 3 "more than is left" "超出可退数量";
    /// It came back on another lane since this one looked.
    Changed = 4 "changed since it was looked at" "查看后已有变动";
    /// What is left is reserved by a return that is not closed yet.
    ReservedElsewhere = 5 "being returned on another lane" "正在其他收银台退货";
    /// Nothing is left of what paid for it.
    PaymentGone = 6 "nothing left of its payment" "付款已无可退金额";
    /// The return that asks has ended.
    SaleOver = 7 "the return has ended" "该退货已结束";
    /// A newer question of the same return was answered.
    Overtaken = 8 "overtaken by a newer question" "已有更新的请求";
    /// The hub lost its journal and has not read those of all lanes yet.
    HubRebuilt = 9 "the hub is still reading lanes' journals" "主机正在读取各收银台日志";
    /// Sold before what is kept.
    TooOld = 10 "older than returns are kept" "超出保留期限";
    /// Its prices held the tax and this lane's do not, or the other way round.
    OtherTax = 11 "taxed in another way" "计税方式不同";
    /// More lines or receipts than one return may have.
    TooMuch = 12 "too much for one return" "单次退货内容过多";
    /// The hub's disk has no room.
    NoRoom = 13 "no room on the hub's disk" "主机磁盘空间不足";
    /// Its records can't be read.
    Unreadable = 14 "its records can't be read" "原交易记录无法读取";
}

impl From<MoneyError> for ReturnRefusal {
    /// Amounts that no sale can have.
    fn from(_: MoneyError) -> Self {
        Self::Unreadable
    }
}

impl std::fmt::Display for ReturnRefusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.english())
    }
}

impl ReturnRefusal {
    /// What the cashier reads, with the next step.
    #[must_use]
    pub fn for_cashier(self) -> Sentence {
        let (english, chinese) = match self {
            Self::HubAway => (
                "The hub is not reached: take the return when it is back, or call a supervisor for \
                 a return without receipt",
                "无法联系主机：请待恢复后再退货，或请主管办理无小票退货",
            ),
            Self::UnknownReceipt => (
                "No such receipt: check its number. Just sold? Wait a minute. Else call a \
                 supervisor for a return without receipt",
                "找不到该小票：请核对号码；刚售出的请稍候；否则请主管办理无小票退货",
            ),
            Self::NothingLeft => (
                "More than is left of this receipt: take the line out, or fewer pieces",
                "超出该小票可退数量：请取消该行或减少数量",
            ),
            Self::Changed => (
                "Something of this receipt came back meanwhile: take its lines out and ask for the \
                 receipt again",
                "该小票刚有其他退货：请取消相关行后重新查询小票",
            ),
            Self::ReservedElsewhere => (
                "This is being returned on another lane: wait until that return has ended",
                "该商品正在其他收银台退货：请等待其结束",
            ),
            Self::PaymentGone => (
                "Nothing is left of what paid for this: call the manager",
                "该小票的付款已无可退金额：请联系经理",
            ),
            Self::SaleOver => (
                "This return has ended: begin another",
                "该退货已结束：请重新开始",
            ),
            Self::Overtaken => ("Press Total again", "请再按一次合计"),
            Self::HubRebuilt => (
                "The hub is still reading the lanes' journals: try again in a while (HUB0055)",
                "主机正在读取各收银台日志：请稍后再试（HUB0055）",
            ),
            Self::TooOld => (
                "This receipt is too old: call a supervisor for a return without receipt",
                "该小票已超出期限：请主管办理无小票退货",
            ),
            Self::OtherTax => (
                "This was taxed in another way: call a supervisor for a return without receipt",
                "该小票计税方式不同：请主管办理无小票退货",
            ),
            Self::TooMuch => (
                "Too much for one return: take the rest in another one",
                "单次退货内容过多：其余请另行办理",
            ),
            Self::NoRoom => (
                "Returns are not available now: tell the manager (HUB0017)",
                "暂不能退货：请通知经理（HUB0017）",
            ),
            Self::Unreadable => (
                "The records of this receipt can't be read: call the manager",
                "该小票记录无法读取：请联系经理",
            ),
        };
        Sentence::new(english, chinese)
    }
}
