//! Head office fetches the closed day, as it would from any store.

use std::net::SocketAddr;

use crate::store::{
    errand::{self, ErrandError},
    folder::{FolderError, RunFolder},
};

/// Why the day isn't at head office.
#[derive(Debug, thiserror::Error)]
pub enum PullError {
    /// It has no place.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// It didn't get it.
    #[error(transparent)]
    Errand(#[from] ErrandError),
}

/// Pulls the day from the hub into the run's folder.
///
/// # Errors
/// It can't be started, fails, or takes too long.
pub async fn pull(folder: &RunFolder, hub: SocketAddr) -> Result<(), PullError> {
    let home = folder.head_office();
    let stores = home.join("stores.toml");
    let text = format!("[[store]]\nid = \"0001\"\naddress = \"{hub}\"\n");
    folder.make(&home)?;
    folder.write(&stores, text)?;
    let lake = home.join("lake");
    let arguments = [
        "--stores".as_ref(),
        stores.as_os_str(),
        "--lake".as_ref(),
        lake.as_os_str(),
    ];
    errand::send("head-office", &["pull"], &arguments).await?;
    Ok(())
}
