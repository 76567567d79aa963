//! Items in answers: stored bytes become JSON in one pass.

use expression::Projection;
use item::{CorruptItem, Stored};
use wire::ApiError;
use wire::json::ObjectWriter;

/// Writes a whole item.
///
/// # Errors
/// When its bytes are damaged.
pub(crate) fn write_item(out: &mut Vec<u8>, item: &Stored) -> Result<(), ApiError> {
    item::stored::write_json(item.as_bytes(), out).map_err(damaged)
}

/// Writes an item, or the parts of it that the projection names.
///
/// # Errors
/// When its bytes are damaged.
pub(crate) fn write_projected(
    out: &mut Vec<u8>,
    item: &Stored,
    projection: Option<&Projection>,
) -> Result<(), ApiError> {
    let Some(projection) = projection else { return write_item(out, item) };
    if !projection.is_top_level_only() {
        return write_item(out, &Stored::encode(&projection.apply_stored(item)));
    }
    let mut object = ObjectWriter::new(out);
    for name in projection.names() {
        if let Some(value) = item.attribute(name) {
            value.write_json(object.key(name)).map_err(damaged)?;
        }
    }
    object.end();
    Ok(())
}

/// The room that an item takes as JSON, roughly.
pub(crate) fn json_bytes(item: &Stored) -> usize {
    item::stored::json_bytes(item.as_bytes().len())
}

/// What is answered where an item's bytes are damaged.
pub(crate) fn damaged(error: CorruptItem) -> ApiError {
    tracing::error!(%error, "an item cannot be read");
    ApiError::internal_server_error(error.to_string())
}
