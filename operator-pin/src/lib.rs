//! What somebody shows to sign on: a PIN becomes what checks it, and is checked; a badge becomes
//! its hash. Lane and hub do it by this one crate.
//!
//! A PIN has few digits: whoever has its verifier can try them all. So a verifier is made slow on
//! purpose (argon2id), is never shown, and lies where it can be erased. Must never: show a PIN or a
//! verifier in an error or a `Debug`, or draw a random number by itself.
//!
//! Making and checking take some 20 ms and 19 MiB: on a thread, not in an actor.

#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing
    )
)]

use std::fmt;

use argon2::{
    Argon2, Params,
    password_hash::{CustomizedPasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use domain::operators::{BadgeHash, PinVerifier};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

/// Digits of a PIN.
pub const PIN_DIGITS_MIN: usize = 4;
/// Digits of a PIN at most: a pad shows no more.
pub const PIN_DIGITS_MAX: usize = 8;
/// Bytes of the random part of a verifier.
pub const SALT_BYTES: usize = 16;
/// Memory that a verifier may ask for, in KiB: one that asks for more would stop a lane.
const MEMORY_KIB_MAX: u32 = 64 * 1024;
/// Rounds that a verifier may ask for.
const ROUNDS_MAX: u32 = 10;
/// Letters of a badge at most.
const BADGE_BYTES_MAX: usize = 128;

/// What somebody types, wiped when it is dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct Pin(Zeroizing<String>);

impl Pin {
    /// `None`: not [`PIN_DIGITS_MIN`] to [`PIN_DIGITS_MAX`] digits.
    #[must_use]
    pub fn new(typed: &str) -> Option<Self> {
        let is_pin = (PIN_DIGITS_MIN..=PIN_DIGITS_MAX).contains(&typed.len())
            && typed.bytes().all(|byte| byte.is_ascii_digit());
        is_pin.then(|| Self(Zeroizing::new(typed.to_owned())))
    }

    /// One digit throughout, or a run as in 1234 and 8765: what is tried first.
    #[must_use]
    pub fn is_guessed_first(&self) -> bool {
        let steps = |step: i16| {
            let digits = self.0.as_bytes();
            let mut pairs = digits.iter().zip(digits.iter().skip(1));
            pairs.all(|(before, after)| i16::from(*after) - i16::from(*before) == step)
        };
        [-1, 0, 1].into_iter().any(steps)
    }
}

impl fmt::Debug for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pin(…)")
    }
}

/// What a guess costs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Cost {
    /// 19 MiB, two rounds: OWASP's first choice.
    Full,
    /// Next to nothing. Of simulations and tests, where nobody guesses.
    Least,
}

impl Cost {
    const fn memory_and_rounds(self) -> (u32, u32) {
        match self {
            Self::Full => (19 * 1024, 2),
            Self::Least => (8, 1),
        }
    }
}

/// The library made no verifier: its limits are not as they were.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("no verifier can be made of a PIN")]
pub struct NotMade;

/// What the PIN is checked against. The salt is random and used once.
///
/// # Errors
/// See [`NotMade`].
pub fn verifier_of(pin: &Pin, salt: &[u8; SALT_BYTES], cost: Cost) -> Result<PinVerifier, NotMade> {
    let (memory, rounds) = cost.memory_and_rounds();
    let params = Params::new(memory, rounds, 1, None).map_err(|_| NotMade)?;
    let made: Result<PasswordHash, _> =
        Argon2::default().hash_password_with_params(pin.0.as_bytes(), salt, params);
    let made = made.map_err(|_| NotMade)?;
    PinVerifier::new(&made.to_string()).ok_or(NotMade)
}

/// Whether this PIN made that verifier. What can't be checked at a bounded cost is none.
#[must_use]
pub fn is_right(pin: &Pin, verifier: &PinVerifier) -> bool {
    let Ok(hash) = PasswordHash::new(verifier.as_str()) else {
        return false;
    };
    let Ok(params) = Params::try_from(&hash) else {
        return false;
    };
    if params.m_cost() > MEMORY_KIB_MAX || params.t_cost() > ROUNDS_MAX || params.p_cost() != 1 {
        return false;
    }
    let checked = Argon2::default().verify_password(pin.0.as_bytes(), &hash);
    checked.is_ok()
}

/// Whether this library could check a PIN against it.
#[must_use]
pub fn is_usable(verifier: &PinVerifier) -> bool {
    PasswordHash::new(verifier.as_str()).is_ok_and(|hash| {
        let bounded = Params::try_from(&hash).is_ok_and(|params| {
            params.m_cost() <= MEMORY_KIB_MAX
                && params.t_cost() <= ROUNDS_MAX
                && params.p_cost() == 1
        });
        bounded && hash.salt.is_some() && hash.hash.is_some()
    })
}

/// What stands for a badge. `None`: nothing stands on it, or too much, or there is no key.
#[must_use]
pub fn badge_hash(key: &[u8], on_badge: &str) -> Option<BadgeHash> {
    let usable = !key.is_empty() && !on_badge.is_empty() && on_badge.len() <= BADGE_BYTES_MAX;
    let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(key).ok()?;
    mac.update(on_badge.as_bytes());
    usable.then(|| BadgeHash(mac.finalize().into_bytes().into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pin(digits: &str) -> Pin {
        Pin::new(digits).unwrap()
    }

    #[test]
    fn the_pin_that_made_a_verifier_is_right_and_no_other() {
        for cost in [Cost::Least, Cost::Full] {
            let made = verifier_of(&pin("2580"), &[7; SALT_BYTES], cost).unwrap();
            assert!(made.as_str().starts_with("$argon2id$v=19$"), "{cost:?}");
            assert!(is_usable(&made));
            assert!(is_right(&pin("2580"), &made), "{cost:?}");
            assert!(!is_right(&pin("2581"), &made), "{cost:?}");
            let other = verifier_of(&pin("2580"), &[8; SALT_BYTES], cost).unwrap();
            assert_ne!(made, other, "the salt makes them differ");
        }
    }

    #[test]
    fn a_verifier_of_another_library_is_checked_too() {
        // argon2-cffi 25.1: `hash_secret(b"2580", b"somesaltsomesalt", 2, 1024, 1, 32, Type.ID)`.
        let foreign = "$argon2id$v=19$m=1024,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$\
                       1e1eBwdCevk5Uskd8ipUf/X4d5Iwfd2SR+sw2M9aVco";
        let foreign = PinVerifier::new(foreign).unwrap();
        assert!(is_usable(&foreign) && is_right(&pin("2580"), &foreign));
        assert!(!is_right(&pin("2581"), &foreign));
    }

    #[test]
    fn a_verifier_that_would_stop_a_lane_is_none() {
        let tail = "$c29tZXNhbHRzb21lc2FsdA$1e1eBwdCevk5Uskd8ipUf/X4d5Iwfd2SR+sw2M9aVco";
        for costly in [
            "m=4194304,t=2,p=1",
            "m=1024,t=4000000,p=1",
            "m=1024,t=2,p=8",
        ] {
            let costly = PinVerifier::new(&format!("$argon2id$v=19${costly}{tail}")).unwrap();
            assert!(!is_usable(&costly) && !is_right(&pin("1234"), &costly));
        }
        let no_hash = PinVerifier::new("$argon2id$v=19$m=1024,t=2,p=1").unwrap();
        assert!(!is_usable(&no_hash) && !is_right(&pin("1234"), &no_hash));
    }

    #[test]
    fn a_pin_is_four_to_eight_digits_and_never_shown() {
        for not in ["", "123", "123456789", "12a4", "１２３４", " 1234"] {
            assert_eq!(Pin::new(not), None, "{not:?}");
        }
        assert_eq!(format!("{:?}", pin("2580")), "Pin(…)");
        for first in ["1234", "000000", "87654321", "4567"] {
            assert!(pin(first).is_guessed_first(), "{first}");
        }
        assert!(!pin("2580").is_guessed_first() && !pin("1235").is_guessed_first());
    }

    #[test]
    fn a_badge_is_told_by_its_hash_under_the_stores_key() {
        let hash = badge_hash(&[7; 32], "990001").unwrap();
        assert_eq!(badge_hash(&[7; 32], "990001"), Some(hash));
        assert_ne!(badge_hash(&[8; 32], "990001"), Some(hash));
        assert_ne!(badge_hash(&[7; 32], "990002"), Some(hash));
        assert_eq!(badge_hash(&[], "990001"), None, "the store has no badges");
        assert_eq!(badge_hash(&[7; 32], ""), None);
        assert_eq!(badge_hash(&[7; 32], &"9".repeat(129)), None);
    }
}
