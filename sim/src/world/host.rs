//! Names of the hosts that run a program of the store.

use std::{fmt, str::FromStr};

/// A host that can be stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Host {
    /// The store's hub.
    Hub,
    /// A lane, from 1.
    Lane(u16),
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Hub => f.write_str("hub"),
            Self::Lane(lane) => write!(f, "lane-{lane}"),
        }
    }
}

/// A name that is no host's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no host of that name: hub, lane-1, lane-2 …")]
pub struct NoSuchHost;

impl FromStr for Host {
    type Err = NoSuchHost;

    fn from_str(name: &str) -> Result<Self, NoSuchHost> {
        let number = || name.strip_prefix("lane-")?.parse().ok();
        match name {
            "hub" => Ok(Self::Hub),
            _ => number().map(Self::Lane).ok_or(NoSuchHost),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_reads_back() {
        for host in [Host::Hub, Host::Lane(1), Host::Lane(20)] {
            assert_eq!(host.to_string().parse(), Ok(host));
        }
        assert_eq!("bank".parse::<Host>(), Err(NoSuchHost));
        assert_eq!("lane-x".parse::<Host>(), Err(NoSuchHost));
    }
}
