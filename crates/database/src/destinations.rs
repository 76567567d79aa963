//! The Kinesis destinations of tables: at most one data stream takes a table's changes, each in the commit that makes it.
//!
//! A destination that is enabled or disabled is so when the operation answers, for every write that is acknowledged
//! afterwards. One that was disabled stays in the list, and is enabled again in its place.

use crate::Database;
use crate::caller::{Caller, Reply};
use crate::control::{TableChange, detached};
use crate::descriptor::{Destination, TableDescriptor};
use crate::table::{DestinationShard, DestinationTarget};
use serde_json::{Value, json};
use std::sync::Arc;
use streams::data_stream::record::Precision;
use wire::ApiError;
use wire::dynamodb::enumeration::{ApproximateCreationDateTimePrecision, Enumeration};

/// How many destinations of a table are shown: those disabled longest ago are forgotten.
const SHOWN_MAX: usize = 20;

impl Database {
    /// Changes the destinations of a table under the control lock, and answers what `change` does.
    pub(crate) async fn change_destinations(
        self: &Arc<Self>,
        caller: &Caller,
        table: String,
        change: impl FnOnce(&Database, &Caller, &mut TableDescriptor) -> Result<Value, ApiError> + Send + 'static,
    ) -> Result<Reply, ApiError> {
        let (database, caller) = (Arc::clone(self), caller.clone());
        let changed = async move {
            let control = database.control.lock().await;
            let mut table = database.catalog.entry(&caller, &table)?.descriptor.clone();
            let answer = change(&database, &caller, &mut table)?;
            database.change(&control, TableChange::fenced(table)).await?;
            Ok(Reply::json(&answer))
        };
        detached(changed).await
    }

    /// Where the changes of a table go, besides its stream.
    pub(crate) fn destination_target(&self, table: &TableDescriptor) -> Option<DestinationTarget> {
        let destination = table.active_destination()?;
        let stream = self.data_streams.of_arn(&destination.stream_arn)?;
        let open = stream.open_shards();
        let shards = open.iter().map(|shard| DestinationShard { last: shard.last, log: shard.log }).collect();
        Some(DestinationTarget { precision: destination.precision.unwrap_or_default(), shards })
    }
}

impl TableDescriptor {
    /// Puts a destination in the place of the one of its stream, or behind all others.
    pub(crate) fn put_destination(&mut self, destination: Destination) {
        self.destinations.retain(|other| other.stream_arn != destination.stream_arn);
        if self.destinations.len() >= SHOWN_MAX {
            self.destinations.remove(0);
        }
        self.destinations.push(destination);
    }
}

/// The members that all answers have.
pub(crate) fn answer(table: &TableDescriptor, stream_arn: &str, status: &str) -> Value {
    json!({ "TableName": table.name, "StreamArn": stream_arn, "DestinationStatus": status })
}

/// A destination as it is described.
pub(crate) fn describe(destination: &Destination) -> Value {
    let status = if destination.active { "ACTIVE" } else { "DISABLED" };
    let mut described = json!({ "StreamArn": destination.stream_arn, "DestinationStatus": status });
    if let Some(reason) = &destination.reason {
        described["DestinationStatusDescription"] = json!(reason);
    }
    if let Some(precision) = destination.precision {
        described["ApproximateCreationDateTimePrecision"] = json!(wired(precision).as_str());
    }
    described
}

/// A precision as it is stored.
pub(crate) fn stored(precision: ApproximateCreationDateTimePrecision) -> Precision {
    match precision {
        ApproximateCreationDateTimePrecision::Millisecond => Precision::Millisecond,
        ApproximateCreationDateTimePrecision::Microsecond => Precision::Microsecond,
    }
}

fn wired(precision: Precision) -> ApproximateCreationDateTimePrecision {
    match precision {
        Precision::Millisecond => ApproximateCreationDateTimePrecision::Millisecond,
        Precision::Microsecond => ApproximateCreationDateTimePrecision::Microsecond,
    }
}
