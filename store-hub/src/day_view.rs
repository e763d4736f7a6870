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
            sha256: unhex(&file.sha256).into(),
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
        complete: sealed.manifest.is_complete(),
    }
}

fn unhex(text: &str) -> Vec<u8> {
    (0..text.len())
        .step_by(2)
        .filter_map(|at| u8::from_str_radix(text.get(at..at.saturating_add(2))?, 16).ok())
        .collect()
}
