//! The example files of the README are what they say.

use std::path::{Path, PathBuf};

use acquirer_host::{Accounts, Behaviour, Personality, TerminalKeys};

fn example(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("config")
        .join(name)
}

#[test]
fn the_example_files_are_read() {
    let accounts = Accounts::load(&example("accounts.example.toml")).unwrap();
    assert_eq!(accounts.len(), 6);
    let personality = Personality::load(&example("personality.example.toml")).unwrap();
    assert_eq!(personality.latency_ms, (20, 120));
    assert_eq!(personality.default_behaviour, Some(Behaviour::Approve));
    TerminalKeys::load(&example("keys.example.toml")).unwrap();
}

#[test]
fn faults_of_files_are_told_without_their_content() {
    let missing = Accounts::load(&example("missing.toml"))
        .unwrap_err()
        .to_string();
    assert!(
        missing.starts_with("can't read") && missing.contains("missing.toml"),
        "{missing}"
    );
    let short = "[[terminal]]\ntid = \"T\"\nmid = \"M\"\ntmk = \"0123456789ABCDEF\"";
    let faults = TerminalKeys::parse(short).unwrap_err();
    let told: Vec<String> = faults.iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        ["line 4: terminal[1].tmk: must be 32 or 48 hex digits"]
    );
}
