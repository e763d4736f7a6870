//! Where a payment stands, in one word, and who must bring it to its end.

use crate::words::worded;

worded! {
    /// Where a payment stands (payments.md, "A payment at the hub").
    PaymentStatus:
    /// Waits for its terminal.
    Requested = 1 "requested" "已请求";
    /// At the bank.
    Sent = 2 "sent" "已发送银行";
    /// Approved; the sale is not closed yet.
    Approved = 3 "approved" "已批准";
    /// Approved, and the sale closed.
    Captured = 4 "captured" "已入账";
    /// In a closed batch.
    Settled = 5 "settled" "已结算";
    /// The bank said no.
    Declined = 6 "declined" "银行拒绝";
    /// The hub said no.
    Refused = 7 "refused" "系统拒绝";
    /// In doubt, being taken back.
    Reversing = 8 "unknown, being reversed" "结果未知，正在冲正";
    /// In doubt, and a hub whose journal was lost may have sent it: the acquirer's file tells.
    AskedOfPreviousHub = 9
        "unknown, asked of the previous hub: see the acquirer's file"
        "结果未知，由前一主机发出：请查收单行对账文件";
    /// An approval that the lane gave up, being taken back.
    Undoing = 10 "abandoned, being undone" "已放弃，正在撤销";
    /// Taken back.
    Reversed = 11 "reversed" "已冲正";
    /// Approved without the bank; the sale is not closed yet.
    StandIn = 12 "stand-in" "代授权";
    /// Approved by the lane alone; the sale is not closed yet.
    OfflineApproved = 13 "approved offline by the lane" "收银台脱机批准";
    /// Approved by the lane alone; the bank can't be told before the lane has sent the card.
    AwaitingCard = 14
        "approved offline, its card is still at the lane" "脱机批准，卡数据仍在收银台";
    /// Approved without the bank, waiting to be delivered to it.
    Forwarding = 15 "approved without the bank, waiting for it" "未经银行批准，等待上送";
    /// The bank has it.
    Delivered = 16 "approved without the bank, delivered" "未经银行批准，已上送";
    /// Taken back before the bank heard of it.
    Withdrawn = 17 "approved without the bank, withdrawn" "未经银行批准，已撤回";
    /// Goods gone, card refused.
    DeclinedAfterGoods = 18 "declined after goods" "交货后被拒绝";
    /// Somebody must look at it.
    DeadLettered = 19 "dead letter" "需人工处理";
    /// Somebody did.
    Resolved = 20 "dead letter, resolved" "已人工处理";
}

worded! {
    /// Who must bring something to its end.
    Owner:
    /// By itself.
    Hub = 1 "hub" "主机";
    /// Its journal has to tell.
    Lane = 2 "lane" "收银台";
    /// By hand.
    StoreManager = 3 "store manager" "门店经理";
}

impl PaymentStatus {
    /// Who must bring such a payment to an end; nobody when it is at its end.
    #[must_use]
    pub const fn owner(self) -> Option<Owner> {
        match self {
            Self::Requested | Self::Sent | Self::Reversing | Self::Undoing | Self::Forwarding => {
                Some(Owner::Hub)
            }
            Self::Approved | Self::StandIn | Self::OfflineApproved | Self::AwaitingCard => {
                Some(Owner::Lane)
            }
            Self::DeadLettered | Self::DeclinedAfterGoods => Some(Owner::StoreManager),
            // Listed by itself until the day is closed and has named it.
            Self::AskedOfPreviousHub
            | Self::Captured
            | Self::Settled
            | Self::Declined
            | Self::Refused
            | Self::Reversed
            | Self::Delivered
            | Self::Withdrawn
            | Self::Resolved => None,
        }
    }

    /// Of several entries of one payment, the one that needs most attention tells its status.
    pub(super) const fn urgency(self) -> u8 {
        match self {
            Self::DeadLettered | Self::DeclinedAfterGoods => 4,
            Self::Requested
            | Self::Sent
            | Self::Reversing
            | Self::AskedOfPreviousHub
            | Self::Undoing
            | Self::StandIn
            | Self::OfflineApproved
            | Self::AwaitingCard
            | Self::Forwarding => 3,
            Self::Reversed | Self::Withdrawn | Self::Resolved => 2,
            Self::Approved
            | Self::Captured
            | Self::Settled
            | Self::Declined
            | Self::Refused
            | Self::Delivered => 1,
        }
    }
}
