//! A program of the store, running as a process of its own.
//!
//! Each is this very program called by another name, so that one build is a whole store. It gets
//! its standard input as a pipe that nobody writes to: when this process ends, however it ends, the
//! pipe closes and the program shuts down by itself.

use std::{
    collections::VecDeque,
    ffi::OsString,
    io,
    net::SocketAddr,
    os::unix::process::ExitStatusExt,
    path::PathBuf,
    process::{ExitStatus, Stdio},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::{
    fs::File,
    io::{AsyncBufReadExt, AsyncRead, AsyncWriteExt, BufReader},
    process::Child,
    sync::watch,
    task::JoinHandle,
    time::timeout,
};

/// How long a program may take until it listens.
const START_TIMEOUT: Duration = Duration::from_secs(30);
/// How long a program may take to end after its input has closed.
const STOP_TIMEOUT: Duration = Duration::from_secs(20);
/// The signal that no program can catch.
const SIGKILL: i32 = 9;
/// Lines of a dead program's log that are shown.
const LAST_LINES: usize = 8;

/// What to start.
#[derive(Clone, Debug)]
pub struct Program {
    /// Which of the store's programs: `store-hub`, `lane-agent` …
    pub name: &'static str,
    /// How this one is called in messages and what its log is named after: `lane-3`.
    pub called: String,
    /// What follows the name.
    pub arguments: Vec<OsString>,
    /// Where its stderr goes.
    pub log: PathBuf,
}

/// A running program.
#[derive(Debug)]
pub struct Process {
    called: String,
    child: Child,
    heard: watch::Receiver<Addresses>,
    last_lines: Arc<Mutex<VecDeque<String>>>,
    log: JoinHandle<()>,
}

/// What a program has said of its ports.
#[derive(Clone, Copy, Debug, Default)]
struct Addresses {
    listening: Option<SocketAddr>,
    screens: Option<SocketAddr>,
}

/// How a program is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pulse {
    /// As it should.
    Runs,
    /// Ended by a `kill -9`.
    WasKilled,
}

/// Why a program isn't there.
#[derive(Debug, thiserror::Error)]
pub enum ProcessError {
    /// It can't be started.
    #[error("{called} can't be started: {source}")]
    NotStarted {
        /// Which.
        called: String,
        /// What the system says.
        source: io::Error,
    },
    /// It can't be killed.
    #[error("{called} can't be killed: {source}")]
    NotKilled {
        /// Which.
        called: String,
        /// What the system says.
        source: io::Error,
    },
    /// It didn't say where it listens.
    #[error(
        "{called} did not say within {} s where it listens{last_lines}",
        START_TIMEOUT.as_secs()
    )]
    NotListening {
        /// Which.
        called: String,
        /// The end of its log.
        last_lines: String,
    },
    /// It ended when it shouldn't have.
    #[error("{called} ended by itself ({status}){last_lines}")]
    Ended {
        /// Which.
        called: String,
        /// How.
        status: ExitStatus,
        /// The end of its log.
        last_lines: String,
    },
    /// It didn't end when it should have.
    #[error("{called} did not stop within {} s and was killed{last_lines}", STOP_TIMEOUT.as_secs())]
    NotStopped {
        /// Which.
        called: String,
        /// The end of its log.
        last_lines: String,
    },
}

impl Process {
    /// Starts a program.
    ///
    /// # Errors
    /// It or its log can't be made.
    pub async fn start(program: Program) -> Result<Self, ProcessError> {
        let called = program.called.clone();
        Self::spawn(program)
            .await
            .map_err(|source| ProcessError::NotStarted { called, source })
    }

    async fn spawn(program: Program) -> io::Result<Self> {
        let log = File::options()
            .create(true)
            .append(true)
            .open(&program.log)
            .await?;
        let mut child = super::program::command(program.name)?
            .args(&program.arguments)
            .arg("--stop-on-stdin-eof")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            // Ctrl-C at a terminal goes to the whole group; the store is stopped in order instead.
            .process_group(0)
            .spawn()?;
        let (hears, heard) = watch::channel(Addresses::default());
        let last_lines = Arc::default();
        let stderr = child.stderr.take().ok_or(io::ErrorKind::BrokenPipe)?;
        let log = tokio::spawn(keep_log(stderr, log, hears, Arc::clone(&last_lines)));
        Ok(Self {
            called: program.called,
            child,
            heard,
            last_lines,
            log,
        })
    }

    /// The system's number of it, until its end was seen.
    #[must_use]
    pub fn id(&self) -> Option<u32> {
        self.child.id()
    }

    /// How it is called in messages.
    #[must_use]
    pub fn called(&self) -> &str {
        &self.called
    }

    /// Waits until it says `listening on ADDR:PORT`.
    ///
    /// # Errors
    /// It ends, or says nothing in time.
    pub async fn listening(&mut self) -> Result<SocketAddr, ProcessError> {
        self.hear(|heard| heard.listening).await
    }

    /// Waits until it says where its pages are: `screens on http://ADDR:PORT/` or `office on …`.
    ///
    /// # Errors
    /// As [`Process::listening`].
    pub async fn screens(&mut self) -> Result<SocketAddr, ProcessError> {
        self.hear(|heard| heard.screens).await
    }

    async fn hear(
        &mut self,
        wanted: fn(&Addresses) -> Option<SocketAddr>,
    ) -> Result<SocketAddr, ProcessError> {
        let heard = async {
            let heard = self.heard.wait_for(|heard| wanted(heard).is_some()).await;
            heard.ok().and_then(|heard| wanted(&heard))
        };
        // The sender goes with the program's stderr: then it has ended.
        match timeout(START_TIMEOUT, heard).await {
            Ok(Some(address)) => Ok(address),
            Ok(None) => Err(self.ended().await),
            Err(_) => Err(ProcessError::NotListening {
                called: self.called.clone(),
                last_lines: self.last_lines(),
            }),
        }
    }

    /// Whether it still runs, or somebody has killed it: one that was killed did nothing wrong.
    ///
    /// # Errors
    /// It has ended in another way.
    pub async fn look(&mut self) -> Result<Pulse, ProcessError> {
        match self.child.try_wait() {
            Ok(None) => Ok(Pulse::Runs),
            Ok(Some(status)) if status.signal() == Some(SIGKILL) => Ok(Pulse::WasKilled),
            Ok(Some(_)) | Err(_) => Err(self.ended().await),
        }
    }

    /// Kills it: no warning, nothing is written any more. Comes back once it is gone.
    ///
    /// # Errors
    /// The system refuses.
    pub async fn kill_now(mut self) -> Result<(), ProcessError> {
        let killed = self.child.kill().await;
        killed.map_err(|source| ProcessError::NotKilled {
            called: self.called,
            source,
        })
    }

    async fn ended(&mut self) -> ProcessError {
        let called = self.called.clone();
        match timeout(STOP_TIMEOUT, self.child.wait()).await {
            Ok(Ok(status)) => {
                // The last lines may still be on their way.
                let _ = timeout(Duration::from_secs(1), &mut self.log).await;
                let last_lines = self.last_lines();
                ProcessError::Ended {
                    called,
                    status,
                    last_lines,
                }
            }
            Ok(Err(source)) => ProcessError::NotStarted { called, source },
            Err(_) => self.kill().await,
        }
    }

    /// Closes its input and waits until it has ended.
    ///
    /// # Errors
    /// It doesn't end, and is killed; or it ends with another code than 0.
    pub async fn stop(mut self) -> Result<(), ProcessError> {
        drop(self.child.stdin.take());
        match timeout(STOP_TIMEOUT, self.child.wait()).await {
            Ok(Ok(status)) if status.success() || status.signal() == Some(SIGKILL) => Ok(()),
            Ok(_) => Err(self.ended().await),
            Err(_) => Err(self.kill().await),
        }
    }

    /// The last resort. Its journal stays sound: it is made for that.
    async fn kill(&mut self) -> ProcessError {
        // It may have ended in between: then there is nothing to kill.
        let _ = self.child.kill().await;
        ProcessError::NotStopped {
            called: self.called.clone(),
            last_lines: self.last_lines(),
        }
    }

    fn last_lines(&self) -> String {
        let lines = self
            .last_lines
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        lines
            .iter()
            .fold(String::new(), |text, line| format!("{text}\n  {line}"))
    }
}

/// Copies a program's stderr to its log, keeps the last lines, and listens for its address.
async fn keep_log(
    stderr: impl AsyncRead + Unpin,
    mut log: File,
    hears: watch::Sender<Addresses>,
    last_lines: Arc<Mutex<VecDeque<String>>>,
) {
    let mut lines = BufReader::new(stderr).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        if let Some(address) = line.strip_prefix("listening on ") {
            let address = address.trim().parse().ok();
            hears.send_modify(|heard| heard.listening = address.or(heard.listening));
        }
        let pages = ["screens on http://", "office on http://"];
        if let Some(address) = pages.iter().find_map(|said| line.strip_prefix(said)) {
            let address = address.trim().trim_end_matches('/').parse().ok();
            hears.send_modify(|heard| heard.screens = address.or(heard.screens));
        }
        // A full disk shows elsewhere; the program must not stand still for its log.
        let _ = log.write_all(format!("{line}\n").as_bytes()).await;
        let mut kept = last_lines.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() == LAST_LINES {
            kept.pop_front();
        }
        kept.push_back(line);
    }
    let _ = log.flush().await;
}
