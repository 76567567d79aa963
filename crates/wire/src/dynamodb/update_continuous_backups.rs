//! UpdateContinuousBackups.

use crate::error::ApiError;
use crate::json::{JsonError, Reader};
use crate::layer::{Constraints, Layer};
use crate::member::{boolean, integer, owned_string, request, structure};
use crate::operation::Operation;

/// Enables or disables point-in-time recovery.
#[derive(Clone, Debug)]
pub struct UpdateContinuousBackups {
    /// The table: a name or an ARN.
    pub table_name: String,
    /// On or off.
    pub enabled: bool,
    /// How far back, 1 to 35.
    pub recovery_period_days: Option<i32>,
}

#[derive(Default)]
struct Specification {
    enabled: Option<bool>,
    days: Option<i32>,
}

const SPECIFICATION: &str = "pointInTimeRecoverySpecification";

impl UpdateContinuousBackups {
    /// Reads the request.
    pub fn decode(body: &[u8]) -> Result<UpdateContinuousBackups, ApiError> {
        let (mut table_name, mut specification) = (None, None);
        request(body, |reader, name| {
            match name {
                "TableName" => table_name = owned_string(reader)?,
                "PointInTimeRecoverySpecification" => specification = read_specification(reader)?,
                _ => drop(reader.skip()?),
            }
            Ok(())
        })?;
        let mut constraints = Constraints::new(Layer::of(Operation::UpdateContinuousBackups));
        constraints.table_name(table_name.as_deref());
        constraints.required(SPECIFICATION, specification.as_ref());
        if let Some(given) = &specification {
            let enabled = "pointInTimeRecoverySpecification.pointInTimeRecoveryEnabled";
            constraints.required(enabled, given.enabled.as_ref());
            constraints.range("pointInTimeRecoverySpecification.recoveryPeriodInDays", given.days, 1, 35);
        }
        constraints.finish()?;
        let given = specification.unwrap_or_default();
        Ok(UpdateContinuousBackups {
            table_name: table_name.unwrap_or_default(),
            enabled: given.enabled.unwrap_or_default(),
            recovery_period_days: given.days,
        })
    }
}

fn read_specification(reader: &mut Reader<'_>) -> Result<Option<Specification>, JsonError> {
    let mut given = Specification::default();
    let present = structure(reader, |reader, name| {
        match name {
            "PointInTimeRecoveryEnabled" => given.enabled = boolean(reader)?,
            "RecoveryPeriodInDays" => given.days = integer(reader)?.map(|days| days.value),
            _ => drop(reader.skip()?),
        }
        Ok(())
    })?;
    Ok(present.map(|()| given))
}
