//! What is done with changes.

use crate::{Change, Gap};
use std::fmt::Display;
use std::sync::Arc;

/// Some changes of one shard, in order.
#[derive(Clone, Debug)]
pub struct Batch {
    /// The shard.
    pub shard_id: String,
    /// The changes.
    pub changes: Arc<[Change]>,
}

/// Does something with changes. A closure from [`Batch`] to a future of a result is one.
///
/// Each shard's changes come one batch at a time, in order; different shards' at the same time. A batch whose result
/// is an error, or whose handler panics, is given again after a while, and the shard does not go on before. After
/// a crash, or when a lease is lost, changes come again, to this worker or another: handling must bear it.
///
/// A type of its own is told of gaps, too:
///
/// ```
/// use tailwater_consumer::{Batch, Gap, Handler};
///
/// struct Audit;
///
/// impl Handler for Audit {
///     type Error = std::io::Error;
///
///     async fn changes(&self, batch: Batch) -> Result<(), std::io::Error> {
///         for change in batch.changes.iter() {
///             println!("{} {:?}", change.sequence_number, change.keys);
///         }
///         Ok(())
///     }
///
///     async fn gap(&self, gap: Gap) -> Result<(), std::io::Error> {
///         eprintln!("call somebody: {gap}");
///         Ok(())
///     }
/// }
/// ```
///
/// When the lease is lost while a batch is being handled, the future is dropped at its next `await`: another worker
/// is given the same changes.
pub trait Handler: Send + Sync + 'static {
    /// Why a batch could not be handled.
    type Error: Display + Send + 'static;

    /// Handles changes.
    fn changes(&self, batch: Batch) -> impl Future<Output = Result<(), Self::Error>> + Send;

    /// Changes may be missing at this place of the stream, because nobody read them before they were trimmed. It comes
    /// in order, between batches of its shard. By default it is logged as an error, and counted.
    fn gap(&self, gap: Gap) -> impl Future<Output = Result<(), Self::Error>> + Send {
        async move {
            tracing::error!(%gap, "a gap in the stream");
            Ok(())
        }
    }
}

impl<F, R, E> Handler for F
where
    F: Fn(Batch) -> R + Send + Sync + 'static,
    R: Future<Output = Result<(), E>> + Send,
    E: Display + Send + 'static,
{
    type Error = E;

    fn changes(&self, batch: Batch) -> impl Future<Output = Result<(), E>> + Send {
        self(batch)
    }
}
