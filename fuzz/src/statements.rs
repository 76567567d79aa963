//! PartiQL: statements parsed, lowered with one list of parameters, and run on one item, in both its forms, which
//! must agree; and the partitions that a read is narrowed to must hold every item that its condition lets through.

use crate::expressions::ITEM;
use expression::partiql::{Lowering, Select, Statement, branches, column_name, pinned_key};
use expression::{KeyAttribute, StoredUpdateError};
use item::{KeyKind, Map, Stored, Value};
use wire::dynamodb::GetItem;

/// Levels that an item may have.
const LEVELS_MAX: usize = 32;

/// See the module.
pub fn target(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let statement = match Statement::parse(text) {
        Ok(statement) => statement,
        Err(error) => return drop(error.to_string()),
    };
    let item = GetItem::decode(ITEM.as_bytes()).map(|get| get.key).unwrap_or_default();
    assert!(!item.is_empty(), "the item itself can be read");
    let lowering = Lowering::new(item.iter().map(|(_, value)| value.clone()));
    let _ = (statement.source(), statement.is_read());
    match statement {
        Statement::Select(select) | Statement::Exists(select) => read(text, &select, &lowering, &item),
        Statement::Insert(insert) => match lowering.item(&insert.item) {
            Ok(item) => {
                assert!(item.iter().all(|(_, value)| value.depth() <= LEVELS_MAX), "{text}");
                assert_eq!(Stored::encode(&item).decode(), Ok(item), "{text}");
            }
            Err(error) => drop(error.to_string()),
        },
        Statement::Update(update) => match lowering.update(&update.changes) {
            Ok(update) => {
                let tree = update.apply(&item).map(|updated| Stored::encode(&updated.item));
                let stored = update.apply_stored(&Stored::encode(&item));
                assert_eq!(stored, tree.map_err(StoredUpdateError::Update), "{text}");
            }
            Err(error) => drop(error.to_string()),
        },
        Statement::Delete(delete) => {
            let condition = delete.condition.map(|condition| lowering.condition(&condition));
            let Some(Ok(condition)) = condition else { return };
            if let Ok((key, rest)) = pinned_key(Some(condition.clone()), &["a", "b"]) {
                let pins = key.iter().all(|(name, value)| item.get(name) == Some(value));
                let holds = pins && rest.is_none_or(|rest| rest.matches(&item));
                assert_eq!(holds, condition.matches(&item), "{text}");
            }
        }
    }
}

fn read(text: &str, select: &Select, lowering: &Lowering, item: &Map) {
    let _: Vec<String> = select.columns.iter().flatten().map(column_name).collect();
    let Some(condition) = &select.condition else { return };
    let condition = match lowering.condition(condition) {
        Ok(condition) => condition,
        Err(error) => return drop(error.to_string()),
    };
    let holds = condition.matches(item);
    assert_eq!(holds, condition.matches(&Stored::encode(item)), "{text}");
    let key = |name, kind| KeyAttribute { name, kind };
    let found = branches(&condition, key("a", KeyKind::S), Some(key("b", KeyKind::N)));
    let Ok(Some(branches)) = found else { return };
    let here = |value: Option<&Value>, name: &str| value == item.get(name);
    let is_in = branches.iter().any(|branch| {
        let sort = branch.keys.sort.first().map(|value| &**value);
        here(branch.keys.partition.first().map(|value| &**value), "a") && (sort.is_none() || here(sort, "b"))
    });
    assert!(!holds || is_in, "{text} leaves out what it lets through");
}
