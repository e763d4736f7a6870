//! Parts of a checkpoint, each with a name and a form of its own.

use prost::Message;
use proto::journal::v1::CheckpointPart;

/// A part that tells as far as its checkpoint.
pub(crate) fn part(name: &str, form: u32, state: &impl Message) -> CheckpointPart {
    CheckpointPart {
        name: name.to_owned(),
        form,
        sequence: 0,
        state: state.encode_to_vec().into(),
    }
}

/// What the part of this name says, and up to which record. `None`: it is not there, or its form is
/// another than this one.
pub(crate) fn state<M: Message + Default>(
    parts: &[CheckpointPart],
    (name, form): (&str, u32),
    applied: u64,
) -> Option<(M, u64)> {
    let mut own = parts.iter();
    let own = own.find(|part| part.name == name && part.form == form)?;
    let told = match own.sequence {
        0 => applied,
        earlier => earlier.min(applied),
    };
    Some((M::decode(own.state.as_ref()).ok()?, told))
}
