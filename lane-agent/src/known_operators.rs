//! The operators of the store, as the hub told them last: kept on the lane's disk, so that people
//! sign on while the hub is away.
//!
//! The file holds what PINs are checked against, so only its owner reads it. It begins with the
//! hash of what follows: a list in which a bit has turned is no list, since the bit may be
//! somebody's role.

use std::{fmt, fs, io, path::Path, sync::Arc};

use domain::{
    limits,
    operators::{BadgeHash, OperatorList},
};
use ports::files::replace_privately;
use prost::Message;
use proto::store::v1 as wire;
use records::{ConvertError, operators_from_proto};
use zeroize::Zeroizing;

/// `docs/errors/LANE0071.md`.
pub(crate) const LIST_REFUSED: &str = "LANE0071";
/// Bytes of the hash in front.
const HASH_BYTES: usize = 32;

/// What the lane works with.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct KnownOperators {
    pub(crate) list: Arc<OperatorList>,
    /// Empty: the store has no badges.
    badge_key: Arc<Zeroizing<Vec<u8>>>,
}

impl fmt::Debug for KnownOperators {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KnownOperators")
            .field("version", &self.list.version())
            .finish_non_exhaustive()
    }
}

/// Why nobody is known.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OperatorsError {
    #[error("the file can't be read or written")]
    Io(#[from] io::Error),
    #[error("the file is damaged")]
    Damaged,
    #[error("the message can't be read")]
    Message(#[from] prost::DecodeError),
    #[error(transparent)]
    List(#[from] ConvertError),
    #[error(
        "the key of the badges is longer than {} bytes",
        limits::BADGE_KEY_BYTES_MAX
    )]
    BadgeKey,
}

impl KnownOperators {
    /// As the hub tells them.
    pub(crate) fn told(told: &wire::OperatorList) -> Result<Self, OperatorsError> {
        if told.badge_hash_key.len() > limits::BADGE_KEY_BYTES_MAX {
            return Err(OperatorsError::BadgeKey);
        }
        Ok(Self {
            list: Arc::new(operators_from_proto(told)?),
            badge_key: Arc::new(Zeroizing::new(told.badge_hash_key.to_vec())),
        })
    }

    /// What an earlier run kept; `None`: no hub ever told.
    pub(crate) fn open(path: &Path) -> Result<Option<Self>, OperatorsError> {
        let bytes = match fs::read(path) {
            Ok(bytes) => Zeroizing::new(bytes),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let parts = bytes.split_at_checked(HASH_BYTES);
        let (hash, told) = parts.ok_or(OperatorsError::Damaged)?;
        if blake3::hash(told).as_bytes() != hash {
            return Err(OperatorsError::Damaged);
        }
        Self::told(&wire::OperatorList::decode(told)?).map(Some)
    }

    /// Who has this badge, as far as the list can say; `None`: the store has no badges.
    pub(crate) fn badge(&self, on_badge: &str) -> Option<BadgeHash> {
        operator_pin::badge_hash(&self.badge_key, on_badge)
    }
}

/// Keeps what was told for the next start.
pub(crate) fn keep(told: &wire::OperatorList, path: &Path) -> Result<(), OperatorsError> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let told = Zeroizing::new(told.encode_to_vec());
    let mut bytes = Zeroizing::new(blake3::hash(&told).as_bytes().to_vec());
    bytes.extend_from_slice(&told);
    Ok(replace_privately(path, &bytes)?)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn told() -> wire::OperatorList {
        wire::OperatorList {
            version: 4,
            operators: vec![wire::Operator {
                number: 301,
                name: "Chen Jing".to_owned(),
                role: wire::OperatorRole::Manager.into(),
                pin_verifier: "$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$aGFzaA".to_owned(),
                version: 1,
                ..wire::Operator::default()
            }],
            badge_hash_key: vec![7; 32].into(),
        }
    }

    #[test]
    fn a_list_is_found_again_and_only_its_owner_reads_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lane-1/operators.list");
        assert!(KnownOperators::open(&path).unwrap().is_none());
        keep(&told(), &path).unwrap();
        let known = KnownOperators::open(&path).unwrap().unwrap();
        assert_eq!(known.list.version(), 4);
        assert!(known.badge("990001").is_some());
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert!(!format!("{known:?}").contains("argon2"));
    }

    /// A turned bit may make a manager of a cashier.
    #[test]
    fn a_list_in_which_anything_is_turned_is_none() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("operators.list");
        keep(&told(), &path).unwrap();
        let whole = fs::read(&path).unwrap();
        for at in 0..whole.len() {
            let mut turned = whole.clone();
            turned[at] ^= 1;
            fs::write(&path, turned).unwrap();
            assert!(KnownOperators::open(&path).is_err(), "byte {at}");
        }
        fs::write(&path, &whole[..20]).unwrap();
        assert!(KnownOperators::open(&path).is_err());
    }
}
