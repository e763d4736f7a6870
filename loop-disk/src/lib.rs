//! A disk of a test's own: an ext4 image on a loop device. A test fills it, lets it fail, or copies
//! its image as it is: what the system holds in memory is not in the copy, as after a power cut.
//!
//! It needs root and a loop device. Without them everything here panics: a test that uses it fails,
//! it never skips. Nothing but tests may depend on this crate.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test stops at the first surprise"
)]

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use tempfile::TempDir;

const BALLAST: &str = "ballast";
const PIECE_BYTES: usize = 256 * 1024;
/// How often, and how far apart, a busy disk is unmounted.
const UNMOUNT_TRIES: u32 = 100;
const UNMOUNT_PAUSE: Duration = Duration::from_millis(20);

/// Runs a program of the system to its end.
///
/// # Panics
/// It isn't there, or it fails.
pub fn run(program: &str, arguments: &[&dyn AsRef<OsStr>]) {
    let mut command = Command::new(program);
    for argument in arguments {
        command.arg(argument.as_ref());
    }
    let status = command
        .status()
        .unwrap_or_else(|error| panic!("cannot run {program}: {error}"));
    assert!(
        status.success(),
        "{command:?} ended with {status}: are root and a loop device here?"
    );
}

/// Makes a file that holds an empty ext4, in the place of what was there.
///
/// # Panics
/// As [`run`].
pub fn make_image(image: &Path, bytes: u64) {
    File::create(image).unwrap().set_len(bytes).unwrap();
    run("mkfs.ext4", &[&"-q", &"-F", &image]);
}

/// Copies an image as it is now, mounted or not.
///
/// # Panics
/// As [`run`].
pub fn copy_image(image: &Path, copy: &Path) {
    run("cp", &[&"--sparse=always", &image, &copy]);
}

/// A mounted image; unmounted when dropped.
#[derive(Debug)]
pub struct LoopDisk {
    at: PathBuf,
    _home: Option<TempDir>,
}

impl LoopDisk {
    /// A new disk, at a temporary folder that goes with it.
    ///
    /// # Panics
    /// As [`run`].
    pub fn new(bytes: u64) -> LoopDisk {
        let home = tempfile::tempdir().unwrap();
        let image = home.path().join("image");
        make_image(&image, bytes);
        let mut disk = LoopDisk::mount(&image, &home.path().join("mount"));
        disk._home = Some(home);
        disk
    }

    /// Mounts an image at a folder, which is made if it isn't there.
    ///
    /// # Panics
    /// As [`run`].
    pub fn mount(image: &Path, at: &Path) -> LoopDisk {
        LoopDisk::mount_with("loop", image, at)
    }

    /// As [`mount`](LoopDisk::mount), with these options of `mount -o`, of which one is `loop`.
    ///
    /// # Panics
    /// As [`run`].
    pub fn mount_with(options: &str, image: &Path, at: &Path) -> LoopDisk {
        fs::create_dir_all(at).unwrap();
        run("mount", &[&"-o", &options, &image, &at]);
        LoopDisk {
            at: at.to_owned(),
            _home: None,
        }
    }

    /// The folder it is mounted at.
    pub fn path(&self) -> &Path {
        &self.at
    }

    /// Another program takes a piece of what is free. False when there is no piece left: it has
    /// taken the rest then, to the last byte.
    ///
    /// # Panics
    /// The disk fails, other than by being full.
    pub fn add_ballast(&self) -> bool {
        let ballast = File::options()
            .create(true)
            .append(true)
            .open(self.at.join(BALLAST));
        let mut ballast = ballast.unwrap();
        let taken = ballast.write_all(&[b'b'; PIECE_BYTES]).is_ok();
        // What was written takes its place only when it gets there.
        if taken {
            ballast.sync_data().unwrap();
        }
        taken
    }

    /// Another program fills the disk until so little is left.
    ///
    /// # Panics
    /// As [`add_ballast`](LoopDisk::add_ballast).
    pub fn fill(&self, left_bytes: u64) {
        while self.available_bytes() > left_bytes && self.add_ballast() {}
    }

    /// Gives back what was filled.
    ///
    /// # Panics
    /// Nothing was filled.
    pub fn empty(&self) {
        fs::remove_file(self.at.join(BALLAST)).unwrap();
    }

    fn available_bytes(&self) -> u64 {
        let mut df = Command::new("df");
        let told = df.args(["--output=avail", "-B1"]).arg(&self.at).output();
        let told = String::from_utf8(told.unwrap().stdout).unwrap();
        told.lines().last().unwrap().trim().parse().unwrap()
    }

    /// Makes the file system become read-only, as an error of the disk does, if it was mounted with
    /// `errors=remount-ro`. A remount would be refused while a file is open for writing.
    ///
    /// # Panics
    /// The system has no such switch.
    pub fn fail(&self) {
        let mounts = fs::read_to_string("/proc/mounts").unwrap();
        let at = self.at.to_str().unwrap();
        let line = mounts
            .lines()
            .find(|line| line.split(' ').nth(1) == Some(at));
        let device = line.unwrap().split(' ').next().unwrap();
        let name = device.strip_prefix("/dev/").unwrap();
        fs::write(format!("/sys/fs/ext4/{name}/trigger_fs_error"), "a test").unwrap();
    }
}

impl Drop for LoopDisk {
    /// A child process of another test holds our open files until it starts its own program: what
    /// is busy is tried again, for a while.
    fn drop(&mut self) {
        for _ in 0..UNMOUNT_TRIES {
            let mut unmount = Command::new("umount");
            let ended = unmount.arg(&self.at).stderr(Stdio::null()).status();
            if ended.unwrap().success() {
                return;
            }
            thread::sleep(UNMOUNT_PAUSE);
        }
        run("umount", &[&self.at]);
    }
}
