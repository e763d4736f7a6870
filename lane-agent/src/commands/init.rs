//! `lane-agent init`: the folder of one lane, under published test keys, for a hub that is there.

use std::path::PathBuf;

use clap::Args;
use command_line::{
    Peer,
    example::{CASHIER_SCRIPT, LaneExample, write_new},
};

use super::{Exit, Failed, Outcome, print};

#[derive(Args)]
pub(super) struct Init {
    /// The folder; must not hold a configuration yet
    folder: PathBuf,
    /// Where the hub listens
    #[arg(long, value_name = "HOST:PORT")]
    hub: String,
    /// Number of the lane; the hub must have a terminal for it
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..))]
    lane: u16,
    /// The store, as the hub names it
    #[arg(long, default_value = "0001")]
    store_id: String,
    /// Where metrics and health are served; port 0 takes any free one
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:0")]
    metrics: String,
    /// Where the screens are served, to a browser of this machine; port 0 takes any free one
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:7202")]
    screens: String,
}

pub(super) fn init(options: &Init) -> Outcome {
    let config = options.folder.join("lane.toml");
    let text = text(options)?;
    // The script first: where the configuration is, the script is.
    for (path, text) in [
        (
            options.folder.join("script.jsonl"),
            CASHIER_SCRIPT.to_owned(),
        ),
        (config.clone(), text),
    ] {
        write_new(&path, &text, 0o600).map_err(|error| {
            let what = format!("can't write {}: {error}", path.display());
            Failed::new(Exit::Usage, what)
        })?;
    }
    let config = config.display();
    print(&format!(
        "wrote {config}: lane {} of the hub at {}, test keys, three scripted customers\n\
         next:\n  lane-agent check-config --config {config}\n  \
         lane-agent self-test --config {config}\n  lane-agent run --config {config}\n",
        options.lane, options.hub
    ))
}

fn text(options: &Init) -> Result<String, Failed> {
    let hub = Peer::at(&options.hub)?;
    let metrics = Peer::at(&options.metrics)?;
    let screens = Peer::at(&options.screens)?;
    let is_id = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    if options.store_id.is_empty() || !options.store_id.bytes().all(is_id) {
        let what = "--store-id must be letters, digits, '-' or '_'";
        return Err(Failed::new(Exit::Usage, what));
    }
    let example = LaneExample {
        lane: options.lane,
        store_id: &options.store_id,
        hub: hub.address(),
        metrics: metrics.address(),
        screens: screens.address(),
    };
    Ok(example.text())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::config::Config;

    #[test]
    fn what_is_written_can_be_read() {
        let options = Init {
            folder: PathBuf::new(),
            hub: "hub.store:7101".to_owned(),
            lane: 12,
            store_id: "0042".to_owned(),
            metrics: "127.0.0.1:0".to_owned(),
            screens: "127.0.0.1:7212".to_owned(),
        };
        let config = Config::parse(&text(&options).unwrap(), Path::new("lane")).unwrap();
        assert_eq!(
            (config.checkout.lane.0, config.store_id.as_str()),
            (12, "0042")
        );
        assert_eq!(config.hub_address, "hub.store:7101");
        assert_eq!(config.screens.unwrap().listen, "127.0.0.1:7212");
        assert_eq!(config.journal.folder, Path::new("lane/journal"));
        assert_eq!(
            config.devices.cashier_script,
            Some(PathBuf::from("lane/script.jsonl"))
        );
        assert!(
            text(&Init {
                hub: "hub".to_owned(),
                ..options
            })
            .is_err()
        );
    }
}
