//! The items of an object, read beside the tasks: pieces go in, batches of items come out.
//!
//! Both ways are bounded, so that no more of an object is in memory than a few pieces and batches.

use crate::objects::{Bucket, ObjectError, Objects};
use bytes::Bytes;
use environment::Background;
use item::Stored;
use std::io::{self, Read};
use std::sync::Arc;
use tokio::sync::{mpsc, oneshot};
use transfer::{BadRecord, Items, Source};

/// A batch has at most this many items, and about this many bytes of them.
pub(super) const BATCH_ITEMS: usize = 100;
const BATCH_BYTES: usize = 1 << 20;

/// Items in the order of the object, and what is wrong with others.
#[derive(Default)]
pub(super) struct Batch {
    pub(super) items: Vec<(u64, Stored)>,
    pub(super) bad: Vec<BadRecord>,
    /// The bytes of the records, without compression.
    pub(super) bytes: u64,
    /// Why nothing more of the object can be read.
    pub(super) end: Option<String>,
}

/// Reads an object. The task that is answered ends when the object has, and says how that went.
pub(super) fn read(
    objects: Arc<dyn Objects>,
    (bucket, account): (String, String),
    key: String,
    source: Source,
    background: Background,
) -> (mpsc::Receiver<Batch>, environment::JoinHandle<Result<(), ObjectError>>) {
    let (pieces, from_object) = mpsc::channel(4);
    let (batches, answer) = mpsc::channel(2);
    let (ended, end) = oneshot::channel();
    let parsed = environment::spawn_thread("import", move || {
        let parse = || parse(Pieces::new(from_object), &source, &batches);
        let _ = ended.send(background.caught_blocking("reading of an import", parse));
    });
    let pump = environment::spawn(async move {
        parsed.map_err(|error| ObjectError::Failed(error.to_string()))?;
        let mut object = objects.open(Bucket { name: &bucket, account: &account }, &key).await?;
        while let Some(piece) = object.read().await? {
            // Nobody reads on behind damage.
            if pieces.send(Some(piece)).await.is_err() {
                break;
            }
        }
        // Told apart from a pump that failed: an object that is cut off is not taken for a whole one.
        let _ = pieces.send(None).await;
        // Nor is one whose reader has panicked.
        end.await.ok().flatten().ok_or_else(|| ObjectError::Failed("its reader failed".to_owned()))
    });
    (answer, pump)
}

fn parse(pieces: Pieces, source: &Source, batches: &mpsc::Sender<Batch>) {
    let mut items = Items::new(pieces, source);
    let mut seen_bytes = 0;
    loop {
        let (mut batch, mut bytes, mut more) = (Batch::default(), 0, true);
        while more && batch.items.len() + batch.bad.len() < BATCH_ITEMS && bytes < BATCH_BYTES {
            match items.read() {
                Ok(Some(Ok(item))) => {
                    bytes += item.as_bytes().len();
                    batch.items.push((items.line(), item));
                }
                Ok(Some(Err(bad))) => batch.bad.push(bad),
                Ok(None) => more = false,
                Err(error) => {
                    batch.end = Some(error.to_string());
                    more = false;
                }
            }
        }
        batch.bytes = items.bytes() - seen_bytes;
        seen_bytes = items.bytes();
        if batches.blocking_send(batch).is_err() || !more {
            return;
        }
    }
}

/// The pieces of an object as one.
struct Pieces {
    from: mpsc::Receiver<Option<Bytes>>,
    piece: Bytes,
    is_over: bool,
}

impl Pieces {
    fn new(from: mpsc::Receiver<Option<Bytes>>) -> Self {
        Self { from, piece: Bytes::new(), is_over: false }
    }
}

impl Read for Pieces {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        while self.piece.is_empty() && !self.is_over {
            match self.from.blocking_recv() {
                Some(Some(piece)) => self.piece = piece,
                Some(None) => self.is_over = true,
                None => return Err(io::Error::other("the rest of the object could not be read")),
            }
        }
        let count = self.piece.len().min(out.len());
        out[..count].copy_from_slice(&self.piece.split_to(count));
        Ok(count)
    }
}
