//! How an account answers, written as one word in accounts and personality files.

use std::str::FromStr;

use crate::code::Code;

/// Longest delay an account may ask for: ten minutes.
const SLOW_MS_MAX: u64 = 600_000;

/// How an account answers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Behaviour {
    /// `approve`: what the balance, the expiry and the PIN allow.
    Approve,
    /// `decline:CC`: always that code of field 39.
    Decline(Code),
    /// `partial`: like `approve`, but a short balance is approved in part (10) where the terminal
    /// says in field 60 that it can; an account without a balance gives half.
    Partial,
    /// `slow:MS`: like `approve`, and the answer leaves that many milliseconds later.
    Slow {
        /// Added before the answer leaves.
        answer_after_ms: u64,
    },
    /// `silent`: like `approve`, booked, and never answered.
    Silent,
}

/// Not one of the five words.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("behaviour is {FORM}")]
pub struct UnknownBehaviour;

/// The five words, for a fault.
pub(crate) const FORM: &str = "approve, decline:CC, partial, slow:MS (at most 600000) or silent";

impl FromStr for Behaviour {
    type Err = UnknownBehaviour;

    fn from_str(text: &str) -> Result<Self, UnknownBehaviour> {
        match text.split_once(':') {
            None if text == "approve" => Ok(Self::Approve),
            None if text == "partial" => Ok(Self::Partial),
            None if text == "silent" => Ok(Self::Silent),
            Some(("decline", code)) => decline(code),
            Some(("slow", milliseconds)) => slow(milliseconds),
            None | Some(_) => Err(UnknownBehaviour),
        }
    }
}

fn decline(code: &str) -> Result<Behaviour, UnknownBehaviour> {
    match Code::new(code) {
        Some(Code::APPROVED | Code::PARTIAL) | None => Err(UnknownBehaviour),
        Some(code) => Ok(Behaviour::Decline(code)),
    }
}

fn slow(milliseconds: &str) -> Result<Behaviour, UnknownBehaviour> {
    match milliseconds.parse() {
        Ok(answer_after_ms) if answer_after_ms <= SLOW_MS_MAX => {
            Ok(Behaviour::Slow { answer_after_ms })
        }
        Ok(_) | Err(_) => Err(UnknownBehaviour),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_five_words_are_read_and_nothing_else() {
        assert_eq!("approve".parse(), Ok(Behaviour::Approve));
        assert_eq!(
            "decline:51".parse(),
            Ok(Behaviour::Decline(Code::INSUFFICIENT_FUNDS))
        );
        assert_eq!(
            "slow:800".parse(),
            Ok(Behaviour::Slow {
                answer_after_ms: 800
            })
        );
        assert_eq!("partial".parse(), Ok(Behaviour::Partial));
        assert_eq!("silent".parse(), Ok(Behaviour::Silent));
        for wrong in [
            "",
            "Approve",
            "decline",
            "decline:",
            "decline:511",
            "decline:00",
            "slow:-1",
            "slow:600001",
            "approve:1",
        ] {
            assert_eq!(wrong.parse::<Behaviour>(), Err(UnknownBehaviour), "{wrong}");
        }
    }
}
