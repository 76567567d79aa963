//! One item in a document of its own, such as a line of an export or an item of an answer.

use super::decode::Values;
use crate::error::ApiError;
use crate::json::Reader;
use crate::layer::Layer;
use crate::member::{list, request};
use item::Stored;

/// Reads an object of which one member is an item in DynamoDB's JSON, such as `{"Item":{...}}`; `None` where
/// there is no such member. Members of other names are passed over.
///
/// # Errors
/// When the document is no JSON object, or the item is none that a table could hold.
pub fn item_of_document(document: &[u8], member: &str) -> Result<Option<Stored>, ApiError> {
    let (mut values, mut item) = (Values::new(), None);
    request(document, |reader, name| {
        if name == member {
            item = values.item(reader)?;
        } else {
            reader.skip()?;
        }
        Ok(())
    })?;
    values.check(Layer::OLD)?;
    Ok(item)
}

/// Reads an object of which one member is a list of items, such as the answer of a Scan: the items, and the JSON
/// of the member that is called `next`, if it is there.
///
/// # Errors
/// When the document is no JSON object, or an item is none that a table could hold.
pub fn items_of_document(
    document: &[u8],
    member: &str,
    next: &str,
) -> Result<(Vec<Stored>, Option<String>), ApiError> {
    let (mut values, mut items, mut cursor) = (Values::new(), Vec::new(), None);
    request(document, |reader, name| {
        if name == member {
            let read = list(reader, |reader: &mut Reader<'_>| values.item(reader))?;
            items = read.into_iter().flatten().flatten().collect();
        } else if name == next {
            reader.peek()?;
            let start = reader.position();
            reader.skip()?;
            cursor = Some(reader.since(start).to_owned()).filter(|text| text != "null");
        } else {
            reader.skip()?;
        }
        Ok(())
    })?;
    values.check(Layer::OLD)?;
    Ok((items, cursor))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::write_map;

    fn shown(item: &Stored) -> String {
        let mut out = Vec::new();
        write_map(&mut out, &item.decode().unwrap());
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn an_item_is_found_among_other_members() {
        let item = item_of_document(br#" {"x":[1,{}],"Item":{"pk":{"S":"a"}},"y":null} "#, "Item");
        assert_eq!(shown(&item.unwrap().unwrap()), r#"{"pk":{"S":"a"}}"#);
        assert_eq!(item_of_document(br#"{"pk":{"S":"a"}}"#, "Item"), Ok(None));
        assert_eq!(item_of_document(br#"{"Item":null}"#, "Item"), Ok(None));
        for refused in [
            &b"[]"[..],
            b"",
            b"{\"Item\":{\"pk\":{\"S\":\"a\"}}",
            b"{\"Item\":{\"pk\":{\"N\":\"x\"}}}",
            b"{\"Item\":{\"pk\":{\"SS\":[]}}}",
            b"{\"Item\":{\"pk\":{\"S\":\"a\"}}} {}",
        ] {
            assert!(item_of_document(refused, "Item").is_err(), "{}", refused.escape_ascii());
        }
    }

    #[test]
    fn a_page_is_its_items_and_its_cursor() {
        let page = br#"{"Count":2,"Items":[{"pk":{"S":"a"}},{"pk":{"S":"b"}}], "LastEvaluatedKey" : {"pk":{"S":"b"}} }"#;
        let (items, next) = items_of_document(page, "Items", "LastEvaluatedKey").unwrap();
        assert_eq!(
            items.iter().map(shown).collect::<Vec<_>>(),
            [r#"{"pk":{"S":"a"}}"#, r#"{"pk":{"S":"b"}}"#]
        );
        assert_eq!(next.as_deref(), Some(r#"{"pk":{"S":"b"}}"#));
        assert_eq!(items_of_document(b"{\"Items\":[]}", "Items", "LastEvaluatedKey"), Ok((Vec::new(), None)));
        assert!(items_of_document(b"{\"Items\":[{\"a\":{}}]}", "Items", "LastEvaluatedKey").is_err());
    }
}
