//! Head office fetches the closed day, as it would from any store.

use std::{net::SocketAddr, process::Stdio, time::Duration};

use tokio::time::timeout;

use crate::store::folder::RunFolder;

const PULL_TIMEOUT: Duration = Duration::from_secs(60);

/// Why the day isn't at head office.
#[derive(Debug, thiserror::Error)]
pub enum PullError {
    /// It can't be asked.
    #[error("head-office can't be started: {0}")]
    NotStarted(#[source] std::io::Error),
    /// It didn't get it.
    #[error("head-office pull failed ({status}): {said}")]
    Failed {
        /// Its exit status.
        status: String,
        /// What it wrote on stderr.
        said: String,
    },
    /// It takes too long.
    #[error("head-office pull took longer than {} s", PULL_TIMEOUT.as_secs())]
    TooLong,
}

/// Pulls the day from the hub into the run's folder.
///
/// # Errors
/// It can't be started, fails, or takes too long.
pub async fn pull(folder: &RunFolder, hub: SocketAddr) -> Result<(), PullError> {
    let home = folder.head_office();
    let stores = home.join("stores.toml");
    let text = format!("[[store]]\nid = \"0001\"\naddress = \"{hub}\"\n");
    std::fs::create_dir_all(&home)
        .and_then(|()| std::fs::write(&stores, text))
        .map_err(PullError::NotStarted)?;
    let mut command = super::program::command("head-office").map_err(PullError::NotStarted)?;
    let pulling = command
        .args(["pull", "--stores"])
        .arg(&stores)
        .arg("--lake")
        .arg(home.join("lake"))
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output();
    let output = timeout(PULL_TIMEOUT, pulling)
        .await
        .map_err(|_| PullError::TooLong)?;
    let output = output.map_err(PullError::NotStarted)?;
    match output.status.success() {
        true => Ok(()),
        false => Err(PullError::Failed {
            status: output.status.to_string(),
            said: String::from_utf8_lossy(&output.stderr).trim().to_owned(),
        }),
    }
}
