//! Seeded randomness: a stream for each host and each of its starts.

use std::sync::{Mutex, PoisonError};

use ports::Random;
use rand::{RngCore, SeedableRng, rngs::SmallRng};

/// Random bytes from the run's seed, the host's name and how often it has started.
#[derive(Debug)]
pub(super) struct SeededRandom(Mutex<SmallRng>);

impl SeededRandom {
    /// A stream of its own for the `incarnation`th start of `host`.
    pub(super) fn new(seed: u64, host: &str, incarnation: u64) -> Self {
        let mut state = 0xcbf2_9ce4_8422_2325_u64 ^ seed;
        for byte in host.bytes().chain(incarnation.to_be_bytes()) {
            state = (state ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
        Self(Mutex::new(SmallRng::seed_from_u64(state)))
    }
}

impl Random for SeededRandom {
    fn fill(&self, bytes: &mut [u8]) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .fill_bytes(bytes);
    }
}
