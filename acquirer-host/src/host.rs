//! One message in, one answer out: decoding, admission, MAC, decision, ledger line, bytes. No
//! waiting here; what has to wait (durability, latency) is told in [`Outgoing`].

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use iso8583::{
    codec::{self, Decoded},
    dialect::Dialect,
    keys::DesKey,
};
use ports::{Clock, Random};
use tokio::sync::Notify;
use tracing::{debug, error, info, warn};

use crate::{
    answer,
    books::Books,
    civil::Civil,
    code::Code,
    decide::{Answer, Bank, CodesShown, Decision, Now},
    ledger::{Committer, Durable, LedgerLine, Pending},
    personality::{Manner, Manners},
    request::{FieldFault, Request},
    stans_of_day::StansOfDay,
    start::{Config, LedgerLines},
};

/// An answer on its way out.
pub(crate) struct Outgoing {
    pub(crate) frame: Vec<u8>,
    /// The ledger has to be durable up to here first.
    pub(crate) ticket: u64,
    pub(crate) delay: Duration,
    /// The connection is closed behind it.
    pub(crate) closes: bool,
    /// How often it is written.
    pub(crate) copies: u8,
}

/// A host: everything its connections share.
pub(crate) struct Host {
    pub(crate) dialect: Arc<Dialect>,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
    utc_offset_minutes: i32,
    state: Mutex<Shared>,
    more_lines: Notify,
    pub(crate) durable: Durable,
}

struct Shared {
    bank: Bank,
    manners: Manners,
    pending: Pending,
    /// Set once a line could not be kept: nothing is answered any more.
    is_broken: bool,
}

impl Host {
    /// A host with the books of its ledger.
    pub(crate) fn new(
        config: Config,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
        lines: &LedgerLines,
        durable: Durable,
    ) -> Self {
        let utc_offset_minutes = config.personality.utc_offset_minutes;
        let mut books = Books::default();
        let mut stans = config
            .personality
            .duplicate_any_stan
            .then(StansOfDay::default);
        for line in lines {
            books.apply(line);
            if let Some(stans) = &mut stans {
                let civil = Civil::new(line.at_ms, utc_offset_minutes);
                stans.is_used(&line.tid, &line.mti, &line.stan, civil);
            }
        }
        let bank = Bank {
            accounts: config.accounts,
            default_behaviour: config.personality.default_behaviour,
            terminal_keys: config.terminal_keys,
            books,
            stans,
            signed_on: std::collections::BTreeMap::new(),
            codes_shown: CodesShown::new(),
            service_answers: 0,
        };
        Self {
            dialect: config.dialect,
            utc_offset_minutes,
            state: Mutex::new(Shared {
                bank,
                manners: Manners::new(config.personality, random.next_u64()),
                pending: Pending::default(),
                is_broken: false,
            }),
            clock,
            random,
            more_lines: Notify::new(),
            durable,
        }
    }

    /// Keeps the ledger; ends only when a write fails.
    pub(crate) async fn keep_ledger(&self, committer: Committer) -> std::io::Error {
        let take = |with: &mut dyn FnMut(&mut Pending)| with(&mut self.lock().pending);
        committer.run(&self.more_lines, take).await
    }

    /// What one frame gets; `None`: nothing.
    pub(crate) fn receive(&self, frame: &[u8]) -> Option<Outgoing> {
        let decoded = match codec::decode(&self.dialect, frame) {
            Ok(decoded) => decoded,
            Err(fault) => {
                warn!(event = "message not understood", fault = %fault);
                return None;
            }
        };
        if decoded.mti().is_response() {
            warn!(event = "answer ignored", mti = decoded.mti().as_str());
            return None;
        }
        match Request::read(&decoded) {
            Ok(request) => self.answer(&decoded, &request),
            Err(fault) => self.answer_fault(&decoded, fault),
        }
    }

    fn answer(&self, decoded: &Decoded<'_>, request: &Request) -> Option<Outgoing> {
        let wall_ms = self.clock.wall_ms();
        let now = Now {
            wall_ms,
            civil: Civil::new(wall_ms, self.utc_offset_minutes),
        };
        let mut shared = self.lock();
        shared.keep_confirmed(now);
        let decision = shared.decide(decoded, request, now, &*self.random);
        let minutes = now.civil.minutes();
        let manner = shared.manners.next(request.is_financial(), minutes);
        let ticket = shared.keep(&decision)?;
        self.more_lines.notify_one();
        told(request, &decision, manner);
        if decision.is_silent || manner.is_dropped {
            return None;
        }
        let session = shared.bank.signed_on.get(&request.tid);
        let mac_key = session.map(|session| &session.keys.mac);
        let frame = self.write(decoded, request, &decision.answer, now, mac_key, manner)?;
        Some(Outgoing {
            frame,
            ticket,
            delay: Duration::from_millis(manner.delay_ms.saturating_add(decision.delay_ms)),
            closes: manner.closes,
            copies: decision.copies.max(1),
        })
    }

    fn write(
        &self,
        decoded: &Decoded<'_>,
        request: &Request,
        answer: &Answer,
        now: Now,
        mac_key: Option<&DesKey>,
        manner: Manner,
    ) -> Option<Vec<u8>> {
        let written = answer::write(&self.dialect, decoded, request, answer, now.civil, mac_key);
        match written {
            Ok(mut frame) => {
                if manner.is_spoilt && mac_key.is_some() {
                    answer::spoil_mac(&mut frame);
                }
                Some(frame)
            }
            Err(fault) => {
                error!(event = "answer not written", fault = %fault);
                None
            }
        }
    }

    fn answer_fault(&self, decoded: &Decoded<'_>, fault: FieldFault) -> Option<Outgoing> {
        warn!(
            event = "field missing or wrong",
            mti = decoded.mti().as_str(),
            field = fault.0
        );
        let tid = decoded.string(41).unwrap_or_default();
        let shared = self.lock();
        let session = shared.bank.signed_on.get(tid.trim());
        let mac_key = session.map(|session| &session.keys.mac);
        Some(Outgoing {
            frame: answer::write_fault(&self.dialect, decoded, mac_key)?,
            ticket: shared.pending.last(),
            delay: Duration::ZERO,
            closes: false,
            copies: 1,
        })
    }

    fn lock(&self) -> MutexGuard<'_, Shared> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shared {
    fn decide(
        &mut self,
        decoded: &Decoded<'_>,
        request: &Request,
        now: Now,
        random: &dyn Random,
    ) -> Decision {
        let admitted = self
            .bank
            .admit(request)
            .and_then(|()| self.check_mac(decoded, request));
        match admitted {
            Ok(()) => self
                .bank
                .decide(request, now, &mut |bytes| random.fill(bytes)),
            Err(code) => Decision::refused(code),
        }
    }

    /// A MAC is wanted where the dialect has one and the terminal has a key for it.
    fn check_mac(&self, decoded: &Decoded<'_>, request: &Request) -> Result<(), Code> {
        if !decoded.dialect().takes_mac(decoded.mti()) {
            return Ok(());
        }
        let session = self.bank.signed_on.get(&request.tid).ok_or(Code::SIGN_ON)?;
        decoded
            .verify_mac(&session.keys.mac)
            .map_err(|_| Code::BAD_MAC)
    }

    /// Owners of wallets that have confirmed since the last message.
    fn keep_confirmed(&mut self, now: Now) {
        for line in self.bank.confirmed(now) {
            self.keep_line(&line);
        }
    }

    fn keep_line(&mut self, line: &LedgerLine) {
        if let Err(fault) = self.pending.push(line) {
            error!(event = "ledger line not written", fault = %fault);
            self.is_broken = true;
        }
    }

    /// Queues the line of a decision; every answer waits for all lines before it.
    fn keep(&mut self, decision: &Decision) -> Option<u64> {
        if let Some(line) = &decision.line {
            self.keep_line(line);
        }
        (!self.is_broken).then(|| self.pending.last())
    }
}

fn told(request: &Request, decision: &Decision, manner: Manner) {
    let code = decision.answer.f39;
    let code = code.as_ref().map(Code::as_str);
    if request.is_financial() {
        info!(
            event = "message decided",
            tid = request.tid,
            mti = request.mti,
            f3 = request.f3,
            stan = request.stan,
            f39 = code,
            payment = request.payment_ref,
            dropped = manner.is_dropped,
            spoilt = manner.is_spoilt
        );
    } else {
        debug!(
            event = "message decided",
            tid = request.tid,
            mti = request.mti,
            f39 = code
        );
    }
}

impl fmt::Debug for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Host")
    }
}
