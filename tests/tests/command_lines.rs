//! Every program explains itself, completes itself in a shell, and refuses what it doesn't know.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test stops at the first surprise"
)]

use std::process::Output;

use tests::program;

const PROGRAMS: [&str; 6] = [
    "acquirer-host",
    "head-office",
    "iso8583",
    "lane-agent",
    "sim",
    "store-hub",
];

fn run(name: &str, args: &[&str]) -> Output {
    program(env!("CARGO_BIN_EXE_lanekeeper-under-test"), name)
        .args(args)
        .output()
        .expect("the program starts")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn every_program_explains_itself() {
    for name in PROGRAMS {
        let help = run(name, &["--help"]);
        assert_eq!(
            help.status.code(),
            Some(0),
            "{name}: {}",
            text(&help.stderr)
        );
        assert!(
            text(&help.stdout).contains("Usage"),
            "{name}: {}",
            text(&help.stdout)
        );
    }
}

#[test]
fn every_program_completes_itself_in_a_shell() {
    for name in PROGRAMS {
        for shell in ["bash", "fish", "zsh"] {
            let script = run(name, &["completions", shell]);
            assert_eq!(
                script.status.code(),
                Some(0),
                "{name}: {}",
                text(&script.stderr)
            );
            assert!(text(&script.stdout).contains(name), "{name} {shell}");
        }
    }
}

#[test]
fn an_unknown_option_is_a_usage_error() {
    for name in PROGRAMS {
        let refused = run(name, &["--no-such-option"]);
        assert_eq!(
            refused.status.code(),
            Some(2),
            "{name}: {}",
            text(&refused.stderr)
        );
        assert!(text(&refused.stderr).contains("no-such-option"), "{name}");
        assert!(refused.stdout.is_empty(), "{name} wrote to stdout");
    }
}

#[test]
fn a_missing_configuration_names_the_file() {
    for name in ["lane-agent", "store-hub"] {
        let refused = run(name, &["check-config", "--config", "no-such-file.toml"]);
        assert_eq!(
            refused.status.code(),
            Some(2),
            "{name}: {}",
            text(&refused.stderr)
        );
        assert!(
            text(&refused.stderr).contains("no-such-file.toml"),
            "{name}"
        );
    }
}
