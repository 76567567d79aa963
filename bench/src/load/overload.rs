//! An overload: requests that say that they are large, and whose bodies do not come, until the server takes on no more bytes.

use super::work::Work;
use crate::client::head;
use anyhow::{Result, ensure};
use std::time::Duration;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

/// What is announced first: as many as the server's bytes of bodies under way are good for.
const LARGE_BYTES: usize = 16 << 20;
const LARGE: usize = 32;

/// What is announced then, again and again. What other requests hold in one moment is free in the next: only who goes on asking
/// gets the last of it.
const SMALLER_BYTES: [usize; 4] = [1 << 20, 64 << 10, 4 << 10, 512];
const AGAIN: Duration = Duration::from_millis(10);

/// The longest until the server takes on no more: less than it waits for a body.
const FULL_WITHIN: Duration = Duration::from_secs(15);

/// Keeps the server overloaded for so long.
pub(super) async fn run(work: &Work, lasts: Duration) -> Result<()> {
    let mut held = Vec::new();
    for _ in 0..LARGE {
        held.push(announce(work, LARGE_BYTES).await?);
    }
    let deadline = work.clock.machine() + FULL_WITHIN;
    while work.throttled() == 0 {
        ensure!(work.clock.machine() < deadline, "the server takes on more than it should");
        for bytes in SMALLER_BYTES {
            held.push(announce(work, bytes).await?);
        }
        work.clock.sleep(AGAIN).await;
    }
    work.clock.sleep(lasts).await;
    work.check()
}

/// A request that says how large it is, and sends no more than the beginning.
async fn announce(work: &Work, bytes: usize) -> Result<TcpStream> {
    let mut stream = TcpStream::connect(("127.0.0.1", work.port)).await?;
    let mut request = head("DynamoDB_20120810.BatchWriteItem", bytes);
    request.extend_from_slice(br#"{"RequestItems":"#);
    stream.write_all(&request).await?;
    Ok(stream)
}
