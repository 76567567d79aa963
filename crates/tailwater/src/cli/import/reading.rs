//! Reading files: items become requests, and each goes to the writer of its key.

use super::Event;
use super::writing::{Batch, Request};
use anyhow::anyhow;
use item::{Name, Stored};
use std::collections::HashMap;
use std::fs::File;
use std::hash::{DefaultHasher, Hasher};
use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::sync::mpsc;
use transfer::{Items, Source};

/// A batch has at most so many items (AWS takes no more), and about so many bytes.
const BATCH_ITEMS: usize = 25;
const BATCH_BYTES: usize = 4 << 20;

/// A file.
pub(super) struct Input {
    pub(super) name: String,
    /// How long it is, where that is known.
    pub(super) bytes: Option<u64>,
    pub(super) source: Source,
}

/// What is gathered for one writer.
struct Pending {
    batches: mpsc::Sender<Batch>,
    batch: Batch,
    bytes: usize,
    /// Where in the batch the item of a key is.
    places: HashMap<Vec<u8>, usize>,
}

/// Reads files.
pub(super) struct Reading {
    keys: Arc<[Name]>,
    pending: Vec<Pending>,
    events: mpsc::Sender<Event>,
}

/// Nobody wants more.
struct Over;

impl Reading {
    pub(super) fn new(
        keys: Arc<[Name]>,
        writers: Vec<mpsc::Sender<Batch>>,
        events: mpsc::Sender<Event>,
    ) -> Self {
        let pending = |batches| Pending { batches, batch: Vec::new(), bytes: 0, places: HashMap::new() };
        Self { keys, pending: writers.into_iter().map(pending).collect(), events }
    }

    /// Reads all of them. Blocks.
    pub(super) fn run(mut self, inputs: Vec<Input>) {
        for input in inputs {
            if self.read(&input).is_err() {
                return;
            }
        }
        for pending in &mut self.pending {
            if pending.flush().is_err() {
                return;
            }
        }
    }

    fn tell(&self, event: Event) -> Result<(), Over> {
        self.events.blocking_send(event).map_err(|_| Over)
    }

    fn read(&mut self, input: &Input) -> Result<(), Over> {
        let count = Arc::new(AtomicU64::new(0));
        let file: Box<dyn Read + Send> = if input.name == "-" {
            Box::new(io::stdin())
        } else {
            match File::open(&input.name) {
                Ok(file) => Box::new(Counted { file, count: Arc::clone(&count) }),
                Err(error) => return self.fail(input, &error),
            }
        };
        let mut items = Items::new(file, &input.source);
        loop {
            match items.read() {
                Ok(None) => break,
                Err(error) => return self.fail(input, &error),
                Ok(Some(Err(bad))) => {
                    self.tell(Event::Bad(format!("{}:{}", input.name, bad.line), bad.reason))?;
                }
                Ok(Some(Ok(item))) => self.push(input, items.line(), &item)?,
            }
            if items.line().is_multiple_of(1_000) {
                self.tell(Event::Read(count.swap(0, Ordering::Relaxed)))?;
            }
        }
        self.tell(Event::Read(count.swap(0, Ordering::Relaxed)))
    }

    fn fail(&self, input: &Input, error: &io::Error) -> Result<(), Over> {
        self.tell(Event::Failed(anyhow!("cannot read {}: {error}", input.name)))?;
        Err(Over)
    }

    fn push(&mut self, input: &Input, line: u64, item: &Stored) -> Result<(), Over> {
        let origin = format!("{}:{line}", input.name);
        let mut key = Vec::new();
        for name in self.keys.iter() {
            let written = item.attribute(name).map(|value| value.write_json(&mut key));
            if !matches!(written, Some(Ok(()))) {
                return self.tell(Event::Bad(origin, format!("the key attribute {name} is missing")));
            }
        }
        let mut json = b"{\"PutRequest\":{\"Item\":".to_vec();
        if item::stored::write_json(item.as_bytes(), &mut json).is_err() {
            return self.tell(Event::Bad(origin, "the item cannot be written".into()));
        }
        json.extend_from_slice(b"}}");
        let mut hasher = DefaultHasher::new();
        hasher.write(&key);
        let writers = self.pending.len() as u64;
        let writer = usize::try_from(hasher.finish() % writers).unwrap_or_default();
        match self.pending.get_mut(writer) {
            Some(pending) => pending.push(key, Request { origin, json }),
            None => Err(Over),
        }
    }
}

impl Pending {
    fn push(&mut self, key: Vec<u8>, request: Request) -> Result<(), Over> {
        self.bytes += request.json.len();
        let place = *self.places.entry(key).or_insert(self.batch.len());
        match self.batch.get_mut(place) {
            // A batch may have an item of a key once: the last one.
            Some(earlier) => *earlier = request,
            None => self.batch.push(request),
        }
        if self.batch.len() >= BATCH_ITEMS || self.bytes >= BATCH_BYTES { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> Result<(), Over> {
        self.places.clear();
        self.bytes = 0;
        let batch = std::mem::take(&mut self.batch);
        if batch.is_empty() { Ok(()) } else { self.batches.blocking_send(batch).map_err(|_| Over) }
    }
}

/// A file of which it is known how much was read.
struct Counted {
    file: File,
    count: Arc<AtomicU64>,
}

impl Read for Counted {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read(out)?;
        self.count.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}
