//! What a SELECT reads: parts of partitions where its condition pins some, else everything.

use super::ReadStatement;
use crate::Database;
use crate::keys::{self, push_value};
use crate::read::{Parts, Selection, Source, Span, StartError, damaged, start_key, write_item};
use crate::table::{IndexKind, KeyAttribute, Table};
use expression::partiql::{Branch, StatementError, branches, column_name};
use expression::{Attributes, KeyCondition, Path, Projection, RangeCondition, ValueRef};
use item::{Map, Stored, Value};
use std::cmp::Ordering;
use std::sync::Arc;
use store::Direction;
use wire::ApiError;
use wire::json::ObjectWriter;

/// A SELECT on its table.
#[derive(Debug)]
pub(crate) struct ReadPlan {
    /// What is read.
    pub(crate) parts: Parts,
    /// What is answered of each item; everything without it.
    pub(crate) columns: Option<Vec<(String, Path)>>,
}

impl ReadPlan {
    /// What a statement reads of its table.
    ///
    /// # Errors
    /// When table or index cannot be read so.
    pub(crate) fn new(
        database: &Database,
        table: Arc<Table>,
        statement: ReadStatement,
        consistent: bool,
    ) -> Result<ReadPlan, ApiError> {
        let ReadStatement { source, columns, condition, order } = statement;
        let source = source_of(table, source.index.as_deref(), consistent)?;
        let (partition, sort) = (&source.schema().partition[0], source.schema().sort.first());
        let refused = |error: StatementError| ApiError::validation(error.to_string());
        let pinned = match &condition {
            None if !order.is_empty() => return Err(refused(StatementError::OrderWithoutWhere)),
            None => None,
            Some(condition) => {
                branches(condition, borrowed(partition), sort.map(borrowed)).map_err(refused)?
            }
        };
        let terms: Vec<(&Path, bool)> = order.iter().map(|term| (&term.path, term.descending)).collect();
        let order = Order::new(&terms, partition, sort, pinned.as_deref()).map_err(refused)?;
        let keyed = pinned.is_some();
        let spans = match pinned {
            None => vec![Span::of_hashes(0, u128::MAX)],
            Some(branches) => {
                check_values(&branches, partition, sort)?;
                spans(database, branches, &order)?
            }
        };
        require_projected(&source, columns.as_deref())?;
        let names = columns.iter().flatten().map(|path| path.root.clone());
        let projection = columns.is_some().then(|| Projection::of_attributes(names));
        let mut selection = Selection::new(&source, None, projection, condition)?;
        if keyed {
            selection.require_filter_held(&source)?;
        } else if source.can_fetch() && selection.require_filter_held(&source).is_err() {
            selection.fetch = true;
        }
        let columns = columns.map(named);
        let parts = Parts { source, spans, limit: usize::MAX, selection, consistent };
        Ok(ReadPlan { parts, columns })
    }

    /// Leaves out what an earlier page has read: all parts before this one, and of it what lies up to this key.
    ///
    /// # Errors
    /// When there is no such place.
    pub(crate) fn resume(&mut self, database: &Database, (part, key): (usize, &Map)) -> Result<(), ApiError> {
        let invalid = |_: StartError| ApiError::validation("Invalid NextToken");
        let start = start_key(&self.parts.source, database.hasher, key).map_err(invalid)?;
        for (at, span) in self.parts.spans.iter_mut().enumerate() {
            match at.cmp(&part) {
                Ordering::Less => *span = Span::nothing(),
                Ordering::Equal => *span = span.clone().after(start.clone()),
                Ordering::Greater => {}
            }
        }
        Ok(())
    }
}

/// The table or its index, with what statements are told where it cannot be read.
fn source_of(table: Arc<Table>, index: Option<&str>, consistent: bool) -> Result<Source, ApiError> {
    let found = index.map(|name| table.indexes.iter().find(|index| index.name == name));
    if matches!(found, Some(None)) {
        return Err(ApiError::validation("The table does not have the specified index"));
    }
    let is_global = found.flatten().is_some_and(|index| index.kind == IndexKind::Global);
    let source = Source::new(table, index, false, "Query")?;
    let schema = source.schema();
    if schema.partition.len() != 1 || schema.sort.len() > 1 {
        return Err(ApiError::validation(
            "PartiQL statements cannot be executed on tables with multi-attribute HASH keys or multi-attribute RANGE \
             keys.",
        ));
    }
    if consistent && is_global {
        return Err(ApiError::validation(
            "Strongly consistent read is not supported on Global Secondary Indexes",
        ));
    }
    Ok(source)
}

fn borrowed(attribute: &KeyAttribute) -> expression::KeyAttribute<'_> {
    expression::KeyAttribute { name: &attribute.name, kind: attribute.kind }
}

/// The order in which parts and their items are read.
struct Order {
    /// How the partitions are ordered: as written, without it.
    partitions: Option<Direction>,
    /// How a partition is ordered.
    direction: Direction,
}

impl Order {
    fn new(
        terms: &[(&Path, bool)],
        partition: &KeyAttribute,
        sort: Option<&KeyAttribute>,
        branches: Option<&[Branch]>,
    ) -> Result<Order, StatementError> {
        let mut order = Order { partitions: None, direction: Direction::Forward };
        if terms.is_empty() {
            return Ok(order);
        }
        let is = |path: &Path, key: &KeyAttribute| path.is_attribute() && path.root == key.name;
        for (place, (path, descending)) in terms.iter().enumerate() {
            let direction = if *descending { Direction::Backward } else { Direction::Forward };
            if is(path, partition) {
                order.partitions = Some(direction).filter(|_| place == 0);
            } else if sort.is_some_and(|sort| is(path, sort)) {
                order.direction = direction;
            } else {
                return Err(StatementError::OrderOutsideKey(column_name(path)));
            }
        }
        let Some(branches) = branches else { return Err(StatementError::OrderWithoutPartition) };
        let first = branches.first().map(|branch| &branch.keys.partition);
        let several = branches.iter().any(|branch| Some(&branch.keys.partition) != first);
        if several && order.partitions.is_none() {
            return Err(StatementError::OrderNeedsPartition);
        }
        order.partitions.get_or_insert(Direction::Forward);
        Ok(order)
    }
}

/// Refuses values that no key has.
fn check_values(
    branches: &[Branch],
    partition: &KeyAttribute,
    sort: Option<&KeyAttribute>,
) -> Result<(), ApiError> {
    let size = |attribute: &KeyAttribute, value: &Value| {
        push_value(attribute, Some(value), &mut Vec::new()).required(attribute)
    };
    for Branch { keys, .. } in branches {
        let partitions = keys.partition.iter().map(|value| Ok([size(partition, value)?, 0]));
        let values = keys.sort.iter().chain(keys.range.iter().flat_map(RangeCondition::values));
        let sorts = values.filter_map(|value| Some(size(sort?, value).map(|size| [0, size])));
        for sizes in partitions.chain(sorts) {
            sizes
                .and_then(keys::check_sizes)
                .map_err(|error: keys::KeyError| ApiError::validation(error.of_lookup()))?;
        }
    }
    Ok(())
}

/// The parts as spans of keys, of which no two have a key in common.
fn spans(database: &Database, branches: Vec<Branch>, order: &Order) -> Result<Vec<Span>, ApiError> {
    let mut partitions: Vec<(KeyCondition, Vec<(Span, bool)>)> = Vec::new();
    for Branch { keys, exact } in branches {
        let span = Span::of_condition(&keys, database.hasher, order.direction);
        let exact = exact && (keys.range.is_some() || !keys.sort.is_empty());
        match partitions.iter_mut().find(|(other, _)| other.partition == keys.partition) {
            Some((_, spans)) => spans.push((span, exact)),
            None => partitions.push((keys, vec![(span, exact)])),
        }
    }
    if let Some(direction) = order.partitions {
        let value = |keys: &KeyCondition| keys.partition.first().cloned();
        partitions.sort_by(|(left, _), (right, _)| {
            let ordering = match (value(left), value(right)) {
                (Some(left), Some(right)) => left.compare_same_kind(&right).unwrap_or(Ordering::Equal),
                _ => Ordering::Equal,
            };
            if direction == Direction::Backward { ordering.reverse() } else { ordering }
        });
    }
    let mut all = Vec::new();
    for (keys, spans) in partitions {
        all.extend(apart(database, &keys, spans, order)?);
    }
    Ok(all)
}

/// The spans of one partition.
fn apart(
    database: &Database,
    keys: &KeyCondition,
    mut spans: Vec<(Span, bool)>,
    order: &Order,
) -> Result<Vec<Span>, ApiError> {
    if spans.len() > 1 && spans.iter().any(|(_, exact)| !exact) {
        // Of these something is known only of the whole partition.
        let whole = KeyCondition { sort: Vec::new(), range: None, ..keys.clone() };
        return Ok(vec![Span::of_condition(&whole, database.hasher, order.direction)]);
    }
    for (place, (span, _)) in spans.iter().enumerate() {
        if spans[..place].iter().any(|(other, _)| other.meets(span)) {
            return Err(ApiError::validation(
                "Overlapping conditions with range keys are not supported in where clause",
            ));
        }
    }
    if order.partitions.is_some() {
        spans.sort_by(|(left, _), (right, _)| left.lowest().cmp(right.lowest()));
        if order.direction == Direction::Backward {
            spans.reverse();
        }
    }
    Ok(spans.into_iter().map(|(span, _)| span).collect())
}

/// Refuses columns that a global index does not hold, in the order written.
fn require_projected(source: &Source, columns: Option<&[Path]>) -> Result<(), ApiError> {
    let (Some(index), Some(columns), false) = (source.index(), columns, source.can_fetch()) else {
        return Ok(());
    };
    let lacking: Vec<&str> =
        columns.iter().map(|path| path.root.as_str()).filter(|name| !source.holds(name)).collect();
    if lacking.is_empty() {
        return Ok(());
    }
    Err(ApiError::validation(format!(
        "One or more parameter values were invalid: Global secondary index {} does not project [{}]",
        index.name,
        lacking.join(", ")
    )))
}

/// The columns by their names; of several of one name, the last.
pub(crate) fn named(columns: Vec<Path>) -> Vec<(String, Path)> {
    let mut named: Vec<(String, Path)> = Vec::with_capacity(columns.len());
    for path in columns {
        let name = column_name(&path);
        named.retain(|(other, _)| *other != name);
        named.push((name, path));
    }
    named
}

/// Writes the columns of an item.
///
/// # Errors
/// When its bytes are damaged.
pub(crate) fn write_columns(
    out: &mut Vec<u8>,
    item: &Stored,
    columns: Option<&[(String, Path)]>,
) -> Result<(), ApiError> {
    let Some(columns) = columns else { return write_item(out, item) };
    let mut object = ObjectWriter::new(out);
    for (name, path) in columns {
        if let Some(ValueRef::Stored(value)) = item.at(path) {
            value.write_json(object.key(name)).map_err(damaged)?;
        }
    }
    object.end();
    Ok(())
}
