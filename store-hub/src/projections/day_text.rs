//! A business date as its text in JSON.

use domain::time::BusinessDate;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

/// A business date as a key or a value.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Day(pub(crate) BusinessDate);

impl Serialize for Day {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Day {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        BusinessDate::parse(&text)
            .map(Self)
            .map_err(D::Error::custom)
    }
}
