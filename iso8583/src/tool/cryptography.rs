//! `mac`, `pin-block`, `dukpt`, `kcv`, `cvv`.

use super::arguments::{
    Algorithm, Cipher, CvvOptions, DukptOptions, KcvOptions, KeyUseName, MacOptions,
    PinBlockOptions, Scheme,
};
use super::{Answer, Failure};
use crate::card::{self, Pan, ServiceCode};
use crate::dukpt::aes::{AesKeyType, AesKsn};
use crate::dukpt::{self, KeyUse, Ksn};
use crate::hex;
use crate::keys::{AesKey, DesKey};
use crate::mac::{self, MacAlgorithm, Padding};
use crate::pin_block::{self, Pin, PinBlockError, PinFormat};
use rand::TryRngCore;
use zeroize::Zeroizing;

fn option(name: &str, error: impl std::fmt::Display) -> Failure {
    Failure::usage(format!("--{name}: {error}"))
}

fn des_key(name: &str, text: &str) -> Result<DesKey, Failure> {
    DesKey::from_hex(text).map_err(|error| option(name, error))
}

fn aes_key(name: &str, text: &str) -> Result<AesKey, Failure> {
    AesKey::from_hex(text).map_err(|error| option(name, error))
}

fn bytes(name: &str, text: &str) -> Result<Zeroizing<Vec<u8>>, Failure> {
    hex::decode(text)
        .map(Zeroizing::new)
        .map_err(|error| option(name, error))
}

fn one(name: &'static str, value: String) -> Answer {
    Answer::One(name, Zeroizing::new(value))
}

pub(super) fn mac(options: &MacOptions) -> Result<Answer, Failure> {
    let key = des_key("key", &options.key)?;
    if key.length() == 24 {
        return Err(option("key", "must have 8 or 16 bytes"));
    }
    let data = bytes("data", &options.data)?;
    let padding = if options.padding == 2 {
        Padding::Two
    } else {
        Padding::One
    };
    let algorithm = match options.algorithm {
        Algorithm::CupEcb => MacAlgorithm::CupEcb,
        Algorithm::X919 => MacAlgorithm::X919,
        Algorithm::Iso9797Alg1 => MacAlgorithm::Iso9797Alg1,
        Algorithm::Iso9797Alg3 => MacAlgorithm::Iso9797Alg3,
    };
    let value =
        mac::compute(algorithm, padding, &key, &data).map_err(|error| option("key", error))?;
    let text = match algorithm {
        MacAlgorithm::CupEcb => String::from_utf8_lossy(&value).into_owned(),
        MacAlgorithm::X919 | MacAlgorithm::Iso9797Alg1 | MacAlgorithm::Iso9797Alg3 => {
            hex::encode(&value)
        }
    };
    Ok(one("mac", text))
}

pub(super) fn pin_block(options: &PinBlockOptions) -> Result<Answer, Failure> {
    let format = match options.format {
        0 => PinFormat::Iso0,
        1 => PinFormat::Iso1,
        2 => PinFormat::Iso2,
        3 => PinFormat::Iso3,
        _ => PinFormat::Iso4,
    };
    let pan = match &options.pan {
        Some(text) => Some(Pan::new(text).map_err(|error| option("pan", error))?),
        None => None,
    };
    match (&options.pin, &options.decode) {
        (Some(pin), _) => {
            let pin = Pin::new(pin).map_err(|error| option("pin", error))?;
            make_block(options, format, &pin, pan.as_ref()).map(|block| one("block", block))
        }
        (None, Some(block)) => {
            let pin = read_block(options, format, block, pan.as_ref())?;
            Ok(one("pin", pin.to_text()))
        }
        (None, None) => Err(Failure::usage("--pin or --decode is needed")),
    }
}

/// A block can't be made for want of an option.
fn unmade(error: PinBlockError) -> Failure {
    Failure::usage(error.to_string())
}

fn make_block(
    options: &PinBlockOptions,
    format: PinFormat,
    pin: &Pin,
    pan: Option<&Pan>,
) -> Result<String, Failure> {
    let random = match &options.random {
        Some(text) => bytes("random", text)?,
        None => draw()?,
    };
    if format == PinFormat::Iso4 {
        let Some(key) = &options.key else {
            let field = pin_block::encode_format4(pin, &random).map_err(unmade)?;
            return Ok(hex::encode(&*field));
        };
        let pan = pan.ok_or(PinBlockError::PanMissing).map_err(unmade)?;
        let key = aes_key("key", key)?;
        let block = pin_block::encipher_format4(pin, pan, &key, &random).map_err(unmade)?;
        return Ok(hex::encode(&block));
    }
    let clear = pin_block::encode(format, pin, pan, &random).map_err(unmade)?;
    match &options.key {
        Some(key) => Ok(hex::encode(&des_key("key", key)?.encrypt_block(*clear))),
        None => Ok(hex::encode(&*clear)),
    }
}

fn read_block(
    options: &PinBlockOptions,
    format: PinFormat,
    text: &str,
    pan: Option<&Pan>,
) -> Result<Pin, Failure> {
    let block = bytes("decode", text)?;
    let refused = |error: PinBlockError| match error {
        PinBlockError::PanMissing | PinBlockError::BlockLength { .. } => unmade(error),
        other => Failure::refused("bad pin block", other),
    };
    let length = |expected| {
        refused(PinBlockError::BlockLength {
            got: block.len(),
            expected,
        })
    };
    if format == PinFormat::Iso4 {
        let block: [u8; 16] = block.as_slice().try_into().map_err(|_| length(16))?;
        return match &options.key {
            None => pin_block::decode_format4(&block).map_err(refused),
            Some(key) => {
                let key = aes_key("key", key)?;
                let pan = pan.ok_or(PinBlockError::PanMissing).map_err(refused)?;
                pin_block::decipher_format4(&block, pan, &key).map_err(refused)
            }
        };
    }
    let block: [u8; 8] = block.as_slice().try_into().map_err(|_| length(8))?;
    let clear = Zeroizing::new(match &options.key {
        Some(key) => des_key("key", key)?.decrypt_block(block),
        None => block,
    });
    pin_block::decode(format, &clear, pan).map_err(refused)
}

fn draw() -> Result<Zeroizing<Vec<u8>>, Failure> {
    let mut random = Zeroizing::new(vec![0; 16]);
    rand::rngs::OsRng
        .try_fill_bytes(&mut random)
        .map_err(|error| Failure::usage(format!("no random bytes to be had: {error}")))?;
    Ok(random)
}

pub(super) fn dukpt(options: &DukptOptions) -> Result<Answer, Failure> {
    let key_use = match options.key_use {
        KeyUseName::Initial => KeyUse::Initial,
        KeyUseName::Transaction => KeyUse::Transaction,
        KeyUseName::Pin => KeyUse::Pin,
        KeyUseName::MacRequest => KeyUse::MacRequest,
        KeyUseName::MacResponse => KeyUse::MacResponse,
        KeyUseName::DataRequest => KeyUse::DataRequest,
        KeyUseName::DataResponse => KeyUse::DataResponse,
    };
    let working_type = match options.scheme {
        Scheme::Tdes => {
            let base = des_key("bdk", &options.bdk)?;
            let ksn = Ksn::from_hex(&options.ksn).map_err(|error| option("ksn", error))?;
            let key = dukpt::derive(&base, &ksn, key_use)
                .map_err(|error| Failure::usage(error.to_string()))?;
            return Ok(one("key", hex::encode(key.bytes())));
        }
        Scheme::Aes128 => AesKeyType::Aes128,
        Scheme::Aes192 => AesKeyType::Aes192,
        Scheme::Aes256 => AesKeyType::Aes256,
    };
    let base = aes_key("bdk", &options.bdk)?;
    if base.length() < working_type.length() {
        return Err(option("bdk", "is weaker than the keys to be derived"));
    }
    let ksn = AesKsn::from_hex(&options.ksn).map_err(|error| option("ksn", error))?;
    let key = dukpt::aes::derive(&base, &ksn, key_use, working_type)
        .map_err(|error| Failure::usage(error.to_string()))?;
    Ok(one("key", hex::encode(key.bytes())))
}

pub(super) fn kcv(options: &KcvOptions) -> Result<Answer, Failure> {
    let value = match options.cipher {
        Cipher::Des => {
            let [a, b, c, ..] = des_key("key", &options.key)?.check_value();
            [a, b, c]
        }
        Cipher::Aes => {
            let [a, b, c, ..] = aes_key("key", &options.key)?.check_value();
            [a, b, c]
        }
    };
    Ok(one("kcv", hex::encode(&value)))
}

fn is_yymm(text: &str) -> bool {
    let month = text.get(2..).and_then(|month| month.parse::<u8>().ok());
    let digits = text.len() == 4 && text.bytes().all(|byte| byte.is_ascii_digit());
    digits && month.is_some_and(|month| (1..=12).contains(&month))
}

pub(super) fn cvv(options: &CvvOptions) -> Result<Answer, Failure> {
    let keys = des_key("cvk", &options.cvk)?;
    let pan = Pan::new(&options.pan).map_err(|error| option("pan", error))?;
    let code = ServiceCode::new(&options.service_code)
        .ok_or_else(|| option("service-code", "is not three digits"))?;
    if !is_yymm(&options.expiry) {
        return Err(option("expiry", "is not YYMM with a month 01 to 12"));
    }
    let value = card::cvv(&keys, &pan, &options.expiry, code)
        .map_err(|error| Failure::usage(error.to_string()))?;
    Ok(Answer::One("cvv", value))
}
