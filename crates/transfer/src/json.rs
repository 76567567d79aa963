//! DynamoDB JSON: a line for each item.

use item::stored::write_json;
use item::{CorruptItem, Stored};
use wire::value::item_of_document;

/// Reads a line.
pub(crate) fn read_line(line: &[u8]) -> Result<Stored, String> {
    match item_of_document(line, "Item") {
        Ok(Some(item)) => Ok(item),
        Ok(None) => Err("there is no member Item".into()),
        Err(error) => Err(error.message().unwrap_or("it is not JSON as DynamoDB writes it").to_owned()),
    }
}

/// Writes an item as a line.
pub(crate) fn write_line(out: &mut Vec<u8>, item: &Stored) -> Result<(), CorruptItem> {
    out.extend_from_slice(b"{\"Item\":");
    write_json(item.as_bytes(), out)?;
    out.extend_from_slice(b"}\n");
    Ok(())
}
