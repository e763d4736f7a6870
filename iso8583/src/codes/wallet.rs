//! Which wallet's code a customer shows, by its first digits and its length.

/// A wallet that pays by a code on the customer's phone.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Wallet {
    /// 10 to 15, 18 digits.
    WeChatPay,
    /// 25 to 30, 16 to 24 digits.
    Alipay,
    /// 62, 16 to 20 digits. Differs between acquirers.
    UnionPay,
}

/// First two digits from and to, digits from and to.
const RANGES: [(u8, u8, usize, usize, Wallet); 3] = [
    (10, 15, 18, 18, Wallet::WeChatPay),
    (25, 30, 16, 24, Wallet::Alipay),
    (62, 62, 16, 20, Wallet::UnionPay),
];

impl Wallet {
    /// The wallet of a code; `None`: no wallet's code looks like this.
    pub fn of(code: &str) -> Option<Self> {
        if !code.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let first: u8 = code.get(..2)?.parse().ok()?;
        RANGES
            .iter()
            .find(|(from, to, shortest, longest, _)| {
                (*from..=*to).contains(&first) && (*shortest..=*longest).contains(&code.len())
            })
            .map(|(.., wallet)| *wallet)
    }

    /// Its name in configurations and reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::WeChatPay => "wechat-pay",
            Self::Alipay => "alipay",
            Self::UnionPay => "unionpay",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_and_lengths() {
        for (first, length, wallet) in [
            ("10", 18, Some(Wallet::WeChatPay)),
            ("15", 18, Some(Wallet::WeChatPay)),
            ("16", 18, None),
            ("13", 17, None),
            ("13", 19, None),
            ("25", 16, Some(Wallet::Alipay)),
            ("30", 24, Some(Wallet::Alipay)),
            ("28", 15, None),
            ("28", 25, None),
            ("62", 16, Some(Wallet::UnionPay)),
            ("62", 20, Some(Wallet::UnionPay)),
            ("62", 21, None),
        ] {
            let code = format!("{first}{}", "7".repeat(length - 2));
            assert_eq!(Wallet::of(&code), wallet, "{code}");
        }
        assert_eq!(Wallet::of("13777777777777777x"), None);
        assert_eq!(Wallet::of(""), None);
    }
}
