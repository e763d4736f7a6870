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

    fn begins_empty(&self) -> bool {
        self.inner.begins_empty()
    }
}

#[cfg(test)]
mod tests {
    use journal::SimulatedDisk;

    use super::*;
    use crate::world::gate::{Life, Side, Stop};

    fn one() -> Vec<Write> {
        vec![Write {
            key: b"key".to_vec(),
            value: Some(b"value".to_vec()),
        }]
    }

    /// What is safe on the disk of a host that writes and syncs, and stops there.
    fn safe_after(stop: Stop) -> Option<Vec<u8>> {
        let disk = SimulatedDisk::new();
        let gate = Gate::new("hub", Life::default());
        gate.life().begin();
        gate.arm(stop);
        let inner = disk.engine();
        let engine = GatedEngine { inner, gate };
        let written = engine.write(&one());
        let synced = engine.sync();
        assert!(matches!(written.and(synced), Err(EngineError::Lost)));
        assert!(matches!(engine.get(b"key"), Err(EngineError::Lost)));
        disk.durable().engine().get(b"key").unwrap()
    }

    #[test]
    fn a_host_that_has_stopped_makes_nothing_durable() {
        let stop = |call, side| safe_after(Stop { call, side });
        assert_eq!(stop(1, Side::Before), None);
        assert_eq!(stop(1, Side::After), None);
        assert_eq!(stop(2, Side::Before), None);
        assert_eq!(stop(2, Side::After).as_deref(), Some(&b"value"[..]));
    }
}
