//! Sealed days as the hub would write them, by hand.

use std::fs;

use base16ct::lower::encode_string as hex;
use proto::journal::v1::lane_record::Body;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::{
    oracle::values::{minor, tender_kind},
    store::folder::RunFolder,
};

use super::day::DATE;

/// One version of a day of lane 1.
#[derive(Clone)]
pub(super) struct Sealed {
    pub(super) date: &'static str,
    pub(super) version: u32,
    pub(super) sales: u32,
    pub(super) total_minor: i64,
    pub(super) card_minor: i64,
    pub(super) through: usize,
    pub(super) complete: bool,
}

/// Each record with the date of its frame.
pub(super) fn dated(bodies: &[Body]) -> Vec<(&str, &Body)> {
    let mut date = DATE;
    let dated = bodies.iter().map(|body| {
        let own = date;
        if let Body::DayMarker(marker) = body {
            date = &marker.begins;
        }
        (own, body)
    });
    dated.collect()
}

impl Sealed {
    /// As it has to be when the hub holds the first `through` records.
    pub(super) fn honest(
        bodies: &[Body],
        date: &'static str,
        version: u32,
        through: usize,
    ) -> Self {
        let held = || dated(bodies).into_iter().take(through);
        let mut sealed = Self {
            date,
            version,
            sales: 0,
            total_minor: 0,
            card_minor: 0,
            through,
            complete: held().any(|(own, body)| own == date && matches!(body, Body::DayMarker(_)))
                || matches!(held().last(), Some((_, Body::LaneRested(_)))),
        };
        for (own, body) in held() {
            let Body::SaleClosed(closed) = body else {
                continue;
            };
            if own == date {
                sealed.sales += 1;
                sealed.total_minor += minor(closed.total.as_ref());
                let cards = closed
                    .tenders
                    .iter()
                    .filter(|one| tender_kind(one) == "card");
                let cards = cards.map(|one| minor(one.amount.as_ref()));
                sealed.card_minor += cards.sum::<i64>();
            }
        }
        sealed
    }

    fn json(&self) -> Value {
        let Self {
            sales,
            total_minor,
            card_minor,
            ..
        } = self;
        json!({
            "business_date": self.date,
            "sales": { "count": sales, "total_minor": total_minor },
            "by_lane": [{ "lane": 1, "epoch": 1, "sales": sales, "total_minor": total_minor }],
            "by_tender": [
                { "tender": "cash", "total_minor": total_minor - card_minor },
                { "tender": "card", "total_minor": card_minor },
            ],
            "completeness": [{
                "lane": 1, "epoch": 1,
                "through_sequence": self.through, "complete": self.complete,
            }],
        })
    }
}

/// Writes them, each manifest chained to the one before.
pub(super) fn write(run: &RunFolder, sealed: &[Sealed]) {
    let mut before = String::new();
    for one in sealed {
        let version = format!("v{}", one.version);
        let folder = run.hub().join("days").join(one.date).join(version);
        fs::create_dir_all(&folder).unwrap();
        let day = one.json().to_string();
        fs::write(folder.join("day.json"), &day).unwrap();
        let manifest = json!({
            "business_date": one.date, "version": one.version,
            "sales": one.sales, "sales_minor": one.total_minor,
            "files": [{
                "name": "day.json", "size_bytes": day.len(),
                "sha256": hex(&Sha256::digest(day.as_bytes())),
            }],
            "previous_manifest_sha256": before,
        });
        let manifest = manifest.to_string();
        fs::write(folder.join("manifest.json"), &manifest).unwrap();
        before = hex(&Sha256::digest(manifest.as_bytes()));
    }
}
