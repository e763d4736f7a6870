//! What cashier and customer are told about an answer, in English and Chinese, with the next step.

/// What the cashier does next.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NextStep {
    /// Nothing: it is paid.
    Done,
    /// Take the rest by another tender.
    TakeTheRest,
    /// The same card once more.
    TryAgain,
    /// Another card or cash.
    OtherTender,
    /// Ask for the PIN once more.
    PinAgain,
    /// Keep the card and call a supervisor.
    CallSupervisor,
    /// Wait a moment: the terminal signs on by itself; then the same card once more.
    WaitAndTryAgain,
}

macro_rules! sentences {
    ($($(#[$doc:meta])* $name:ident $step:ident
        $cashier:literal $cashier_zh:literal $customer:literal $customer_zh:literal;)*) => {
        /// Which sentences belong to an answer.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        pub enum Sentence {
            $($(#[$doc])* $name,)*
        }

        impl Sentence {
            /// Every one of them.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// What the cashier does next.
            #[must_use]
            pub const fn next_step(self) -> NextStep {
                match self { $(Self::$name => NextStep::$step,)* }
            }

            /// To the cashier, in English.
            #[must_use]
            pub const fn cashier(self) -> &'static str {
                match self { $(Self::$name => $cashier,)* }
            }

            /// To the cashier, in Chinese.
            #[must_use]
            pub const fn cashier_zh(self) -> &'static str {
                match self { $(Self::$name => $cashier_zh,)* }
            }

            /// To the customer, in English.
            #[must_use]
            pub const fn customer(self) -> &'static str {
                match self { $(Self::$name => $customer,)* }
            }

            /// To the customer, in Chinese.
            #[must_use]
            pub const fn customer_zh(self) -> &'static str {
                match self { $(Self::$name => $customer_zh,)* }
            }
        }
    };
}

sentences! {
    /// Paid.
    Approved Done
        "Approved." "交易成功。"
        "Thank you, payment approved." "谢谢,支付成功。";
    /// Paid in part.
    PartlyApproved TakeTheRest
        "Approved for a part: take the rest by another tender." "部分承兑:余额请用其他方式收取。"
        "Part of the amount is paid. Please pay the rest another way." "已支付部分金额,余额请换其他方式。";
    /// Not enough money.
    NoFunds OtherTender
        "Not enough funds: ask for another card or cash." "余额不足:请换卡或现金。"
        "Not enough funds. Please use another card or cash." "余额不足,请换卡或用现金。";
    /// A limit of the card is reached.
    Limit OtherTender
        "Over a limit of the card: ask for another card or cash." "超出卡片限额:请换卡或现金。"
        "This is over a limit of your card. Please pay another way." "超出卡片限额,请换其他方式。";
    /// Wrong PIN.
    WrongPin PinAgain
        "Wrong PIN: let the customer enter it once more." "密码错误:请顾客重新输入。"
        "Wrong PIN. Please try once more." "密码错误,请重新输入。";
    /// Wrong PIN too often.
    PinBlocked OtherTender
        "PIN tried too often: ask for another card or cash." "密码错误次数超限:请换卡或现金。"
        "PIN tried too often. Please use another card or cash." "密码错误次数超限,请换卡或用现金。";
    /// The card is out of date.
    Expired OtherTender
        "The card has expired: ask for another card or cash." "卡片已过期:请换卡或现金。"
        "Your card has expired. Please use another card or cash." "卡片已过期,请换卡或用现金。";
    /// No such card or account.
    InvalidCard OtherTender
        "The bank does not know this card: ask for another card or cash." "无效卡:请换卡或现金。"
        "Your bank does not know this card. Please pay another way." "无效卡,请换其他方式。";
    /// The card may not be used so.
    NotPermitted OtherTender
        "This card may not be used here: ask for another card or cash." "此卡不支持该交易:请换卡或现金。"
        "This card can't be used here. Please pay another way." "此卡不支持该交易,请换其他方式。";
    /// To be kept.
    KeepCard CallSupervisor
        "Keep the card and call a supervisor." "没收卡片并呼叫主管。"
        "Please speak to the staff." "请与工作人员联系。";
    /// The merchant is to call.
    Referral OtherTender
        "The bank asks for a call: ask for another card or cash." "请联系发卡行:请换卡或现金。"
        "Please ask your bank. You can pay another way now." "请联系发卡行,可换其他方式支付。";
    /// The bank could not be asked.
    TryAgain TryAgain
        "The bank did not answer: try the same card again." "发卡行无应答:请用原卡重试。"
        "Your bank can't be reached. Please try again." "发卡行暂无应答,请重试。";
    /// The terminal must sign on.
    SignOn WaitAndTryAgain
        "The terminal is signing on: try again in a moment." "终端正在签到:请稍后重试。"
        "One moment, please. Then try again." "请稍候再试。";
    /// Something is wrong with the store's contract or set-up.
    Merchant OtherTender
        "The bank refuses this terminal: take cash and call a manager." "商户或终端无效:请收现金并通知经理。"
        "Cards can't be taken here now. Please pay another way." "暂时无法刷卡,请换其他方式。";
    /// Something is wrong with the message.
    Message OtherTender
        "The bank could not read the request: ask for another tender and call a manager."
        "报文有误:请换其他方式并通知经理。"
        "The payment did not work. Please pay another way." "支付未成功,请换其他方式。";
    /// Declined, and no more is known.
    Declined OtherTender
        "Declined: ask for another card or cash." "交易被拒绝:请换卡或现金。"
        "Declined. Please use another card or cash." "交易被拒绝,请换卡或用现金。";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sentence_is_there_in_both_languages() {
        for sentence in Sentence::ALL {
            for english in [sentence.cashier(), sentence.customer()] {
                assert!(english.is_ascii() && english.ends_with('.'), "{english}");
            }
            for chinese in [sentence.cashier_zh(), sentence.customer_zh()] {
                assert!(!chinese.is_ascii() && chinese.ends_with('。'), "{chinese}");
            }
        }
    }

    #[test]
    fn a_live_payment_that_could_not_be_asked_is_to_be_tried_again() {
        for code in ["68", "91", "96", "98"] {
            let code = crate::response_code::ResponseCode::new(code).unwrap();
            assert_eq!(code.sentence().next_step(), NextStep::TryAgain, "{code}");
        }
    }
}
