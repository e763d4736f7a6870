//! A program under test as a process of its own: started, listened to, stopped or killed.

#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "a test stops at the first surprise"
)]

use std::{
    io::{BufRead, BufReader, Read},
    process::{Child, Command, ExitStatus, Stdio},
    sync::{Arc, Mutex, PoisonError},
    thread::{self, JoinHandle},
    time::Duration,
};

/// How often something is looked at that will come, and how often at most: half a minute.
const LOOK_EVERY: Duration = Duration::from_millis(50);
const LOOKS_MAX: u32 = 600;

/// Looks until there is something, for half a minute.
///
/// # Panics
/// There never was.
pub fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    for _ in 0..LOOKS_MAX {
        if let Some(found) = look() {
            return found;
        }
        thread::sleep(LOOK_EVERY);
    }
    panic!("never: {what}");
}

/// A running program. It ends with this, however that ends, and with the test where it was started
/// with `--stop-on-stdin-eof`.
#[derive(Debug)]
pub struct Running {
    child: Child,
    said: Arc<Mutex<String>>,
    /// Reads until the program's stderr ends, so that it never waits for a reader.
    listener: Option<JoinHandle<()>>,
}

impl Running {
    /// Starts it. What it says on stderr is kept, what it prints is not.
    ///
    /// # Panics
    /// It can't be started.
    pub fn start(command: &mut Command) -> Self {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("it starts");
        let stderr = child.stderr.take().expect("a pipe");
        let said = Arc::default();
        let kept = Arc::clone(&said);
        Self {
            child,
            said,
            listener: Some(thread::spawn(move || keep(stderr, &kept))),
        }
    }

    /// All that it has said so far.
    #[must_use]
    pub fn said(&self) -> String {
        let said = self.said.lock();
        said.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The first line with this in it, waited for.
    ///
    /// # Panics
    /// It never says so, or ends before.
    pub fn says(&self, part: &str) -> String {
        until(&format!("{part} is said"), || {
            // Looked at first: what was said before the end is there then.
            let ended = self.listener.as_ref().is_none_or(JoinHandle::is_finished);
            let said = self.said();
            let found = said.lines().find(|line| line.contains(part));
            assert!(
                found.is_some() || !ended,
                "it ended and never said {part}: {said}"
            );
            found.map(str::to_owned)
        })
    }

    /// Where it says that it listens.
    ///
    /// # Panics
    /// It never does.
    #[must_use]
    pub fn listening(&self) -> String {
        let line = self.says("listening on ");
        let address = line.strip_prefix("listening on ");
        address.expect("a line of its own").trim().to_owned()
    }

    /// As in the evening: ends its input, for which it has to be started with
    /// `--stop-on-stdin-eof`, and waits. All that it has said.
    ///
    /// # Panics
    /// It does not end well.
    pub fn stop(mut self) -> String {
        drop(self.child.stdin.take());
        let status = self.ended();
        let said = self.said();
        assert!(status.success(), "{status}: {said}");
        said
    }

    /// As a power cut does. All that it has said.
    ///
    /// # Panics
    /// It has ended already.
    pub fn kill(mut self) -> String {
        let ended = self.child.try_wait().expect("a process");
        assert_eq!(ended, None, "{}", self.said());
        self.child.kill().expect("killed");
        self.ended();
        self.said()
    }

    fn ended(&mut self) -> ExitStatus {
        let ended = until("it ends", || self.child.try_wait().expect("a process"));
        if let Some(listener) = self.listener.take() {
            listener.join().expect("it listens to the end");
        }
        ended
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn keep(stderr: impl Read, said: &Mutex<String>) {
    let mut stderr = BufReader::new(stderr);
    let mut line = String::new();
    while stderr.read_line(&mut line).is_ok_and(|read| read > 0) {
        let mut said = said.lock().unwrap_or_else(PoisonError::into_inner);
        said.push_str(&line);
        line.clear();
    }
}
