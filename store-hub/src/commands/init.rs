//! `init`: an example configuration that runs, with test keys.

use std::{fmt::Write, fs, path::Path};

use ports::{OsRandom, Random};

use super::{Failed, Outcome, USAGE, print};

/// The example of the repository, which a test parses.
const EXAMPLE: &str = include_str!("../../../config/store-hub.example.toml");
/// The published test master key, which the simulated acquirer takes for any terminal without one.
const TEST_MASTER_KEY: &str = "0123456789ABCDEFFEDCBA9876543210";
/// Base key of the published DUKPT vectors.
const TEST_BASE_KEY: &str = "0123456789ABCDEFFEDCBA9876543210";
/// Ten articles: pieces, a bag that costs nothing, and a labelled one.
const PRICES: &str = "\
barcode,name,price_minor,currency,kind
6900000000014,whole milk,1250,CNY,piece
6900000000021,rolls,380,CNY,piece
6900000000038,butter,1680,CNY,piece
6900000000045,eggs,1490,CNY,piece
6900000000052,rice,2990,CNY,piece
6900000000069,tea,3200,CNY,piece
6900000000076,apples,890,CNY,piece
6900000000083,soap,650,CNY,piece
6900000000090,bag,0,CNY,piece
2100001,beef,7800,CNY,price-embedded
";

pub(super) fn init(folder: &Path, lanes: u16) -> Outcome {
    let config = folder.join("store-hub.toml");
    if config.exists() {
        let what = format!("{} is there already", config.display());
        return Err(Failed::new(USAGE, what));
    }
    let failed = |error: std::io::Error| {
        Failed::new(
            USAGE,
            format!("can't write into {}: {error}", folder.display()),
        )
    };
    fs::create_dir_all(folder).map_err(failed)?;
    fs::write(&config, example(lanes)).map_err(failed)?;
    fs::write(folder.join("keys.toml"), keys(lanes, &OsRandom)).map_err(failed)?;
    fs::write(folder.join("prices.csv"), PRICES).map_err(failed)?;
    let shown = config.display();
    print(&format!(
        "wrote {shown}\nnext: store-hub run --config {shown}\n"
    ))
}

/// The example with as many terminals as there are lanes.
fn example(lanes: u16) -> String {
    let (before, rest) = EXAMPLE.split_once("[[terminal]]").unwrap_or((EXAMPLE, ""));
    let after = rest.split_once("[journal]").map_or("", |(_, after)| after);
    let mut text = before.to_owned();
    for lane in 1..=lanes {
        // Writing to a String can't fail.
        let _ = write!(
            text,
            "[[terminal]]\ntid = \"{}\"\nmid = \"898310054110001\"\nlane = {lane}\n\n",
            tid(lane)
        );
    }
    text + "[journal]" + after
}

fn tid(lane: u16) -> String {
    format!("LANE{lane:04}")
}

fn keys(lanes: u16, random: &dyn Random) -> String {
    let mut text =
        String::from("# Software key store: for tests and simulation only.\nmode = \"test\"\n");
    for lane in 1..=lanes {
        let _ = write!(
            text,
            "\n[[terminal]]\ntid = \"{}\"\ntmk = \"{TEST_MASTER_KEY}\"\n",
            tid(lane)
        );
    }
    let _ = write!(text, "\n[pin]\nbdk = \"{TEST_BASE_KEY}\"\n");
    for (section, key) in [("card_sealing", "private_key"), ("card_hash", "key")] {
        let mut bytes = [0; 32];
        random.fill(&mut bytes);
        let _ = write!(
            text,
            "\n[{section}]\n{key} = \"{}\"\n",
            crate::report::hex(&bytes)
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{config::Config, keys::KeyFile};

    #[test]
    fn what_is_written_can_be_read() {
        let config = Config::parse(&example(7), Path::new(".")).unwrap();
        assert_eq!(config.terminals.len(), 7);
        KeyFile::parse(&keys(7, &OsRandom)).unwrap();
    }

    #[test]
    fn a_broken_keys_file_names_its_keys_and_never_what_they_hold() {
        let text = keys(1, &OsRandom).replace(TEST_BASE_KEY, "0123456789ABCDEFZZ");
        let error = KeyFile::parse(&text).unwrap_err().to_string();
        assert!(error.contains("pin.bdk"), "{error}");
        assert!(!error.contains("0123456789"), "{error}");
    }
}
