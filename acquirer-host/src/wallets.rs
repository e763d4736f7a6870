//! The wallets of a simulated provider: whose codes they are, what is in them, and how their owners
//! behave. A code is shown once: each begins with the digits of its wallet, and the rest differs.

use std::{fmt, str::FromStr};

use configuration::Section;

use crate::code::Code;

/// Longest time an owner takes: an hour.
const MS_MAX: u64 = 3_600_000;
const CODE_DIGITS_MIN: usize = 16;
const CODE_DIGITS_MAX: usize = 24;

/// How a wallet pays.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum WalletBehaviour {
    /// `pays`: at once.
    Pays,
    /// `confirms:MS`: its owner confirms on the phone that many milliseconds later; "in progress"
    /// until then.
    Confirms {
        /// From paying.
        after_ms: u64,
    },
    /// `never-confirms`: "in progress" for ever.
    NeverConfirms,
    /// `declines:CC`: always that code of field 39.
    Declines(Code),
    /// `late:MS`: pays at once, and the answer leaves that many milliseconds later; a query knows.
    Late {
        /// Added before the answer leaves.
        after_ms: u64,
    },
    /// `twice`: pays, and is answered twice.
    Twice,
    /// `lost`: pays, and the answer is lost; a query knows.
    Lost,
    /// `silent`: pays, and neither the payment nor a query is ever answered.
    Silent,
    /// `unseen`: the payment never arrives, and a query knows none.
    Unseen,
    /// `wrong-amount`: pays, and says one fen more.
    WrongAmount,
}

/// None of the words.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("behaviour is {FORM}")]
pub struct UnknownWalletBehaviour;

/// The words, for a fault.
const FORM: &str = "pays, confirms:MS, never-confirms, declines:CC, late:MS (at most 3600000), \
                    twice, lost, silent, unseen or wrong-amount";

impl FromStr for WalletBehaviour {
    type Err = UnknownWalletBehaviour;

    fn from_str(text: &str) -> Result<Self, UnknownWalletBehaviour> {
        let ms = |text: &str| text.parse().ok().filter(|ms| *ms <= MS_MAX);
        let behaviour = match text.split_once(':') {
            None => match text {
                "pays" => Some(Self::Pays),
                "never-confirms" => Some(Self::NeverConfirms),
                "twice" => Some(Self::Twice),
                "lost" => Some(Self::Lost),
                "silent" => Some(Self::Silent),
                "unseen" => Some(Self::Unseen),
                "wrong-amount" => Some(Self::WrongAmount),
                _ => None,
            },
            Some(("confirms", after)) => ms(after).map(|after_ms| Self::Confirms { after_ms }),
            Some(("late", after)) => ms(after).map(|after_ms| Self::Late { after_ms }),
            Some(("declines", code)) => Code::new(code)
                .filter(|code| *code != Code::APPROVED && *code != Code::PARTIAL)
                .map(Self::Declines),
            Some(_) => None,
        };
        behaviour.ok_or(UnknownWalletBehaviour)
    }
}

/// One wallet.
#[derive(Clone, Debug)]
pub(crate) struct Wallet {
    /// Its name in the ledger, which holds no code.
    pub(crate) name: String,
    /// What its codes begin with.
    codes: String,
    pub(crate) behaviour: WalletBehaviour,
    /// Money at the start of the ledger, in minor units; `None`: without end.
    pub(crate) balance_minor: Option<u64>,
}

/// All wallets, in the order of the file.
#[derive(Default)]
pub(crate) struct Wallets(Vec<Wallet>);

impl Wallets {
    /// What is wrong is told; the wallets that are right are all there.
    pub(crate) fn read(root: &mut Section<'_>) -> Self {
        let mut wallets = Self::default();
        for (number, mut section) in (1..).zip(root.sections("wallet")) {
            if let Some(wallet) = wallet(&mut section, number) {
                wallets.add(&mut section, wallet);
            }
        }
        wallets
    }

    fn add(&mut self, section: &mut Section<'_>, wallet: Wallet) {
        let (name, codes) = (&wallet.name, &wallet.codes);
        if self.0.iter().any(|other| other.name == *name) {
            section.fault("name", "another wallet has the same name");
        }
        let overlap = |other: &Wallet| {
            other.codes.starts_with(codes.as_str()) || codes.starts_with(other.codes.as_str())
        };
        if self.0.iter().any(overlap) {
            section.fault(
                "codes",
                "another wallet's codes may begin with the same digits",
            );
        }
        self.0.push(wallet);
    }

    /// Whose code it is.
    pub(crate) fn of_code(&self, code: &str) -> Option<&Wallet> {
        let is_code = (CODE_DIGITS_MIN..=CODE_DIGITS_MAX).contains(&code.len());
        let mut owners = self.0.iter().filter(|_| is_code);
        owners.find(|wallet| code.starts_with(&wallet.codes))
    }

    pub(crate) fn named(&self, name: &str) -> Option<&Wallet> {
        self.0.iter().find(|wallet| wallet.name == name)
    }
}

fn wallet(section: &mut Section<'_>, number: usize) -> Option<Wallet> {
    let codes = section.parsed("codes", "2 to 12 digits", |text| {
        let is_start = (2..=12).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
        is_start.then(|| text.to_owned())
    });
    let name = section.optional_text("name");
    let balance_minor = section.optional_number("balance_minor", 0..=u64::MAX);
    let behaviour = section.parsed("behaviour", FORM, |text| text.parse().ok());
    Some(Wallet {
        name: name.unwrap_or_else(|| format!("wallet-{number}")),
        codes: codes?,
        behaviour: behaviour?,
        balance_minor,
    })
}

/// What the ledger may show of a code.
pub(crate) fn masked(code: &str) -> String {
    let last_from = code.len().saturating_sub(4);
    let digits = code.char_indices();
    digits
        .map(|(at, digit)| match (2..last_from).contains(&at) {
            true => '*',
            false => digit,
        })
        .collect()
}

impl fmt::Debug for Wallets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Wallets({})", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_word_is_read_and_nothing_else() {
        let confirms = WalletBehaviour::Confirms { after_ms: 8_000 };
        assert_eq!("confirms:8000".parse(), Ok(confirms));
        let declines = WalletBehaviour::Declines(Code::INSUFFICIENT_FUNDS);
        assert_eq!("declines:51".parse(), Ok(declines));
        assert_eq!("never-confirms".parse(), Ok(WalletBehaviour::NeverConfirms));
        for wrong in [
            "",
            "Pays",
            "confirms",
            "confirms:x",
            "late:3600001",
            "declines:00",
        ] {
            let read = wrong.parse::<WalletBehaviour>();
            assert_eq!(read, Err(UnknownWalletBehaviour), "{wrong}");
        }
    }

    #[test]
    fn a_code_shows_two_digits_and_four() {
        assert_eq!(masked("134567890123456789"), "13************6789");
    }
}
