//! Sign-on with fresh working keys, sign-off, echo.

use iso8583::keys::{DesKey, WorkingKeys};
use zeroize::Zeroizing;

use super::{Answer, Bank, Decision, Now, Session};
use crate::{code::Code, request::Request};

impl Bank {
    /// A 0800: new PIN and MAC keys under the terminal's master key, the open batch, the clock. The
    /// keys live in memory only, so a restarted host asks every terminal to sign on again (77).
    pub(super) fn sign_on(
        &mut self,
        request: &Request,
        now: Now,
        random: &mut dyn FnMut(&mut [u8]),
    ) -> Decision {
        let Some(master_key) = self.terminal_keys.master_key(&request.tid) else {
            return Decision::refused(Code::UNKNOWN_TERMINAL);
        };
        let keys = match (double_key(random), double_key(random)) {
            (Some(pin), Some(mac)) => WorkingKeys {
                pin,
                mac,
                track: None,
            },
            (_, _) => return Decision::refused(Code::UNSUPPORTED),
        };
        let Ok(wrapped) = keys.wrap(master_key) else {
            return Decision::refused(Code::UNSUPPORTED);
        };
        let session = Session {
            mid: request.mid.clone(),
            keys,
        };
        self.signed_on.insert(request.tid.clone(), session);
        let mut decision = self.service_answer(now);
        decision.answer.keys = Some(wrapped.to_vec());
        decision.answer.batch = Some(self.books.open_batch(&request.tid));
        decision
    }

    /// A 0820 with 002: the keys are forgotten.
    pub(super) fn sign_off(&mut self, request: &Request, now: Now) -> Decision {
        self.signed_on.remove(&request.tid);
        self.service_answer(now)
    }

    /// A 0820 with 301: "I am here".
    pub(super) fn echo(&mut self, now: Now) -> Decision {
        self.service_answer(now)
    }

    /// References of service messages have a letter in front: they are in no ledger, and must not
    /// meet the number of a payment after a restart.
    fn service_answer(&mut self, now: Now) -> Decision {
        self.service_answers = self.service_answers.saturating_add(1);
        let rrn = format!("S{}{:05}", now.civil.time(), self.service_answers % 100_000);
        Decision {
            answer: Answer {
                f39: Some(Code::APPROVED),
                rrn,
                ..Answer::default()
            },
            ..Decision::default()
        }
    }
}

/// Sixteen random bytes with odd parity, as DES keys have it.
fn double_key(random: &mut dyn FnMut(&mut [u8])) -> Option<DesKey> {
    let mut bytes = Zeroizing::new([0_u8; 16]);
    random(bytes.as_mut_slice());
    for byte in bytes.iter_mut() {
        if byte.count_ones() % 2 == 0 {
            *byte ^= 1;
        }
    }
    DesKey::from_bytes(bytes.as_slice()).ok()
}
