//! A software PIN pad for tests: ISO 9564 format 0 under TDES DUKPT, a new key each entry.

use iso8583::{
    card::Pan,
    dukpt::{self, KeyUse, Ksn},
    keys::DesKey,
    pin_block::{self, Pin},
};

use crate::{
    config::PinPadConfig,
    devices::{DeviceClass, DeviceError, EncryptedPin},
};

/// A DUKPT counter has 21 bits.
const COUNTER_MAX: u32 = (1 << 21) - 1;
/// Counters with more one bits are not used (ANSI X9.24-1).
const ONE_BITS_MAX: u32 = 10;

pub(super) struct ScriptedPinPad {
    initial_key: DesKey,
    serial_number: Ksn,
    counter: u32,
}

impl ScriptedPinPad {
    /// A pad that has entered `entries` PINs before: its keys go on after those. A real pad keeps
    /// its counter itself; this one takes it from the journal and so may use a key again whose PIN
    /// never left the lane.
    pub(super) fn new(config: &PinPadConfig, entries: u32) -> Result<Self, DeviceError> {
        let mut pad = Self {
            initial_key: DesKey::from_hex(&config.initial_key).map_err(|_| fault("initial key"))?,
            serial_number: Ksn::from_hex(&config.key_serial_number)
                .map_err(|_| fault("key serial number"))?,
            counter: 0,
        };
        for _ in 0..entries {
            pad.next_counter()?;
        }
        Ok(pad)
    }

    pub(super) fn enter(&mut self, pin: &str, pan: &Pan) -> Result<EncryptedPin, DeviceError> {
        let pin = Pin::new(pin).map_err(|_| fault("PIN"))?;
        self.next_counter()?;
        let ksn = self
            .serial_number
            .with_counter(self.counter)
            .map_err(|_| fault("key counter"))?;
        let key = dukpt::derive_from_initial(&self.initial_key, &ksn, KeyUse::Pin)
            .map_err(|_| fault("key"))?;
        let block = pin_block::encipher(&pin, pan, &key).map_err(|_| fault("PIN block"))?;
        Ok(EncryptedPin {
            block,
            key_serial_number: ksn.bytes(),
        })
    }

    fn next_counter(&mut self) -> Result<(), DeviceError> {
        loop {
            if self.counter >= COUNTER_MAX {
                return Err(fault("key: all are used up"));
            }
            self.counter = self.counter.saturating_add(1);
            if self.counter.count_ones() <= ONE_BITS_MAX {
                return Ok(());
            }
        }
    }
}

/// Names what can't be used, never its content.
fn fault(what: &str) -> DeviceError {
    DeviceError::new(DeviceClass::PinPad, format!("unusable {what}"))
}
