//! A sealed day as the protocol lists it.

use proto::store::v1::{Day, DayFile};

use crate::report::SealedDay;

/// The manifest is among the files.
pub(crate) fn day_view(sealed: &SealedDay) -> Day {
    let mut files: Vec<DayFile> = sealed
        .manifest
        .files
        .iter()
        .map(|file| DayFile {
            name: file.name.clone(),
            size_bytes: file.size_bytes,
            sha256: digest_of(&file.sha256).into(),
        })
        .collect();
    files.push(DayFile {
        name: "manifest.json".to_owned(),
        size_bytes: sealed.manifest_bytes,
        sha256: sealed.manifest_sha256.to_vec().into(),
    });
    Day {
        business_date: sealed.manifest.business_date.clone(),
        sealed: true,
        version: sealed.manifest.version,
        files,
        manifest_sha256: sealed.manifest_sha256.to_vec().into(),
        because: sealed.manifest.because.clone(),
        because_zh: sealed.manifest.because_zh.clone(),
        complete: sealed.manifest.is_complete(),
    }
}

/// Nothing for what is no hex: whoever pulls the file finds that it differs.
fn digest_of(hex: &str) -> Vec<u8> {
    base16ct::mixed::decode_vec(hex).unwrap_or_default()
}
