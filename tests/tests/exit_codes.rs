//! F34, F36: every program and command with bad input: its exit code, nothing but at most one
//! object on standard output, and a sentence on standard error.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test stops at the first surprise"
)]

use std::{
    fs,
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    path::Path,
    process::Output,
    thread,
};

use tests::program;

/// Usage or configuration.
const USAGE: i32 = 2;
/// A peer could not be reached.
const UNREACHABLE: i32 = 3;

fn run(folder: &Path, name: &str, args: &[&str]) -> Output {
    program(env!("CARGO_BIN_EXE_lanekeeper-under-test"), name)
        .args(args)
        .current_dir(folder)
        .env_remove("RUST_LOG")
        .output()
        .expect("the program starts")
}

/// Checks one row, as text and as JSON.
fn check(folder: &Path, line: &str, json: bool, code: i32, said: &str) {
    let mut words: Vec<&str> = line.split(' ').collect();
    let name = words.remove(0);
    let mut forms = vec![words.clone()];
    if json {
        forms.push([&words[..], &["--output", "json"]].concat());
    }
    for args in forms {
        let output = run(folder, name, &args);
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        let shown = format!("{name} {args:?}: {output:?}");
        assert_eq!(output.status.code(), Some(code), "{shown}");
        assert!(stderr.contains(said), "{said} not in {shown}");
        assert!(!stderr.contains("panicked"), "{shown}");
        if !output.stdout.is_empty() {
            let asked_for_json = args.contains(&"json");
            let told = serde_json::from_slice::<serde_json::Value>(&output.stdout);
            assert!(
                asked_for_json && told.is_ok_and(|told| told.is_object()),
                "{shown}"
            );
        }
    }
}

/// A line of a file with faults in it, each program's own.
fn bad_files(folder: &Path) {
    fs::write(folder.join("bad.toml"), "colour = 1\n[lane\n").unwrap();
    fs::write(folder.join("faults.toml"), "colour = \"green\"\n").unwrap();
    fs::write(folder.join("gbk.toml"), b"name = \"\xb3\xac\xca\xd0\"\n").unwrap();
    fs::write(folder.join("ledger.jsonl"), "no line of a ledger\n").unwrap();
}

/// Commands that need more than a configuration.
const WITH_MORE: &[(&str, &[&str])] = &[
    ("open-day", &["open-day --date 2026-11-23"]),
    ("prices", &["prices list", "prices status"]),
    (
        "operators",
        &["operators list", "operators end 7", "operators unlock 7"],
    ),
    (
        "state-epoch-end",
        &["state-epoch-end --lane 1 --epoch 1 --through 3 --by ann --reason moved"],
    ),
    (
        "lanes",
        &[
            "lanes",
            "lanes take-back-epoch --lane 1 --to 1 --by ann --reason moved",
        ],
    ),
];

/// Commands that read no configuration, or have rows of their own.
const WITHOUT: &[&str] = &[
    "init",
    "enrol",
    "payment",
    "find",
    "migrate",
    "completions",
    "help",
];

/// Every command that a program's help lists: a new one is tried without being named here.
fn commands(folder: &Path, program: &str) -> Vec<String> {
    let help = run(folder, program, &["--help"]);
    let help = String::from_utf8(help.stdout).unwrap();
    let listed = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let listed = listed.take_while(|line| !line.is_empty());
    // What stands further in goes on with the words of the line above.
    let listed = listed.filter(|line| !line.starts_with("   "));
    let names = listed.filter_map(|line| line.split_whitespace().next());
    let names = names.filter(|name| !WITHOUT.contains(name));
    let lines = names.flat_map(|name| {
        let with_more = WITH_MORE.iter().find(|(of, _)| of == &name);
        with_more.map_or_else(|| vec![name], |(_, lines)| lines.to_vec())
    });
    lines.map(ToOwned::to_owned).collect()
}

#[test]
#[allow(clippy::too_many_lines, reason = "one table, a row a command")]
fn bad_files_and_bad_words_are_exit_code_2() {
    let folder = tempfile::tempdir().unwrap();
    bad_files(folder.path());
    let of_hub = commands(folder.path(), "store-hub");
    let of_lane = commands(folder.path(), "lane-agent");
    assert!(
        of_hub.len() > 15 && of_lane.len() > 5,
        "{of_hub:?} {of_lane:?}"
    );
    let files = [
        ("nowhere.toml", "nowhere.toml"),
        ("bad.toml", "bad.toml, line 2"),
        (
            "faults.toml",
            "faults.toml, line 1: colour: is not a known key",
        ),
        ("gbk.toml", "gbk.toml"),
    ];
    for (program, commands) in [("store-hub", of_hub), ("lane-agent", of_lane)] {
        for command in commands {
            for (file, said) in files {
                let line = format!("{program} {command} --config {file}");
                check(folder.path(), &line, command != "run", USAGE, said);
            }
        }
    }
    for (file, said) in files {
        let line = format!("head-office pull --lake lake --stores {file}");
        check(folder.path(), &line, true, USAGE, said);
        for option in ["accounts", "personality", "keys"] {
            let line = format!("acquirer-host --listen 127.0.0.1:0 --{option} {file}");
            check(folder.path(), &line, false, USAGE, said);
        }
    }
    for (line, json, said) in [
        (
            "store-hub payment nonsense --address 127.0.0.1:1",
            true,
            "is no payment id: 32 hex digits",
        ),
        (
            "store-hub status --address nonsense",
            true,
            "is not HOST:PORT",
        ),
        (
            "lane-agent status --address nonsense",
            true,
            "is not HOST:PORT",
        ),
        ("lane-agent status", true, "--config"),
        (
            "store-hub status --address 127.0.0.1:99999",
            true,
            "is not HOST:PORT",
        ),
        (
            "store-hub migrate --to paper --config x.toml",
            true,
            "paper",
        ),
        ("store-hub status --output xml", false, "xml"),
        ("store-hub status --log-format xml", false, "xml"),
        ("store-hub status --log a=b=c", false, "--log a=b=c"),
        (
            "lane-agent status --config x.toml --log a=b=c",
            false,
            "--log a=b=c",
        ),
        ("acquirer-host --log a=b=c", false, "--log a=b=c"),
        ("acquirer-host --dialect morse", false, "morse"),
        ("acquirer-host --listen nonsense", false, "nonsense"),
        ("acquirer-host --ledger ledger.jsonl", false, "line 1"),
        (
            "head-office pull --stores x --lake y --since yesterday",
            false,
            "yesterday",
        ),
        ("sim audit nowhere", true, "nowhere"),
        (
            "sim store --basket-file nowhere.csv --out run",
            true,
            "nowhere.csv",
        ),
        ("sim store --lanes 0", true, "--lanes"),
        ("sim store --log a=b=c", false, "--log a=b=c"),
        ("iso8583 decode --dialect morse", false, "morse"),
        ("iso8583 kcv --key XYZ", false, ""),
    ] {
        check(folder.path(), line, json, USAGE, said);
    }
}

/// Something that listens, and is no hub.
fn foreign(answer: &'static [u8]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(stream) = stream else { return };
            thread::spawn(move || reply(stream, answer));
        }
    });
    address
}

fn reply(mut stream: TcpStream, answer: &[u8]) {
    let mut heard = [0; 1024];
    // A probe that says nothing gets nothing.
    if matches!(stream.read(&mut heard), Ok(1..)) {
        let _ = stream.write_all(answer);
        let _ = stream.flush();
    }
}

/// F34: a closed port, a web server, a TLS server, one that hangs up: the address, and what to do.
#[test]
fn a_foreign_port_is_a_sentence_and_exit_code_3_f34() {
    let folder = tempfile::tempdir().unwrap();
    let closed = {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap().to_string()
    };
    let web = foreign(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
    // A fatal alert: unexpected message.
    let tls = foreign(&[0x15, 0x03, 0x01, 0x00, 0x02, 0x02, 0x0a]);
    let hangs_up = foreign(b"");
    let id = "0123456789abcdef0123456789abcdef";
    for (address, said) in [
        (&closed, "nobody answers at"),
        (&web, "is no store hub"),
        (&tls, "is no store hub"),
        (&hangs_up, "is no store hub"),
    ] {
        let said = match said {
            "is no store hub" => format!("what answers at {address} {said}"),
            said => format!("{said} {address}"),
        };
        for command in [
            "status",
            "lanes",
            "unresolved",
            "leases",
            "close-day",
            "dead-letters",
        ] {
            let line = format!("store-hub {command} --address {address}");
            check(folder.path(), &line, true, UNREACHABLE, &said);
        }
        for command in ["link", "prices list", "prices status", "settle"] {
            let line = format!("store-hub {command} --address {address}");
            check(folder.path(), &line, true, UNREACHABLE, &said);
        }
        let line = format!("lane-agent status --address {address}");
        let no_lane = said.replace("store hub", "lane");
        check(folder.path(), &line, true, UNREACHABLE, &no_lane);
        let line = format!("store-hub payment {id} --address {address}");
        check(folder.path(), &line, true, UNREACHABLE, &said);
        let stores = format!("[[store]]\nid = \"1\"\naddress = \"{address}\"\n");
        fs::write(folder.path().join("stores.toml"), stores).unwrap();
        let args = [
            "pull",
            "--stores",
            "stores.toml",
            "--lake",
            "lake",
            "--output",
            "json",
        ];
        let output = run(folder.path(), "head-office", &args);
        let told: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        let why = told["stores"][0]["why"].as_str().unwrap();
        assert!(why.contains(&said), "{said} not in {why}");
        assert_eq!(output.status.code(), Some(UNREACHABLE), "{told}");
    }
}

/// A log of objects is one object a line, the failure at its end too.
#[test]
fn a_log_of_objects_has_one_object_a_line() {
    let folder = tempfile::tempdir().unwrap();
    for (name, line) in [
        ("store-hub", "run --config nowhere.toml"),
        ("lane-agent", "run --config nowhere.toml"),
        ("acquirer-host", "--accounts nowhere.toml"),
        ("head-office", "pull --stores nowhere.toml --lake lake"),
        ("sim", "audit nowhere.toml"),
    ] {
        let args = format!("{line} --log-format json");
        let args: Vec<&str> = args.split(' ').collect();
        let output = run(folder.path(), name, &args);
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(USAGE), "{name}: {stderr}");
        assert!(output.stdout.is_empty(), "{name}");
        for line in stderr.lines() {
            let told: serde_json::Value =
                serde_json::from_str(line).unwrap_or_else(|_| panic!("{name}: {line}"));
            assert_eq!(told["level"], "ERROR");
            assert_eq!(told["event"], "failed");
            assert!(told["what"].as_str().unwrap().contains("nowhere"), "{line}");
        }
        assert!(!stderr.is_empty(), "{name}");
    }
}
