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
            Err(error) if error.is_refusal() => self.refused(batch, error).await,
            // Refused for another reason, as where the server has too much to do: that says nothing of the items.
            Err(error) => Err(error.into()),
        }
    }

    /// One of a batch can never be put, and all of them were refused with it: which?
    async fn refused(&mut self, batch: &[Request], error: CallError) -> anyhow::Result<()> {
        if let ([request], CallError::Refused { message, .. }) = (batch, error) {
            let bad = Event::Bad(request.origin.clone(), message);
            return self.events.send(bad).await.map_err(|_| anyhow!("the import is over"));
        }
        for request in batch {
            Box::pin(self.write(std::slice::from_ref(request))).await?;
        }
        Ok(())
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::place::Place;
    use environment::Clock;
    use std::io::{Read as _, Write as _};
    use std::net::TcpListener;

    /// What is told of one item where the server refuses it with this error.
    async fn told(code: &str) -> Event {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
        let body = format!("{{\"__type\":\"com.amazonaws.dynamodb.v20120810#{code}\",\"message\":\"why\"}}");
        let answer = format!("HTTP/1.1 400 Bad Request\r\ncontent-length: {}\r\n\r\n{body}", body.len());
        environment::spawn_thread("server", move || {
            let (mut client, _) = listener.accept().unwrap();
            assert!(client.read(&mut [0; 4096]).unwrap() > 0);
            client.write_all(answer.as_bytes()).unwrap();
        })
        .unwrap();
        let (region, account) = ("us-east-1".to_owned(), "000000000000".to_owned());
        let place = Place { endpoint, region, account, keys: None, authorities: None };
        let (events, mut told) = mpsc::channel(1);
        let writer = Writer { remote: Remote::new(place, Clock::system()), table: "dogs".to_owned(), events };
        let (batches, received) = mpsc::channel(1);
        let request = Request { origin: "dogs.json:7".to_owned(), json: b"{}".to_vec() };
        assert!(batches.send(vec![request]).await.is_ok());
        drop(batches);
        writer.run(received).await;
        told.recv().await.unwrap()
    }

    #[tokio::test]
    async fn an_item_is_bad_where_it_is_refused_for_what_it_is() {
        let Event::Bad(origin, why) = told("ValidationException").await else { panic!("it is not bad") };
        assert_eq!((origin.as_str(), why.as_str()), ("dogs.json:7", "why"));
        for code in ["AccessDeniedException", "ResourceNotFoundException"] {
            let Event::Failed(error) = told(code).await else { panic!("{code} is not of the item") };
            assert!(error.to_string().contains(code), "{error}");
        }
    }
}
