//! The host is told what was in a batch that did not balance, and in any case that this was all
//! (0320): one message between two payments. What it never answers, or refuses, is given up by
//! name: the acquirer's file clears it up.

use crate::{
    desk::{Alarm, Binding, Desk, Effect, Outgoing, TerminalFact, outcome::Outcome},
    ids::{PaymentId, Tid},
    limits::UPLOAD_TRIES_MAX,
    payment::Answer,
    response_code::ResponseCode,
    terminal::UploadSent,
};

impl Desk {
    /// The first try is written down; its repeats equal it.
    pub(crate) fn send_upload(&mut self, out: &mut Outcome, tid: &Tid) -> Option<Binding> {
        let terminal = self.durable.terminals.get(tid)?;
        let upload = terminal.upload.as_ref()?;
        let batch = upload.batch;
        let sent = match upload.sent {
            Some(sent) => sent,
            None => {
                let stan = self.bind(tid)?.stan;
                let items = upload.next_items();
                let sent = UploadSent { stan, items };
                let tid = tid.clone();
                self.note(out, TerminalFact::UploadSent { tid, batch, sent });
                sent
            }
        };
        let upload = self.durable.terminals.get(tid)?.upload.as_ref()?;
        let binding = Binding {
            tid: tid.clone(),
            mid: self.volatile.stations.get(tid)?.mid.clone(),
            stan: sent.stan,
            batch,
        };
        out.effect(Effect::Send(Outgoing::Upload {
            binding: binding.clone(),
            items: upload.items_of(sent).to_vec(),
            total: upload.items.len(),
            balanced: upload.balanced,
        }));
        Some(binding)
    }

    pub(crate) fn upload_was_answered(&mut self, out: &mut Outcome, tid: &Tid, answer: &Answer) {
        let code = answer.code;
        if code.asks_for_sign_on() {
            self.drop_sign_on(out, tid);
            self.be_quiet(out, tid);
        } else if code.means_later() {
            self.be_quiet(out, tid);
        } else {
            let sent = self.upload_at_host(tid);
            let was_marker = sent.is_some_and(|sent| sent.items == 0);
            let refused = !code.is_approving();
            if refused {
                self.not_uploaded(out, tid);
            }
            self.upload_goes_on(out, tid, was_marker || refused, Some(code));
        }
    }

    pub(crate) fn upload_unanswered(&mut self, out: &mut Outcome, tid: &Tid) {
        let station = self.volatile.stations.get_mut(tid);
        let tries = station.map_or(0, |station| {
            station.upload_tries = station.upload_tries.saturating_add(1);
            station.upload_tries
        });
        if tries >= UPLOAD_TRIES_MAX {
            self.not_uploaded(out, tid);
            self.upload_goes_on(out, tid, true, None);
        }
        self.be_quiet(out, tid);
    }

    fn upload_at_host(&self, tid: &Tid) -> Option<UploadSent> {
        let terminal = self.durable.terminals.get(tid)?;
        terminal.upload.as_ref()?.sent
    }

    fn upload_goes_on(
        &mut self,
        out: &mut Outcome,
        tid: &Tid,
        ended: bool,
        code: Option<ResponseCode>,
    ) {
        if let Some(station) = self.volatile.stations.get_mut(tid) {
            station.upload_tries = 0;
        }
        let terminal = self.durable.terminals.get(tid);
        let Some(upload) = terminal.and_then(|terminal| terminal.upload.as_ref()) else {
            return;
        };
        let batch = upload.batch;
        let items = upload.items.iter().map(|item| item.payment_id);
        let payments: Vec<PaymentId> = items.collect();
        let record = TerminalFact::UploadAnswered {
            tid: tid.clone(),
            batch,
            ended,
            code,
        };
        self.note(out, record);
        if ended {
            self.erase_cards_if_done(out, payments);
            self.find_archivable_when_settled();
        }
        out.touch(tid);
    }

    fn not_uploaded(&self, out: &mut Outcome, tid: &Tid) {
        let terminal = self.durable.terminals.get(tid);
        if let Some(upload) = terminal.and_then(|terminal| terminal.upload.as_ref()) {
            let (tid, batch) = (tid.clone(), upload.batch);
            out.effect(Effect::Alarm(Alarm::NotUploaded { tid, batch }));
        }
    }
}
