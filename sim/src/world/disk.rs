//! A simulated disk's engine behind its host's gate. A host that has stopped has lost its disk:
//! nothing is written, nothing becomes durable, and so nothing that waits for that goes on.

use journal::{Engine, EngineError, Pair, Write};

use super::gate::{Gate, Pass};

/// An engine whose every call passes a gate.
pub(super) struct GatedEngine {
    pub(super) inner: Box<dyn Engine>,
    pub(super) gate: Gate,
}

impl GatedEngine {
    fn through<T>(
        &self,
        what: &str,
        call: impl FnOnce(&dyn Engine) -> Result<T, EngineError>,
    ) -> Result<T, EngineError> {
        match self.gate.call(what) {
            Pass::Returns => call(self.inner.as_ref()),
            Pass::IsLast => call(self.inner.as_ref()).and(Err(EngineError::Lost)),
            Pass::Never => Err(EngineError::Lost),
        }
    }
}

impl Engine for GatedEngine {
    fn name(&self) -> &'static str {
        self.inner.name()
    }

    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, EngineError> {
        self.through("journal get", |inner| inner.get(key))
    }

    fn scan(
        &self,
        from: &[u8],
        to: Option<&[u8]>,
        pairs_max: usize,
    ) -> Result<Vec<Pair>, EngineError> {
        self.through("journal scan", |inner| inner.scan(from, to, pairs_max))
    }

    fn write(&self, batch: &[Write]) -> Result<(), EngineError> {
        self.through("journal write", |inner| inner.write(batch))
    }

    fn sync(&self) -> Result<(), EngineError> {
        self.through("journal sync", |inner| inner.sync())
    }

    fn witness(&self) -> Result<Option<Vec<u8>>, EngineError> {
        self.through("journal witness", |inner| inner.witness())
    }

    fn set_witness(&self, witness: &[u8]) -> Result<(), EngineError> {
        self.through("journal set witness", |inner| inner.set_witness(witness))
    }
}
