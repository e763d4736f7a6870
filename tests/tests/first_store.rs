//! docs/operations/first-store.md, run as it is written: each command of the page in its order, by
//! a shell, as a reader would. Only the ports are others, so that two runs beside each other don't
//! meet, and `cargo build` is done by now.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test stops at the first surprise"
)]

use std::{
    fs,
    net::TcpListener,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Command,
};

use tests::{
    running::{Running, until},
    workspace,
};

/// The shell a reader types into.
struct Shell {
    folder: PathBuf,
    path: String,
    running: Vec<Running>,
}

impl Shell {
    /// In a folder of its own, with the store's programs on its path.
    fn open(folder: &Path) -> Self {
        let programs = folder.join("programs");
        fs::create_dir(&programs).unwrap();
        let under_test = env!("CARGO_BIN_EXE_lanekeeper-under-test");
        for name in ["acquirer-host", "lane-agent", "store-hub"] {
            stand_in(
                &programs.join(name),
                &format!("exec '{under_test}' {name} \"$@\""),
            );
        }
        stand_in(&programs.join("cargo"), "test \"$*\" = \"build --release\"");
        let path = std::env::var("PATH").unwrap_or_default();
        Self {
            folder: folder.to_owned(),
            path: format!("{}:{path}", programs.display()),
            running: Vec::new(),
        }
    }

    fn command(&self, line: &str) -> Command {
        let mut command = Command::new("sh");
        command
            .args(["-c", line])
            .current_dir(&self.folder)
            .env("PATH", &self.path)
            .env_remove("RUST_LOG");
        command
    }

    /// What the command prints; it has to succeed.
    fn run(&self, line: &str) -> String {
        let output = self.command(line).output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{line}: {stderr}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// Starts a command that ends with `&`, and waits until it says where it listens.
    fn start(&mut self, line: &str) {
        let line = line.strip_suffix('&').unwrap();
        let running = Running::start(&mut self.command(&format!("exec {line}")));
        running.says("listening on ");
        self.running.push(running);
    }
}

fn stand_in(path: &Path, what: &str) {
    fs::write(path, format!("#!/bin/sh\n{what}\n")).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

fn commands() -> Vec<String> {
    let page = workspace().join("docs/operations/first-store.md");
    let page = fs::read_to_string(page).unwrap();
    page.lines()
        .filter_map(|line| line.strip_prefix("$ "))
        .map(str::to_owned)
        .collect()
}

/// A port from which on the ports of a store of one lane are free.
fn free_port() -> u16 {
    (7101..9900)
        .step_by(20)
        .find(|port| {
            let wanted = [*port, port + 1, port + 11];
            wanted
                .iter()
                .all(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok())
        })
        .expect("some ports are free")
}

fn receipts(folder: &Path) -> usize {
    let Ok(files) = fs::read_dir(folder.join("shop/lanes/1/receipts")) else {
        return 0;
    };
    let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
    names.filter(|name| name.ends_with(".txt")).count()
}

#[test]
fn the_page_works_as_it_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let mut shell = Shell::open(folder.path());
    let port = free_port();
    let commands = commands();
    assert_eq!(commands.len(), 10, "ten commands: {commands:#?}");
    let mut printed = Vec::new();
    for written in &commands {
        let line = written
            .replace("init shop", &format!("init shop --port {port}"))
            .replace("127.0.0.1:7001", &format!("127.0.0.1:{port}"))
            .replace("127.0.0.1:7002", &format!("127.0.0.1:{}", port + 1));
        if line.ends_with('&') {
            shell.start(&line);
        } else {
            printed.push((written.clone(), shell.run(&line)));
        }
        if line.starts_with("lane-agent run") {
            until("three customers are served", || {
                (receipts(folder.path()) == 3).then_some(())
            });
        }
    }
    let said = |command: &str| -> &str {
        let found = printed.iter().find(|(line, _)| line.starts_with(command));
        &found.unwrap().1
    };
    assert!(said("store-hub init").contains("lane-agent run --config shop/lanes/1/lane.toml"));
    assert!(said("store-hub status").contains("running"));
    let lanes = said("store-hub lanes");
    assert!(lanes.lines().nth(1).unwrap().contains("yes"), "{lanes}");
    let report = said("cat shop/report/day.txt");
    for figure in ["107.70", "61.90"] {
        assert!(report.contains(figure), "{figure} not in\n{report}");
    }
    let closed = said("store-hub close-day");
    assert!(closed.contains("LANE0001 000001  balanced"), "{closed}");
    assert!(!closed.contains("NOT BALANCED"), "{closed}");
}
