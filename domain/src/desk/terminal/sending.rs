//! What goes to the bank next. One message outstanding per TID (I7): pending reversals, then the
//! live payment, then advices and voids; a settlement that is due before the live payment, and one
//! of its messages between two of them; signed on before any of them.

use crate::{
    desk::{
        Binding, Desk, Effect, Financial, ForwardFact, Outgoing, PaymentFact, TerminalFact,
        outcome::Outcome, terminal::asking::waits_until,
    },
    forward::{Forward, ForwardKind},
    ids::{ForwardId, PaymentId, Tid},
    money::Money,
    terminal::{Outstanding, Settling, Station, Terminal, What},
    time::MonoMs,
};

impl Desk {
    /// Sends on every terminal that this step touched and that is idle.
    pub(crate) fn send_what_is_due(&mut self, out: &mut Outcome) {
        for tid in std::mem::take(&mut out.touched) {
            if let Some(what) = self.next_message(out, &tid) {
                self.send(out, &tid, what);
            }
        }
    }

    fn next_message(&mut self, out: &mut Outcome, tid: &Tid) -> Option<What> {
        let station = self.volatile.stations.get(tid)?;
        if !self.volatile.link_up || station.outstanding.is_some() {
            return None;
        }
        if !station.signed_on {
            self.ask_sign_on(out, tid);
            return None;
        }
        let terminal = self.durable.terminals.get(tid)?;
        if terminal.stopped.is_some() {
            return None;
        }
        self.choose(station, terminal, out.now.mono)
    }

    fn choose(&self, station: &Station, terminal: &Terminal, now: MonoMs) -> Option<What> {
        if matches!(terminal.settling, Settling::Sent { .. }) {
            return (!station.is_quiet(now)).then_some(What::Settlement);
        }
        if !terminal.reversals.is_empty() {
            let mut reversals = terminal.reversals.iter().copied();
            if let Some(due) = reversals.find(|id| station.is_due(*id, now)) {
                return Some(What::Forward(due));
            }
        }
        if let Some(asked) = station.due_query(now) {
            return Some(What::Query(asked));
        }
        if terminal
            .reversals
            .iter()
            .any(|id| self.blocks_payments(*id))
        {
            return None;
        }
        let is_quiet = station.is_quiet(now);
        if !is_quiet && self.may_settle(terminal) {
            return Some(What::Settlement);
        }
        let waiting = station.waiting.front();
        let waiting = waiting.filter(|_| !terminal.batch_is_full());
        let gives_way = station.payment_is_next && waiting.is_some();
        if terminal.upload.is_some() && !is_quiet && !gives_way {
            return Some(What::Upload);
        }
        if let Some(waiting) = waiting {
            return Some(What::Live(waiting.payment_id));
        }
        if is_quiet {
            return None;
        }
        let mut uploads = terminal.uploads.iter().copied();
        let due = uploads.find(|id| station.is_due(*id, now) && self.may_upload(*id));
        due.map(What::Forward)
    }

    fn may_upload(&self, id: ForwardId) -> bool {
        let forward = self.durable.forwards.get(&id);
        forward.is_some_and(|forward| self.durable.is_eligible(forward))
    }

    fn send(&mut self, out: &mut Outcome, tid: &Tid, what: What) {
        let sent = match what {
            What::Live(id) => self.send_sale(out, tid, id),
            What::Query(id) => self.send_query(out, tid, id),
            What::Forward(id) => self.send_forward(out, tid, id),
            What::Settlement => self.send_settlement(out, tid),
            What::Upload => self.send_upload(out, tid),
        };
        let (Some(bound), Some(station)) = (sent, self.volatile.stations.get_mut(tid)) else {
            return;
        };
        let timing = self.config.timing;
        let now = out.now.mono;
        let timeout_ms = match what {
            What::Live(_) => timing.answer_timeout_ms,
            What::Query(_) | What::Forward(_) | What::Settlement | What::Upload => {
                timing.forward_answer_timeout_ms
            }
        };
        let asked = match what {
            What::Live(id) | What::Query(id) => station.asking.get(&id).copied(),
            What::Forward(_) | What::Settlement | What::Upload => None,
        };
        let asked = asked.zip(self.config.wallets);
        let asked = asked.map(|(asking, rules)| waits_until(rules, now, asking));
        let deadline = now.after(timeout_ms);
        station.outstanding = Some(Outstanding {
            what,
            stan: bound.stan,
            batch: bound.batch,
            since: out.now.mono,
            deadline: asked.map_or(deadline, |asked| asked.min(deadline)),
        });
        match what {
            What::Live(_) => station.payment_is_next = false,
            What::Settlement | What::Upload => {
                station.payment_is_next = true;
                let lane = station.lane;
                for payment_id in station.waiting.iter().map(|waiting| waiting.payment_id) {
                    out.effect(Effect::WaitsForSettlement { lane, payment_id });
                }
            }
            What::Query(_) | What::Forward(_) => {}
        }
    }

    /// TID, MID, the open batch and the next free STAN.
    pub(crate) fn bind(&self, tid: &Tid) -> Option<Binding> {
        let station = self.volatile.stations.get(tid)?;
        let terminal = self.durable.terminals.get(tid)?;
        let open = self.durable.open_stans(terminal);
        Some(Binding {
            tid: tid.clone(),
            mid: station.mid.clone(),
            stan: terminal.free_stan(&open)?,
            batch: terminal.batch?,
        })
    }

    pub(crate) fn financial(&self, payment_id: PaymentId, amount: Money) -> Option<Financial> {
        let payment = self.durable.payments.get(&payment_id)?;
        Some(Financial {
            payment_id,
            amount,
            entry_mode: payment.request.entry_mode,
            pin_entered: payment.request.pin_entered,
            message: payment.request.row()?.message,
        })
    }

    fn send_sale(&mut self, out: &mut Outcome, tid: &Tid, id: PaymentId) -> Option<Binding> {
        let amount = self.durable.payments.get(&id)?.request.amount;
        let financial = self.financial(id, amount)?;
        let bound = self.bind(tid)?;
        let station = self.volatile.stations.get_mut(tid)?;
        station.waiting.retain(|waiting| waiting.payment_id != id);
        let (stan, batch) = (bound.stan, bound.batch);
        let record = PaymentFact::Sent {
            payment_id: id,
            tid: tid.clone(),
            stan,
            batch,
        };
        self.note(out, record);
        self.begin_asking(out, tid, id);
        out.effect(Effect::Send(Outgoing::Sale {
            binding: bound.clone(),
            financial,
        }));
        Some(bound)
    }

    /// A repeat carries STAN and batch of the first try (I8); a reversal those of its original.
    fn send_forward(&mut self, out: &mut Outcome, tid: &Tid, id: ForwardId) -> Option<Binding> {
        let forward = self.durable.forwards.get(&id)?.clone();
        let financial = self.financial(forward.payment_id, forward.amount)?;
        let mid = self.volatile.stations.get(tid)?.mid.clone();
        let own = match &forward.kind {
            ForwardKind::Reversal {
                original_stan,
                original_batch,
                ..
            } => Some((*original_stan, *original_batch)),
            ForwardKind::Advice | ForwardKind::Void { .. } => forward.bound,
        };
        let bound = match own {
            Some((stan, batch)) => Binding {
                tid: tid.clone(),
                mid,
                stan,
                batch,
            },
            None => self.bind(tid)?,
        };
        let record = ForwardFact::Sent {
            forward_id: id,
            stan: bound.stan,
            batch: bound.batch,
            attempt: forward.attempts.saturating_add(1),
        };
        self.note(out, record);
        if let Some(station) = self.volatile.stations.get_mut(tid) {
            station.not_before.remove(&id);
            station.held_back.remove(&id);
        }
        out.effect(Effect::Send(outgoing(&forward, bound.clone(), financial)));
        Some(bound)
    }

    /// The first 0500 is written down; its repeats equal it.
    fn send_settlement(&mut self, out: &mut Outcome, tid: &Tid) -> Option<Binding> {
        let terminal = self.durable.terminals.get(tid)?;
        let (bound, totals) = match terminal.settling {
            Settling::Sent { stan, totals } => {
                let bound = Binding {
                    tid: tid.clone(),
                    mid: self.volatile.stations.get(tid)?.mid.clone(),
                    stan,
                    batch: terminal.batch?,
                };
                (bound, totals)
            }
            Settling::Open | Settling::Closed => {
                let totals = terminal.totals(self.config.currency).ok()?;
                let bound = self.bind(tid)?;
                let record = TerminalFact::SettlementSent {
                    tid: tid.clone(),
                    batch: bound.batch,
                    stan: bound.stan,
                    totals,
                };
                self.note(out, record);
                (bound, totals)
            }
        };
        out.effect(Effect::Send(Outgoing::Settlement {
            binding: bound.clone(),
            totals,
        }));
        Some(bound)
    }
}

fn outgoing(forward: &Forward, binding: Binding, financial: Financial) -> Outgoing {
    let forward_id = forward.id;
    match &forward.kind {
        ForwardKind::Reversal {
            reason, auth_code, ..
        } => Outgoing::Reversal {
            forward_id,
            binding,
            financial,
            reason: *reason,
            auth_code: auth_code.clone(),
        },
        ForwardKind::Advice => Outgoing::Advice {
            forward_id,
            binding,
            financial,
        },
        ForwardKind::Void {
            original_stan,
            rrn,
            auth_code,
            ..
        } => Outgoing::Void {
            forward_id,
            binding,
            financial,
            original_stan: *original_stan,
            rrn: rrn.clone(),
            auth_code: auth_code.clone(),
        },
    }
}
