//! Why the hub says no before anything is sent: each reason with its number and with all that
//! people read of it. A new reason is a row here and a number in `common.proto`.

use crate::words::Sentence;

/// A reason that a newer hub gave and this release has no row for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NewerReason(i32);

macro_rules! refusals {
    ($($(#[$doc:meta])* $name:ident = $number:literal
        $short:literal $short_zh:literal $cashier:literal $cashier_zh:literal;)*) => {
        /// Why the hub itself said no, before anything was sent.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        pub enum RefusalReason {
            $($(#[$doc])* $name,)*
            /// One of a newer release. It is kept as it was told: nothing was sent.
            Newer(NewerReason),
        }

        impl RefusalReason {
            /// Every one that this release gives.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// Its number on the wire and in both journals, from 1 and never used again.
            #[must_use]
            pub const fn number(self) -> i32 {
                match self {
                    $(Self::$name => $number,)*
                    Self::Newer(NewerReason(number)) => number,
                }
            }

            /// The reason of this number; `None` for what can be no reason.
            #[must_use]
            pub const fn by_number(number: i32) -> Option<Self> {
                match number {
                    $($number => Some(Self::$name),)*
                    i32::MIN..=0 => None,
                    newer => Some(Self::Newer(NewerReason(newer))),
                }
            }

            /// In a few words, for whoever reads the payment's history.
            #[must_use]
            pub fn in_words(self) -> Sentence {
                match self {
                    $(Self::$name => Sentence::new($short, $short_zh),)*
                    Self::Newer(NewerReason(number)) => Sentence::new(
                        format!("reason {number}, of a newer release"),
                        format!("原因 {number}，来自新版本"),
                    ),
                }
            }

            /// What the cashier reads, with the next step.
            #[must_use]
            pub fn for_cashier(self) -> Sentence {
                match self {
                    $(Self::$name => Sentence::new($cashier, $cashier_zh),)*
                    Self::Newer(NewerReason(number)) => Sentence::new(
                        format!("The hub refused (reason {number}): take another tender"),
                        format!("系统拒绝（原因 {number}）：请更换付款方式"),
                    ),
                }
            }
        }
    };
}

refusals! {
    /// The line is down and this card, entry mode or amount may not be decided without the bank.
    NotOffline = 1
        "not without the bank" "须联机处理"
        "The bank can't be reached and this card needs it: take another tender"
        "无法联系银行，此卡须联机：请更换付款方式";
    /// The line is down and the store's offline budget or the card's cap is used up.
    OfflineBudget = 2
        "offline budget used up" "脱机限额已用完"
        "The limit without the bank is reached: take another tender"
        "已达脱机限额：请更换付款方式";
    /// The lane abandoned it before it was sent (rule 2), or the hub was restarted before it was
    /// sent: the lane's link broke then, and the lane abandons it by the same rule.
    Abandoned = 3
        "abandoned before it was sent" "发送前已放弃"
        "The payment was given up: take another tender"
        "该付款已放弃：请更换付款方式";
    /// The same id was asked before with other content (rule 1).
    ContentDiffers = 4
        "same id, other content" "编号相同，内容不同"
        "The hub refused: take another tender and tell the manager"
        "系统拒绝：请更换付款方式并通知经理";
    /// An older machine of this lane, fenced by a newer epoch.
    Fenced = 5
        "fenced lane" "收银台已被替换"
        "This lane can't take cards now: cash only, tell the manager"
        "本收银台暂不能刷卡：仅收现金，请通知经理";
    /// The lane has no terminal at this hub, or its terminal is stopped (rule 10), or closed with
    /// the business day.
    NoTerminal = 6
        "no terminal" "没有可用终端"
        "This lane can't take cards now: cash only, tell the manager"
        "本收银台暂不能刷卡：仅收现金，请通知经理";
    /// Amount not positive, or more than field 4 can carry.
    InvalidAmount = 7
        "invalid amount" "金额无效"
        "A card can't pay this amount: take another tender"
        "此金额不能刷卡：请更换付款方式";
    /// Too many payments of this lane in flight.
    TooMany = 8
        "too many in flight" "处理中的付款过多"
        "The hub refused: take another tender and tell the manager"
        "系统拒绝：请更换付款方式并通知经理";
    /// The hub's disk has no room for a new payment. Nothing of it was written or sent.
    NoRoom = 9
        "no room on the hub's disk" "主机磁盘空间不足"
        "Cards are not available now: take another tender and tell the manager"
        "暂不能刷卡：请更换付款方式并通知经理";
    /// The card is on the hot list, and the bank can't be asked.
    HotCard = 10
        "on the hot list" "卡在黑名单上"
        "This card can't be used now: take another tender and tell the manager"
        "此卡暂不可用：请更换付款方式并通知经理";
    /// The same card again and again, and the bank can't be asked: a supervisor would have to
    /// agree.
    TooOften = 11
        "the same card again and again" "同一张卡多次使用"
        "This card was used several times just now: call a supervisor or take another tender"
        "此卡短时间内多次使用：请呼叫主管或更换付款方式";
    /// The bank answers others, but this terminal did not come to it in time. Nothing was sent.
    BankBusy = 12
        "bank busy" "银行繁忙"
        "The bank is slow just now: try again or take another tender"
        "银行响应缓慢：请重试或更换付款方式";
    /// A kind or a method of payment that this hub does not take.
    KindNotTaken = 13
        "a kind of payment that is not taken" "不支持的付款种类"
        "This way of paying is not taken here: take another tender"
        "此处不支持该付款方式：请更换付款方式";
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_reason_has_a_number_of_its_own_and_words_in_both_languages() {
        let numbers: BTreeSet<i32> = RefusalReason::ALL.iter().map(|one| one.number()).collect();
        assert_eq!(numbers.len(), RefusalReason::ALL.len());
        let newer = RefusalReason::by_number(i32::MAX).unwrap();
        for reason in RefusalReason::ALL.iter().copied().chain([newer]) {
            assert_eq!(RefusalReason::by_number(reason.number()), Some(reason));
            for said in [reason.in_words(), reason.for_cashier()] {
                assert!(said.english.is_ascii(), "{said:?}");
                assert!(!said.chinese.is_ascii(), "{said:?}");
            }
        }
    }

    #[test]
    fn a_reason_of_a_newer_hub_is_told_by_its_number() {
        let newer = RefusalReason::by_number(77).unwrap();
        assert!(newer.for_cashier().english.contains("reason 77"));
        assert!(newer.for_cashier().chinese.contains("77"));
        assert_eq!(RefusalReason::by_number(0), None);
        assert_eq!(RefusalReason::by_number(-1), None);
    }
}
