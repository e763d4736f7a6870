//! Breaks every guard of the catalogue (`tests/mutations`) once, each alone, in a copy of the
//! workspace, and sees its test fail. One whose test stays green is a survivor: its test doesn't
//! hold it, or nobody needs it.
//!
//! `cargo test -p tests --test break_guards -- --nocapture`
//!
//! A guard takes a minute or two. `MUTATIONS=days/,bank/a_name` takes only those whose names
//! contain one of these. The copy and what is built of it lie in a temporary folder; with
//! `MUTATIONS_FOLDER` in that one, and a second run builds less.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a test stops at the first surprise, waits in real time, and says what it met"
)]

mod breaking;

use std::{
    collections::{BTreeMap, BTreeSet},
    env, fmt,
    fs::{self, File},
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    thread,
    time::{Duration, Instant},
};

use breaking::{Mutation, catalogue};
use serde_json::Value;
use tests::workspace;

/// Longer than any test takes: it waits for what a broken guard keeps from coming.
const TEST_TIMEOUT: Duration = Duration::from_secs(420);

/// What became of a broken guard.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Seen {
    Caught,
    /// It waits for ever: seen too, though nobody is told what it was.
    Hung,
    Survived,
    DoesNotBuild,
}

impl fmt::Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Caught => "caught",
            Self::Hung => "caught, it hangs",
            Self::Survived => "SURVIVED",
            Self::DoesNotBuild => "DOES NOT BUILD",
        })
    }
}

impl Seen {
    const fn is_right(self) -> bool {
        matches!(self, Self::Caught | Self::Hung)
    }
}

/// A copy of the workspace, to break.
struct Copy {
    root: PathBuf,
    target: PathBuf,
}

impl Copy {
    /// What git tracks, or would track. What is the same already is not touched: cargo goes by the
    /// times of files.
    fn of_workspace(folder: &Path) -> Self {
        let root = folder.join("workspace");
        let listed = Command::new("git")
            .args([
                "ls-files",
                "-z",
                "--cached",
                "--others",
                "--exclude-standard",
            ])
            .current_dir(workspace())
            .output()
            .expect("git lists the files");
        assert!(listed.status.success(), "git ls-files failed");
        let listed = String::from_utf8(listed.stdout).expect("paths are UTF-8");
        let listed: BTreeSet<PathBuf> = listed.split_terminator('\0').map(PathBuf::from).collect();
        remove_all_but(&listed, &root, Path::new(""));
        for path in &listed {
            let Ok(bytes) = fs::read(workspace().join(path)) else {
                continue;
            };
            let to = root.join(path);
            if fs::read(&to).is_ok_and(|there| there == bytes) {
                continue;
            }
            fs::create_dir_all(to.parent().expect("a folder")).expect("a folder is made");
            fs::write(&to, bytes).expect("a file is copied");
        }
        let target = folder.join("target");
        Self { root, target }
    }

    /// The test program of a package; `None` if the workspace does not build.
    fn build(&self, package: &str, target: &str, log: &Path) -> Option<PathBuf> {
        let cargo = env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
        let built = Command::new(cargo)
            .args([
                "test",
                "--locked",
                "--no-run",
                "--message-format",
                "json",
                "-p",
                package,
            ])
            .args(target.split(' '))
            .current_dir(&self.root)
            .env("CARGO_TARGET_DIR", &self.target)
            .stderr(File::create(log).expect("a log"))
            .output()
            .expect("cargo starts");
        if !built.status.success() {
            return None;
        }
        let said = String::from_utf8(built.stdout).expect("JSON is UTF-8");
        let programs = said.lines().filter_map(|line| {
            let line: Value = serde_json::from_str(line).ok()?;
            let is_test = line["profile"]["test"] == true;
            is_test.then(|| line["executable"].as_str().map(PathBuf::from))?
        });
        Some(programs.last().expect("cargo names the test program"))
    }

    /// Runs the tests whose names contain one of these; `None` if they don't end.
    fn run(&self, package: &str, program: &Path, names: &[&str], log: &Path) -> Option<ExitStatus> {
        let out = File::create(log).expect("a log");
        let mut child = Command::new(program)
            .args(names)
            .current_dir(self.root.join(package))
            .env("CARGO_MANIFEST_DIR", self.root.join(package))
            .stdout(out.try_clone().expect("a log"))
            .stderr(out)
            .stdin(Stdio::null())
            .process_group(0)
            .spawn()
            .expect("the test program starts");
        let begun = Instant::now();
        while begun.elapsed() < TEST_TIMEOUT {
            if let Some(status) = child.try_wait().expect("a child") {
                return Some(status);
            }
            thread::sleep(Duration::from_millis(50));
        }
        end_group(&mut child);
        None
    }
}

/// What an earlier copy had and the workspace has no more.
fn remove_all_but(listed: &BTreeSet<PathBuf>, root: &Path, folder: &Path) {
    let there = fs::read_dir(root.join(folder)).into_iter().flatten();
    for entry in there.map(|entry| entry.expect("an entry of the folder")) {
        let path = folder.join(entry.file_name());
        match entry.path().is_dir() {
            true => remove_all_but(listed, root, &path),
            false if listed.contains(&path) => {}
            false => fs::remove_file(entry.path()).expect("a file is removed"),
        }
    }
}

/// With all that it started.
fn end_group(child: &mut Child) {
    let group = format!("-{}", child.id());
    let ended = Command::new("kill").args(["-KILL", "--", &group]).status();
    assert!(ended.is_ok_and(|status| status.success()), "kill {group}");
    child.wait().expect("a child");
}

/// The tests of one program, first as they are: a test that is red anyway holds nothing.
///
/// # Errors
/// What is wrong with them.
fn unbroken(copy: &Copy, group: &[Mutation], log: &Path) -> Result<(), String> {
    let Mutation {
        package, target, ..
    } = &group[0];
    let program = copy.build(package, target, log);
    let program = program.ok_or_else(|| format!("{package} does not build:\n{}", read(log)))?;
    let listed = Command::new(&program).arg("--list").output();
    let listed = String::from_utf8(listed.expect("it starts").stdout).expect("UTF-8");
    for one in group {
        let is_there = listed.lines().any(|line| line.contains(&one.test));
        if !is_there {
            return Err(format!("{}: no test is called {}", one.name, one.test));
        }
    }
    let names: Vec<&str> = group.iter().map(|one| one.test.as_str()).collect();
    match copy.run(package, &program, &names, log) {
        Some(status) if status.success() => Ok(()),
        Some(_) | None => Err(format!("{package} {target} fails as it is:\n{}", read(log))),
    }
}

fn broken(copy: &Copy, one: &Mutation, log: &Path) -> Seen {
    let path = copy.root.join(&one.file);
    let text = read(&path);
    fs::write(&path, text.replacen(&one.old, &one.new, 1)).expect("the copy is changed");
    let seen = match copy.build(&one.package, &one.target, log) {
        None => Seen::DoesNotBuild,
        Some(program) => match copy.run(&one.package, &program, &[&one.test], log) {
            None => Seen::Hung,
            Some(status) if status.success() => Seen::Survived,
            Some(_) => Seen::Caught,
        },
    };
    fs::write(&path, text).expect("the copy is put back");
    seen
}

fn read(path: &Path) -> String {
    let bytes = fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The quick test programs first.
fn in_groups(all: Vec<Mutation>) -> Vec<Vec<Mutation>> {
    let mut groups: BTreeMap<_, Vec<Mutation>> = BTreeMap::new();
    for one in all {
        let key = (
            one.target != "--lib",
            one.package.clone(),
            one.target.clone(),
        );
        groups.entry(key).or_default().push(one);
    }
    groups.into_values().collect()
}

#[test]
fn every_guard_that_is_broken_makes_its_test_fail() {
    let wanted = env::var("MUTATIONS").unwrap_or_default();
    let wanted: Vec<&str> = wanted.split(',').filter(|part| !part.is_empty()).collect();
    let mut all = catalogue();
    all.retain(|one| wanted.is_empty() || wanted.iter().any(|part| one.name.contains(part)));
    assert!(!all.is_empty(), "no mutation is called {wanted:?}");
    let temporary = tempfile::tempdir().expect("a temporary folder");
    let folder = env::var_os("MUTATIONS_FOLDER").map(PathBuf::from);
    let folder = folder.unwrap_or_else(|| temporary.path().to_owned());
    let copy = Copy::of_workspace(&folder);
    let logs = folder.join("logs");
    fs::create_dir_all(&logs).expect("a folder of logs");
    let mut wrong = Vec::new();
    for group in in_groups(all) {
        if let Err(why) = unbroken(&copy, &group, &logs.join("unbroken")) {
            println!("{why}");
            wrong.push(why);
            continue;
        }
        for one in &group {
            let begun = Instant::now();
            let log = logs.join(one.name.replace('/', "-"));
            let seen = broken(&copy, one, &log);
            let seconds = begun.elapsed().as_secs();
            println!("{seen}: {} by {} ({seconds} s)", one.name, one.test);
            if !seen.is_right() {
                wrong.push(format!("{seen}: {}\n{}", one.name, read(&log)));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
