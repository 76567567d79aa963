//! Follows the streams of DynamoDB tables, AWS's or a compatible server's, without losing a change.
//!
//! A stream is a tree of shards that are closed, continued by others, and dropped after a day; its iterators
//! expire after minutes. A reader that is not careful at each of these points loses changes and does not know
//! it. This crate is careful at all of them:
//!
//! - A shard is read from its beginning once its parent has been read to the end, and never "from now on".
//! - A place in a shard is a sequence number. An iterator that has expired is asked for again there.
//! - Where changes were dropped before they were read, there is a [`Gap`]: always told, never passed over.
//!
//! [`Replica`] keeps a copy of a table: all items, then every change. Its state can be saved and taken up again.
//!
//! [`Consumer`] is one worker of a group that shares a stream through leases in a DynamoDB table: it survives the death
//! of any worker, balances shards, hands them over gracefully, and delivers each change at least once, in order for
//! each item.
//!
//! # Quick start
//!
//! With `tailwater serve --in-memory` on this machine, or the credentials of an account of AWS, a stream's ARN, and the crates
//! `aws-config`, `aws-sdk-dynamodb` and `aws-sdk-dynamodbstreams`:
//!
//! ```ignore
//! let config = aws_config::load_from_env().await;             // AWS_ENDPOINT_URL=http://localhost:4566
//! let tables = aws_sdk_dynamodb::Client::new(&config);
//! let streams = aws_sdk_dynamodbstreams::Client::new(&config);
//!
//! Consumer::new(aws::Sdk::new(tables, streams), stream_arn, "orders-consumers")
//!     .run(|batch: Batch| async move {
//!         for change in batch.changes.iter() {
//!             println!("{} {:?} {:?}", batch.shard_id, change.kind, change.keys);
//!         }
//!         Ok::<(), Infallible>(())
//!     })
//!     .await?;
//! ```
//!
//! Start it twice: the shards are shared. Kill one: the other goes on with its shards, where it was. The directory
//! `examples` has this and a copy of a table as programs.
//!
//! # What is inside
//!
//! Both are state machines without a call, a clock or a thread in them (see [`worker`] and [`replica::follower`]), which a simulation runs
//! through everything that can happen. The calls are made by a [`Transport`]; the one on AWS's SDK is
//! `aws::Sdk`, of the feature `aws-sdk`, which is on by default.

#[cfg(feature = "aws-sdk")]
pub mod aws;
pub mod backoff;
mod change;
mod consumer;
pub mod lease;
mod metrics;
mod missing;
mod patience;
mod reader;
pub mod replica;
mod sequence;
pub mod transport;
mod value;
pub mod worker;

pub use change::{Change, ChangeKind, Gap, GapReason};
pub use consumer::{Batch, Consumer, ConsumerError, Handler, Outcome};
pub use environment;
pub use metrics::{Counters, Counts, Measure, Metrics};
pub use reader::Position;
pub use replica::{LocalCopy, NoImage, Replica, ReplicaEvent, State};
pub use sequence::SequenceNumber;
pub use transport::{CallError, StartingPosition, Transport};
pub use value::{Item, Value};
pub use worker::Start;
