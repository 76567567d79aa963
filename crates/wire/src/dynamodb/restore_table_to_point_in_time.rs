//! RestoreTableToPointInTime.

use super::TABLE_ARN_LENGTH_MAX;
use super::restore_overrides::{Raw, RestoreOverrides};
use crate::error::ApiError;
use crate::layer::{Constraints, Layer};
use crate::member::{boolean, owned_string, request, timestamp_ms};
use crate::operation::Operation;

/// Makes a table of what another one held at a point in time.
#[derive(Clone, Debug)]
pub struct RestoreTableToPointInTime {
    /// The table, if it is named by its ARN.
    pub source_table_arn: Option<String>,
    /// The table, if it is named by its name.
    pub source_table_name: Option<String>,
    /// The new table's name.
    pub target_table_name: String,
    /// Whether the latest restorable time is meant.
    pub use_latest_restorable_time: bool,
    /// Another time, in milliseconds since the epoch.
    pub restore_date_time_ms: Option<i64>,
    /// What is otherwise than it was.
    pub overrides: RestoreOverrides,
}

impl RestoreTableToPointInTime {
    /// Reads the request.
    pub fn decode(body: &[u8]) -> Result<RestoreTableToPointInTime, ApiError> {
        let (mut arn, mut source, mut target, mut raw) = (None, None, None, Raw::default());
        let (mut latest, mut time_ms) = (None, None);
        request(body, |reader, name| {
            match name {
                "SourceTableArn" => arn = owned_string(reader)?,
                "SourceTableName" => source = owned_string(reader)?,
                "TargetTableName" => target = owned_string(reader)?,
                "UseLatestRestorableTime" => latest = boolean(reader)?,
                "RestoreDateTime" => time_ms = timestamp_ms(reader)?,
                _ => raw.member(reader, name)?,
            }
            Ok(())
        })?;
        let mut constraints = Constraints::new(Layer::of(Operation::RestoreTableToPointInTime));
        constraints.length("sourceTableArn", arn.as_deref(), 1, TABLE_ARN_LENGTH_MAX);
        constraints.plain_table_name("sourceTableName", source.as_deref());
        constraints.required("targetTableName", target.as_ref());
        constraints.plain_table_name("targetTableName", target.as_deref());
        let overrides = raw.check(&mut constraints);
        constraints.finish()?;
        Ok(RestoreTableToPointInTime {
            source_table_arn: arn,
            source_table_name: source,
            target_table_name: target.unwrap_or_default(),
            use_latest_restorable_time: latest == Some(true),
            restore_date_time_ms: time_ms,
            overrides,
        })
    }
}
