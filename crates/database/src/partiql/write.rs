//! Statements that write: each is one action on one item.

use super::Misfit;
use crate::Database;
use crate::keys::{self, ItemKey, KeyError};
use crate::operations::leaves_key;
use crate::table::Table;
use crate::write::{Action, Change, Guard, ITEM_BYTES_MAX, PUT_TOO_LARGE, UPDATE_TOO_LARGE};
use expression::partiql::{Lowering, Returning, Source, Statement, StatementError, pinned_key};
use expression::{Condition, ConditionNode, Path, Update};
use item::{Map, Stored};
use std::sync::Arc;

/// A statement that writes.
#[derive(Debug)]
pub(crate) struct WriteStatement {
    /// The table.
    pub(crate) source: Source,
    /// What is answered of the item.
    pub(crate) returning: Option<Returning>,
    kind: Kind,
    condition: Option<Condition>,
}

#[derive(Debug)]
enum Kind {
    Insert(Map),
    Update(Update),
    Delete,
    Check,
}

impl WriteStatement {
    /// Puts the parameters into a statement.
    ///
    /// # Errors
    /// What is wrong with it, whatever its table.
    pub(super) fn new(statement: Statement, lowering: &Lowering) -> Result<Self, StatementError> {
        let (source, kind, condition, returning) = match statement {
            Statement::Insert(insert) => {
                (insert.source, Kind::Insert(lowering.item(&insert.item)?), None, None)
            }
            Statement::Update(update) => {
                let kind = Kind::Update(lowering.update(&update.changes)?);
                (update.source, kind, update.condition, update.returning)
            }
            Statement::Delete(delete) => (delete.source, Kind::Delete, delete.condition, delete.returning),
            Statement::Exists(select) | Statement::Select(select) => {
                (select.source, Kind::Check, select.condition, None)
            }
        };
        let condition = condition.map(|condition| lowering.condition(&condition)).transpose()?;
        Ok(Self { source, returning, kind, condition })
    }

    /// Whether it puts a new item.
    pub(crate) fn is_insert(&self) -> bool {
        matches!(self.kind, Kind::Insert(_))
    }

    /// Whether it only checks a condition.
    pub(crate) fn is_check(&self) -> bool {
        matches!(self.kind, Kind::Check)
    }

    /// The action that it is on its table.
    ///
    /// # Errors
    /// Why it is none.
    pub(crate) fn action(&self, database: &Database, table: Arc<Table>) -> Result<Action, Misfit> {
        if self.source.index.is_some() {
            return Err(Misfit::Statement("This operation is not supported on an index".into()));
        }
        match &self.kind {
            Kind::Insert(item) => insert(database, table, item),
            _ => self.on_pinned(database, table),
        }
    }

    /// The action on the item whose key the condition pins.
    fn on_pinned(&self, database: &Database, table: Arc<Table>) -> Result<Action, Misfit> {
        if let Kind::Update(update) = &self.kind {
            leaves_key(&table, update).map_err(|text| Misfit::Statement(text.into()))?;
        }
        let names: Vec<&str> =
            keys::attributes(&table.keys).map(|attribute| attribute.name.as_str()).collect();
        let pinned = pinned_key(self.condition.clone(), &names);
        let (key, rest) = match pinned {
            Err(StatementError::KeyOpen) if self.is_check() => return Err(Misfit::Statement(CHECK.into())),
            pinned => pinned?,
        };
        let item_key = table_key(database, &table, &key)?.recorded(&table, &key);
        let exists = |there: bool| {
            let path = Path::attribute(names.first().copied().unwrap_or_default());
            if there { ConditionNode::Exists(path) } else { ConditionNode::NotExists(path) }
        };
        let (change, guard) = match (&self.kind, rest) {
            (Kind::Update(update), rest) => {
                if update.request_charge() > ITEM_BYTES_MAX {
                    return Err(Misfit::Statement(UPDATE_TOO_LARGE.into()));
                }
                let condition = match rest {
                    None => exists(true),
                    Some(rest) => ConditionNode::And(vec![exists(true), rest]),
                };
                let update = Some(update.clone());
                (Change::Update { update, key }, Guard::Condition(condition))
            }
            (Kind::Check, None) => return Err(Misfit::Statement(CHECK.into())),
            (Kind::Check, Some(rest)) => (Change::Check, Guard::Condition(rest)),
            (_, None) => (Change::Delete, Guard::None),
            // What is not there need not be deleted.
            (_, Some(rest)) => {
                (Change::Delete, Guard::Condition(ConditionNode::Or(vec![exists(false), rest])))
            }
        };
        Ok(Action { table, key: item_key, change, guard })
    }
}

const CHECK: &str = "EXISTS() must contain a single item read with additional condition";

fn insert(database: &Database, table: Arc<Table>, item: &Map) -> Result<Action, Misfit> {
    let item = Stored::encode(item);
    let key = ItemKey::of_put(&table, database.hasher, &item)
        .map_err(|error| Misfit::Key(error.of_put()))?
        .recorded_put(&table, &item);
    if item.size() > ITEM_BYTES_MAX {
        return Err(Misfit::Statement(PUT_TOO_LARGE.into()));
    }
    let partition = table.keys.partition.first().map(|attribute| attribute.name.clone());
    let guard = ConditionNode::NotExists(Path::attribute(partition.unwrap_or_default()));
    Ok(Action { table, key, change: Change::Put(item), guard: Guard::Condition(guard) })
}

/// The item that a pinned key names.
///
/// # Errors
/// When the table has no such keys.
pub(crate) fn table_key(database: &Database, table: &Table, key: &Map) -> Result<ItemKey, Misfit> {
    ItemKey::of_key(table, database.hasher, key).map_err(|error| match error {
        KeyError::Type { name, .. } => StatementError::KeyType(name.into_string()).into(),
        error => Misfit::Key(error.of_lookup()),
    })
}
