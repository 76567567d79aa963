//! Writing batches of items, and trying again what the server leaves.

use super::Event;
use crate::cli::remote::{CallError, Remote};
use anyhow::{anyhow, bail};
use bytes::Bytes;
use serde_json::Value;
use tokio::sync::mpsc;

/// How often what the server leaves is sent again.
const ATTEMPTS_MAX: u32 = 10;

/// The put of an item.
pub(super) struct Request {
    /// The file and the line that it comes from.
    pub(super) origin: String,
    /// The JSON of a request of a batch.
    pub(super) json: Vec<u8>,
}

/// Puts of different items.
pub(super) type Batch = Vec<Request>;

/// Writes the batches of one channel.
pub(super) struct Writer {
    pub(super) remote: Remote,
    pub(super) table: String,
    pub(super) events: mpsc::Sender<Event>,
}

impl Writer {
    pub(super) async fn run(mut self, mut batches: mpsc::Receiver<Batch>) {
        while let Some(batch) = batches.recv().await {
            if let Err(error) = self.write(&batch).await {
                // Where nobody listens any more, it is over anyway.
                drop(self.events.send(Event::Failed(error)).await);
                return;
            }
        }
    }

    async fn write(&mut self, batch: &[Request]) -> anyhow::Result<()> {
        match self.put(batch).await {
            Ok(()) => {
                let written = Event::Written(batch.len() as u64);
                self.events.send(written).await.map_err(|_| anyhow!("the import is over"))
            }
            Err(error) if error.is_refusal() && batch.len() > 1 => {
                // One of them is refused, and all of them with it.
                for request in batch {
                    Box::pin(self.write(std::slice::from_ref(request))).await?;
                }
                Ok(())
            }
            Err(CallError::Refused { message, .. }) if batch.len() == 1 => {
                let origin = batch.first().map(|request| request.origin.clone()).unwrap_or_default();
                let bad = Event::Bad(origin, message);
                self.events.send(bad).await.map_err(|_| anyhow!("the import is over"))
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Puts all of a batch.
    async fn put(&mut self, batch: &[Request]) -> Result<(), CallError> {
        let requests: Vec<&[u8]> = batch.iter().map(|request| request.json.as_slice()).collect();
        let mut body = self.body(&requests);
        for attempt in 1.. {
            let answer = self.remote.call("BatchWriteItem", body).await?;
            let Some(left) = self.left(&answer)? else { return Ok(()) };
            if attempt >= ATTEMPTS_MAX {
                return Err(anyhow!("the server leaves items unprocessed again and again").into());
            }
            self.remote.wait(attempt).await;
            let left: Vec<Vec<u8>> = left.iter().map(|request| request.to_string().into_bytes()).collect();
            body = self.body(&left.iter().map(Vec::as_slice).collect::<Vec<_>>());
        }
        Ok(())
    }

    fn body(&self, requests: &[&[u8]]) -> Bytes {
        let mut body = format!("{{\"RequestItems\":{{{}:[", Value::from(self.table.as_str())).into_bytes();
        body.extend_from_slice(&requests.join(&b","[..]));
        body.extend_from_slice(b"]}}");
        body.into()
    }

    /// The requests that were not processed; `None` where all were.
    fn left(&self, answer: &[u8]) -> anyhow::Result<Option<Vec<Value>>> {
        let answer: Value = serde_json::from_slice(answer)?;
        let Some(left) = answer["UnprocessedItems"].as_object() else {
            bail!("the answer to BatchWriteItem has no UnprocessedItems")
        };
        let requests = left.values().filter_map(Value::as_array).flatten().cloned().collect::<Vec<_>>();
        Ok((!requests.is_empty()).then_some(requests))
    }
}
