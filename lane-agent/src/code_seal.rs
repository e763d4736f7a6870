//! Seals the codes of customers' wallets to the hub: one key encapsulation a session, a counter for
//! each code after it.

use bytes::Bytes;
use card_seal::{ReaderSeal, SealError, WalletCode};
use domain::ids::PaymentId;
use ports::Random;
use tokio::sync::watch;
use tracing::warn;

use crate::devices::HubKeys;

/// What codes are sealed with.
pub(crate) struct CodeSeal {
    keys: watch::Receiver<Option<HubKeys>>,
    seal: Option<(u64, ReaderSeal)>,
}

impl CodeSeal {
    pub(crate) const fn new(keys: watch::Receiver<Option<HubKeys>>) -> Self {
        Self { keys, seal: None }
    }

    /// Whether the hub has told what to seal to.
    pub(crate) fn is_ready(&self) -> bool {
        self.keys.borrow().is_some()
    }

    /// Ends when it has, or never will.
    pub(crate) fn ready(&self) -> impl Future<Output = ()> + use<> {
        let mut keys = self.keys.clone();
        async move {
            // A lane that stops seals nothing any more.
            let _ = keys.wait_for(Option::is_some).await;
        }
    }

    /// Only the payment opens it again. `None`: there is no hub to seal it to.
    pub(crate) fn seal(
        &mut self,
        id: PaymentId,
        code: &WalletCode,
        random: &dyn Random,
    ) -> Option<Bytes> {
        let keys = self.keys.borrow().clone()?;
        let sealed_for = self.seal.as_ref().map(|(session, _)| *session);
        if sealed_for != Some(keys.session) {
            let made = ReaderSeal::new(&keys.sealing_key, |bytes: &mut [u8]| random.fill(bytes));
            self.seal = Some((keys.session, made.inspect_err(not_sealed).ok()?));
        }
        let (_, seal) = self.seal.as_mut()?;
        let sealed = seal.seal_code(&id.0.to_be_bytes(), code);
        Some(Bytes::from(sealed.inspect_err(not_sealed).ok()?))
    }
}

fn not_sealed(fault: &SealError) {
    warn!(event = "code not sealed", code = "LANE0076", %fault);
}
