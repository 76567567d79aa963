//! UpdateTimeToLive.

use crate::error::ApiError;
use crate::json::{JsonError, Reader};
use crate::layer::{Constraints, Layer};
use crate::member::{boolean, owned_string, request, structure};
use crate::operation::Operation;

/// Sets whether, and by which attribute, items expire.
#[derive(Clone, Debug)]
pub struct UpdateTimeToLive {
    /// The table: a name or an ARN.
    pub table_name: String,
    /// On or off.
    pub enabled: bool,
    /// The attribute, 1 to 255 characters.
    pub attribute_name: String,
    /// How errors of this request are worded.
    pub layer: Layer,
}

#[derive(Default)]
struct Specification {
    enabled: Option<bool>,
    attribute_name: Option<String>,
}

impl UpdateTimeToLive {
    /// Reads the request.
    pub fn decode(body: &[u8]) -> Result<UpdateTimeToLive, ApiError> {
        let layer = Layer::of(Operation::UpdateTimeToLive);
        let (mut table_name, mut specification) = (None, None);
        request(body, |reader, name| {
            match name {
                "TableName" => table_name = owned_string(reader)?,
                "TimeToLiveSpecification" => specification = read_specification(reader)?,
                _ => drop(reader.skip()?),
            }
            Ok(())
        })?;
        let mut constraints = Constraints::new(layer);
        constraints.table_name(table_name.as_deref());
        constraints.required("timeToLiveSpecification", specification.as_ref());
        let (enabled, attribute_name) = match specification {
            Some(given) => (given.enabled, given.attribute_name),
            None => {
                constraints.finish()?;
                (None, None)
            }
        };
        constraints.required("timeToLiveSpecification.enabled", enabled.as_ref());
        constraints.required("timeToLiveSpecification.attributeName", attribute_name.as_ref());
        constraints.length("timeToLiveSpecification.attributeName", attribute_name.as_deref(), 1, 255);
        constraints.finish()?;
        Ok(UpdateTimeToLive {
            table_name: table_name.unwrap_or_default(),
            enabled: enabled.unwrap_or_default(),
            attribute_name: attribute_name.unwrap_or_default(),
            layer,
        })
    }
}

fn read_specification(reader: &mut Reader<'_>) -> Result<Option<Specification>, JsonError> {
    let mut given = Specification::default();
    let present = structure(reader, |reader, name| {
        match name {
            "Enabled" => given.enabled = boolean(reader)?,
            "AttributeName" => given.attribute_name = owned_string(reader)?,
            _ => drop(reader.skip()?),
        }
        Ok(())
    })?;
    Ok(present.map(|()| given))
}

#[cfg(test)]
mod tests;
