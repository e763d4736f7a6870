//! The program itself: what it prints, its exit codes, how it ends.

use std::{
    io::{BufRead, BufReader, Read},
    net::TcpListener,
    process::{Child, Command, Stdio},
};

use crate::terminal::{RICH, Terminal};

fn program(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_acquirer-host"));
    command.args(args).env_remove("RUST_LOG");
    command
}

/// Exit code and standard error.
fn refused(args: &[&str]) -> (i32, String) {
    let output = program(args).stdin(Stdio::null()).output().unwrap();
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(output.stdout.is_empty());
    (output.status.code().unwrap(), text)
}

fn listening(child: &mut Child) -> (String, impl BufRead + use<>) {
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    stderr.read_line(&mut line).unwrap();
    let address = line
        .trim()
        .strip_prefix("listening on ")
        .unwrap()
        .to_owned();
    (address, stderr)
}

fn spawn(args: &[&str]) -> Child {
    program(args)
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

#[tokio::test]
async fn the_program_serves_keeps_its_ledger_and_ends_with_its_standard_input() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = folder.path().join("ledger.jsonl");
    let personality = folder.path().join("personality.toml");
    std::fs::write(&personality, "default_behaviour = \"approve\"").unwrap();
    let args = [
        "--listen",
        "127.0.0.1:0",
        "--dialect",
        "cup-pos",
        "--personality",
        personality.to_str().unwrap(),
        "--ledger",
        ledger.to_str().unwrap(),
        "--stop-on-stdin-eof",
    ];
    for expected in ["00", "94"] {
        let mut child = spawn(&args);
        let (address, mut stderr) = listening(&mut child);
        let mut terminal = Terminal::connect(address.parse().unwrap(), "LANE0001").await;
        terminal.sign_on().await;
        let sale = terminal.sale(RICH, 100);
        assert_eq!(terminal.code(&sale).await, expected);
        drop(child.stdin.take());
        assert!(child.wait().unwrap().success());
        let mut rest = String::new();
        stderr.read_to_string(&mut rest).unwrap();
        assert_eq!(rest, "", "nothing more is said when all is well");
    }
    assert_eq!(std::fs::read_to_string(&ledger).unwrap().lines().count(), 1);
}

#[test]
fn usage_and_configuration_faults_end_with_2_and_one_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    assert_eq!(refused(&["--nonsense"]).0, 2);
    let (code, text) = refused(&["--dialect", "morse"]);
    assert_eq!((code, text.lines().count()), (2, 1), "{text}");
    let (code, text) = refused(&["--accounts", &path("missing.toml")]);
    assert_eq!((code, text.lines().count()), (2, 1), "{text}");
    let (code, text) = refused(&["--ledger", &path("no/such/folder/ledger.jsonl")]);
    assert_eq!((code, text.lines().count()), (2, 1), "{text}");
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let (code, text) = refused(&["--listen", &address]);
    assert_eq!(code, 2);
    assert!(
        text.contains(&format!("can't listen on {address}")),
        "{text}"
    );
    std::fs::write(path("ledger.jsonl"), "not a line\n").unwrap();
    let (code, text) = refused(&["--ledger", &path("ledger.jsonl")]);
    assert_eq!(
        (code, text.as_str()),
        (2, "acquirer-host: ledger line 1 is malformed\n")
    );
}

#[test]
fn help_and_completions_go_to_standard_output() {
    for args in [&["--help"][..], &["completions", "bash"]] {
        let output = program(args).output().unwrap();
        assert!(output.status.success());
        assert!(
            String::from_utf8(output.stdout)
                .unwrap()
                .contains("--personality")
        );
    }
}
