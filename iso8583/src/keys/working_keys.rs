//! The working keys a host hands out in F62 of a sign-on answer, under the terminal master key.
//!
//! 24 bytes: PIN key 8, check value 4, MAC key 8, check value 4. 40 bytes: the same with keys of
//! 16. 60 bytes: a track key of 16 and its check value follow. In the longer layouts a MAC key
//! whose second half is zeros is a single-length key: hosts are known to send the zeros either
//! enciphered with the rest or as they are, and both are understood.

use super::{DesKey, KeyError};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

const CHECK_LENGTH: usize = 4;

/// Keys of one terminal between two sign-ons.
#[derive(Clone, Debug)]
pub struct WorkingKeys {
    /// Enciphers PIN blocks: PIK.
    pub pin: DesKey,
    /// Authenticates messages: MAK.
    pub mac: DesKey,
    /// Enciphers tracks, where the host wants that: TDK.
    pub track: Option<DesKey>,
}

impl WorkingKeys {
    /// Takes the keys out of F62. A wrong check value refuses them all.
    pub fn unwrap(master: &DesKey, f62: &[u8]) -> Result<Self, KeyError> {
        let key_length = match f62.len() {
            24 => 8,
            40 | 60 => 16,
            other => return Err(KeyError::WorkingKeysLength(other)),
        };
        let mut entries = f62.chunks_exact(key_length + CHECK_LENGTH);
        let mut next = |which| {
            let entry = entries.next().unwrap_or_default();
            let (wrapped, check) = entry
                .split_at_checked(key_length)
                .ok_or(KeyError::WorkingKeysLength(f62.len()))?;
            take_out(master, wrapped, check, which)
        };
        let pin = next("pin")?;
        let mac = next("mac")?;
        let track = if f62.len() == 60 {
            Some(next("track")?)
        } else {
            None
        };
        Ok(Self { pin, mac, track })
    }

    /// Puts the keys under the terminal master key: F62 of the answer.
    ///
    /// 24 bytes for single-length keys without a track key, 60 with a track key, else 40.
    pub fn wrap(&self, master: &DesKey) -> Result<Zeroizing<Vec<u8>>, KeyError> {
        let single = self.pin.length() == 8 && self.mac.length() == 8 && self.track.is_none();
        let key_length = if single { 8 } else { 16 };
        let fits = |key: &DesKey| key.length() == key_length;
        let mac_fits = fits(&self.mac) || self.mac.length() == 8;
        if !fits(&self.pin) || !mac_fits || !self.track.as_ref().is_none_or(fits) {
            return Err(KeyError::WorkingKeysLayout);
        }
        let mut f62 = Zeroizing::new(Vec::with_capacity(60));
        for key in [Some(&self.pin), Some(&self.mac), self.track.as_ref()]
            .into_iter()
            .flatten()
        {
            put_under(master, key, key_length, &mut f62);
        }
        Ok(f62)
    }
}

fn take_out(
    master: &DesKey,
    wrapped: &[u8],
    check: &[u8],
    which: &'static str,
) -> Result<DesKey, KeyError> {
    let cipher = master.cipher();
    let mut clear = Zeroizing::new(Vec::with_capacity(wrapped.len()));
    for block in wrapped
        .chunks_exact(8)
        .filter_map(|block| block.try_into().ok())
    {
        clear.extend_from_slice(&*Zeroizing::new(cipher.decrypt(block)));
    }
    let zero_half = |bytes: &[u8]| bytes.get(8..16) == Some(&[0; 8]);
    let single = which == "mac" && (zero_half(wrapped) || zero_half(&clear));
    let used = if single {
        clear.get(..8).unwrap_or_default()
    } else {
        &clear
    };
    let key = DesKey::from_bytes(used)?;
    let value = key.check_value();
    let expected = value.get(..CHECK_LENGTH).unwrap_or_default();
    if expected.ct_eq(check).into() {
        Ok(key)
    } else {
        Err(KeyError::CheckValue { which })
    }
}

fn put_under(master: &DesKey, key: &DesKey, length: usize, out: &mut Vec<u8>) {
    let cipher = master.cipher();
    let mut padded = Zeroizing::new(key.bytes().to_vec());
    padded.resize(length, 0);
    for block in padded
        .chunks_exact(8)
        .filter_map(|block| block.try_into().ok())
    {
        out.extend_from_slice(&cipher.encrypt(block));
    }
    out.extend(key.check_value().into_iter().take(CHECK_LENGTH));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(text: &str) -> DesKey {
        DesKey::from_hex(text).unwrap()
    }

    fn master() -> DesKey {
        key("11111111111111112222222222222222")
    }

    const DOUBLE: &str = "404142434445464748494A4B4C4D4E4F";
    const SINGLE: &str = "0123456789ABCDEF";

    #[test]
    fn each_layout_comes_back() {
        for (pin, mac, track, length) in [
            (SINGLE, SINGLE, None, 24),
            (DOUBLE, DOUBLE, None, 40),
            (DOUBLE, SINGLE, None, 40),
            (DOUBLE, DOUBLE, Some(DOUBLE), 60),
            (DOUBLE, SINGLE, Some(DOUBLE), 60),
        ] {
            let keys = WorkingKeys {
                pin: key(pin),
                mac: key(mac),
                track: track.map(key),
            };
            let f62 = keys.wrap(&master()).unwrap();
            assert_eq!(f62.len(), length);
            let back = WorkingKeys::unwrap(&master(), &f62).unwrap();
            assert_eq!(back.pin.bytes(), keys.pin.bytes());
            assert_eq!(back.mac.bytes(), keys.mac.bytes());
            assert_eq!(
                back.track.map(|key| key.bytes().to_vec()).is_some(),
                track.is_some()
            );
        }
    }

    #[test]
    fn a_mac_key_padded_with_zeros_in_clear_is_single_too() {
        let keys = WorkingKeys {
            pin: key(DOUBLE),
            mac: key(SINGLE),
            track: None,
        };
        let mut f62 = keys.wrap(&master()).unwrap();
        f62[28..36].fill(0);
        let back = WorkingKeys::unwrap(&master(), &f62).unwrap();
        assert_eq!(back.mac.bytes(), keys.mac.bytes());
    }

    #[test]
    fn one_wrong_bit_refuses_the_keys() {
        let keys = WorkingKeys {
            pin: key(DOUBLE),
            mac: key(DOUBLE),
            track: Some(key(DOUBLE)),
        };
        let f62 = keys.wrap(&master()).unwrap();
        for (place, which) in [
            (0, "pin"),
            (17, "pin"),
            (21, "mac"),
            (39, "mac"),
            (59, "track"),
        ] {
            let mut wrong = f62.clone();
            wrong[place] ^= 1;
            let error = WorkingKeys::unwrap(&master(), &wrong).unwrap_err();
            assert_eq!(error, KeyError::CheckValue { which });
        }
        for length in [0, 23, 25, 41, 61] {
            let error = WorkingKeys::unwrap(&master(), &vec![0; length]).unwrap_err();
            assert_eq!(error, KeyError::WorkingKeysLength(length));
        }
    }

    #[test]
    fn lengths_that_fit_no_layout_are_refused() {
        let keys = WorkingKeys {
            pin: key(SINGLE),
            mac: key(DOUBLE),
            track: None,
        };
        assert_eq!(
            keys.wrap(&master()).unwrap_err(),
            KeyError::WorkingKeysLayout
        );
    }
}
