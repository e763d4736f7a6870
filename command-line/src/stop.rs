//! When a program is asked to end.

use std::{
    io::{self, Read},
    thread,
};

use futures::future::{BoxFuture, FutureExt, pending};
use tokio::{
    signal::unix::{Signal, SignalKind, signal},
    sync::oneshot,
};

/// SIGINT and SIGTERM: from here on they end a program in order instead of at once.
#[derive(Debug)]
pub struct StopSignals {
    interrupt: Signal,
    terminate: Signal,
}

impl StopSignals {
    /// Has to be called where tokio runs.
    ///
    /// # Errors
    /// The system gives no signals.
    pub fn listen() -> io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    /// Comes back with the next of them.
    pub async fn wait(&mut self) {
        tokio::select! {
            biased;
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

/// Resolves at SIGINT, at SIGTERM and, where wanted, when standard input ends: so a child ends with
/// its parent, however that ends. Has to be called where tokio runs.
///
/// # Errors
/// The system gives no signals, or no thread.
pub fn asked_to_stop(when_stdin_ends: bool) -> io::Result<BoxFuture<'static, ()>> {
    let mut signals = StopSignals::listen()?;
    let stdin_ended = match when_stdin_ends {
        true => stdin_ended()?,
        false => pending().boxed(),
    };
    Ok(async move {
        tokio::select! {
            biased;
            () = signals.wait() => {}
            () = stdin_ended => {}
        }
    }
    .boxed())
}

/// Reads standard input away on a thread of its own, which doesn't keep the process from ending.
fn stdin_ended() -> io::Result<BoxFuture<'static, ()>> {
    let (tell, ended) = oneshot::channel();
    let drain = move || {
        let mut ignored = [0; 256];
        while matches!(io::stdin().read(&mut ignored), Ok(1..)) {}
        // Nobody listens when the program is ending already.
        let _ = tell.send(());
    };
    thread::Builder::new()
        .name("stdin".to_owned())
        .spawn(drain)?;
    Ok(ended.map(|_| ()).boxed())
}
