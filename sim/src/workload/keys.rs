//! The keys of a simulated store, drawn from the seed. They protect nothing and are for test mode
//! only: whoever knows the seed knows them.

use iso8583::{
    dukpt::{self, KeyUse, Ksn},
    keys::DesKey,
};

use crate::workload::dice::Dice;

/// One lane's terminal at the bank.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terminal {
    /// The lane it belongs to, from 1.
    pub lane: u16,
    /// Field 41.
    pub tid: String,
    /// Field 42.
    pub mid: String,
    /// Terminal master key, 16 bytes.
    pub master_key: Vec<u8>,
    /// Of the lane's PIN pad, counter at zero, 10 bytes.
    pub key_serial_number: Vec<u8>,
}

/// All keys of a store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreKeys {
    /// One a lane.
    pub terminals: Vec<Terminal>,
    /// DUKPT base derivation key of the PIN pads, 16 bytes.
    pub pin_base_key: Vec<u8>,
    /// X25519 key that card data is sealed to, 32 bytes.
    pub card_sealing_private_key: Vec<u8>,
    /// Key of the card hash, 32 bytes.
    pub card_hash_key: Vec<u8>,
}

/// The one merchant of the simulated store.
const MID: &str = "898310054110001";

impl StoreKeys {
    /// Draws the keys of a store with so many lanes.
    #[must_use]
    pub fn draw(seed: u64, lanes: u16) -> Self {
        let mut dice = Dice::new(seed, "keys");
        let terminals = (1..=lanes)
            .map(|lane| draw_terminal(&mut dice, lane))
            .collect();
        Self {
            terminals,
            pin_base_key: with_odd_parity(dice.bytes(16)),
            card_sealing_private_key: dice.bytes(32),
            card_hash_key: dice.bytes(32),
        }
    }

    /// What is put into the PIN pad of a terminal: derived from the base key, which never leaves
    /// the hub. Empty if the keys are none, which drawn ones never are.
    #[must_use]
    pub fn initial_key(&self, terminal: &Terminal) -> Vec<u8> {
        let base = DesKey::from_bytes(&self.pin_base_key).ok();
        let ksn = Ksn::from_bytes(&terminal.key_serial_number).ok();
        base.zip(ksn)
            .and_then(|(base, ksn)| dukpt::derive(&base, &ksn, KeyUse::Initial).ok())
            .map(|key| key.bytes().to_vec())
            .unwrap_or_default()
    }
}

fn draw_terminal(dice: &mut Dice, lane: u16) -> Terminal {
    // Key set FFFF987654, then the device: its last 21 bits are the counter and start at zero
    // (ANSI X9.24-1, the form of the published examples).
    let mut key_serial_number = vec![0xff, 0xff, 0x98, 0x76, 0x54];
    key_serial_number.extend_from_slice(&(u64::from(lane) << 21).to_be_bytes()[3..]);
    Terminal {
        lane,
        tid: format!("LANE{lane:04}"),
        mid: MID.to_owned(),
        master_key: with_odd_parity(dice.bytes(16)),
        key_serial_number,
    }
}

/// DES keys carry odd parity in the lowest bit of each byte.
fn with_odd_parity(mut key: Vec<u8>) -> Vec<u8> {
    for byte in &mut key {
        if (*byte >> 1).count_ones().is_multiple_of(2) {
            *byte |= 1;
        } else {
            *byte &= 0xfe;
        }
    }
    key
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_come_from_the_seed_and_terminals_have_their_own() {
        let keys = StoreKeys::draw(1, 3);
        assert_eq!(keys, StoreKeys::draw(1, 3));
        assert_ne!(keys, StoreKeys::draw(2, 3));
        assert_ne!(keys.terminals[0].master_key, keys.terminals[1].master_key);
        assert_eq!(keys.terminals[2].key_serial_number.len(), 10);
        assert_eq!(
            base16ct::lower::encode_string(&keys.terminals[0].key_serial_number),
            "ffff9876540000200000"
        );
        assert_eq!(keys.initial_key(&keys.terminals[0]).len(), 16);
        for byte in &keys.pin_base_key {
            assert_eq!(byte.count_ones() % 2, 1);
        }
    }
}
