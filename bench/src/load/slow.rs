//! A connection that asks for megabytes, and hardly reads them.

use super::work::Work;
use crate::client::request;
use std::rc::Rc;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// Scans that are asked for at once: more than the operating system keeps of their answers.
const SCANS: usize = 16;

/// How much is read at a time, and how long it is until the next.
const PIECE_BYTES: usize = 2 << 10;
const PAUSE: Duration = Duration::from_millis(100);

/// Reads slowly until all is over; what the server ends is begun anew.
pub(super) async fn read(work: Rc<Work>) {
    let scans = request("DynamoDB_20120810.Scan", br#"{"TableName":"items"}"#).repeat(SCANS);
    while !work.is_over() {
        let Ok(mut stream) = TcpStream::connect(("127.0.0.1", work.port)).await else { return };
        if stream.write_all(&scans).await.is_err() {
            continue;
        }
        let mut piece = [0; PIECE_BYTES];
        while !work.is_over() && matches!(stream.read(&mut piece).await, Ok(1..)) {
            work.clock.sleep(PAUSE).await;
        }
    }
}
