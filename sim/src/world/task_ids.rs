//! tokio numbers its tasks for the whole process, and spreads the list of a runtime's tasks over
//! shards by that number: when a host crashes, its tasks are dropped shard by shard. A world is
//! the same again only if it begins at the same place of that circle.

/// More shards than any runtime here has.
const CIRCLE: u64 = 64;

/// Goes on to the same place of the circle, so that the next world of this process is the same as
/// one in a new process that did this, too. Other threads must not spawn tasks meanwhile.
///
/// # Errors
/// The system gives no runtime.
pub fn align_task_ids() -> std::io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    runtime.block_on(async {
        loop {
            let id = tokio::spawn(async {}).id().to_string();
            // An id that is no number any more can't be aligned; `sim twice` would show it.
            let number = id.parse::<u64>().unwrap_or(CIRCLE - 1);
            if number % CIRCLE == CIRCLE - 1 {
                return;
            }
            tokio::task::yield_now().await;
        }
    });
    Ok(())
}
