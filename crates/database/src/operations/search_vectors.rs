//! SearchVectors: the items of a vector index whose vectors are most similar to one.

use crate::Database;
use crate::caller::{Caller, Reply};
use crate::index::{projected, vector};
use crate::keys::{HASH_BYTES, push_value};
use crate::read::{Span, write_projected};
use crate::requests::Texts;
use crate::search::{Found, Nearest, Query};
use crate::table::{ELEMENT_BYTES, Index, IndexStatus, KeyAttribute, Table, Vectors};
use crate::write::store_failed;
use expression::{Literal, Projection, SearchClauses};
use item::{Name, Number, Stored, Value};
use std::sync::Arc;
use store::{AnySnapshot, Key, Range, Snapshot, Store};
use wire::ApiError;
use wire::dynamodb::SearchVectors;
use wire::dynamodb::enumeration::ReturnConsumedCapacity;

/// The least that a search is charged.
const REQUEST_BYTES_MIN: usize = 1024;

/// What is searched.
struct Search {
    table: Arc<Table>,
    index: Index,
    vectors: Vectors,
    query: Query,
    conditions: Vec<(Name, Literal)>,
    count: usize,
}

impl Database {
    /// Runs SearchVectors.
    pub(crate) fn search_vectors(&self, caller: &Caller, body: &[u8]) -> Result<Reply, ApiError> {
        let mut request = SearchVectors::decode(body)?;
        let (names, values) =
            (request.expression_attribute_names.take(), request.expression_attribute_values.take());
        let texts = Texts {
            search: request.search_condition_expression.as_deref(),
            projection: request.projection_expression.as_deref(),
            ..Texts::default()
        };
        let bound = self.bind(texts, names, values, request.layer)?;
        let elements = floats(&request.search_vector)?;
        let table = self.catalog.get(caller, &request.table_name)?;
        let (index, vectors) = searched(&table, &request.index_name)?;
        if elements.len() != vectors.dimensions {
            return Err(ApiError::validation(format!(
                "Input search vector dimension {} does not match vector index dimension {}",
                elements.len(),
                vectors.dimensions
            )));
        }
        check_conditions(index, vectors, bound.search.as_ref())?;
        let search = Search {
            index: index.clone(),
            vectors: vectors.clone(),
            query: Query::new(elements, vectors.distance),
            conditions: bound.search.map_or_else(Vec::new, |clauses| clauses.clauses().to_vec()),
            count: request.top_k,
            table,
        };
        self.search(&search, bound.projection.as_ref(), request.return_consumed_capacity)
    }

    fn search(
        &self,
        search: &Search,
        projection: Option<&Projection>,
        told: ReturnConsumedCapacity,
    ) -> Result<Reply, ApiError> {
        let snapshot = self.store.snapshot();
        let (nearest, bytes) = self.nearest(&snapshot, search)?;
        let mut body = b"{\"SearchResults\":[".to_vec();
        for (place, found) in nearest.iter().enumerate() {
            let view = view(&snapshot, search, found)?;
            body.extend_from_slice(if place > 0 { b",{\"Item\":" } else { b"{\"Item\":" });
            write_projected(&mut body, &view, projection)?;
            let score = serde_json::Value::from(search.query.score(found.rank));
            body.extend_from_slice(format!(",\"Score\":{score}}}").as_bytes());
        }
        body.push(b']');
        if told != ReturnConsumedCapacity::None {
            let bytes = bytes.max(REQUEST_BYTES_MIN);
            let capacity = format!(",\"ConsumedCapacity\":{{\"VectorSearchRequestBytes\":{bytes}.0}}");
            body.extend_from_slice(capacity.as_bytes());
        }
        body.push(b'}');
        Ok(Reply::new(body))
    }

    /// The nearest entries, and the bytes that were looked at.
    fn nearest(&self, snapshot: &AnySnapshot<'_>, search: &Search) -> Result<(Vec<Found>, usize), ApiError> {
        let (mut nearest, mut bytes) = (Nearest::new(search.count), 0);
        let hash = partition(search).map(|partition| self.hasher.hash(&partition));
        let span = hash.map_or_else(|| Span::of_hashes(0, u128::MAX), |hash| Span::of_hashes(hash, hash));
        let range =
            Range { space: search.index.space, from: span.from, to: span.to, direction: span.direction };
        let vector_bytes = ELEMENT_BYTES * search.vectors.dimensions;
        let walked = snapshot.range(&range, &mut |key, value| {
            bytes += value.value.len();
            if let Some(vector) = value.value.get(..vector_bytes)
                && passes(&search.conditions, || Stored::from_bytes(value.value.slice(vector_bytes..)))
            {
                nearest.offer(search.query.rank(vector), key);
            }
            true
        });
        walked.map_err(|error| store_failed(&error))?;
        Ok((nearest.into_sorted(), bytes))
    }
}

/// The vector as floats.
fn floats(elements: &[Option<Value>]) -> Result<Vec<f32>, ApiError> {
    let one = |element: &Option<Value>| match element {
        Some(Value::N(number)) => vector::float(&number.to_string()),
        _ => None,
    };
    elements.iter().map(one).collect::<Option<Vec<f32>>>().ok_or_else(|| {
        ApiError::validation(
            "Search vector contains invalid values. All values in the search vector must be a 32-bit floating-point \
             number attribute",
        )
    })
}

/// The index of this name, which must be one of vectors and be served.
fn searched<'t>(table: &'t Table, name: &str) -> Result<(&'t Index, &'t Vectors), ApiError> {
    let index = table.indexes.iter().find(|index| index.name == name);
    let index = index.filter(|index| index.status != IndexStatus::Deleting);
    let Some(index) = index else {
        return Err(ApiError::validation(format!("The table does not have the specified index: {name}")));
    };
    let Some(vectors) = &index.vectors else {
        return Err(ApiError::validation("SearchVectors operation not supported on this index type."));
    };
    if index.status == IndexStatus::Creating {
        return Err(ApiError::validation(format!("Cannot search backfilling vector index: {name}")));
    }
    Ok((index, vectors))
}

/// Holds the conditions against the search schema.
fn check_conditions(
    index: &Index,
    vectors: &Vectors,
    conditions: Option<&SearchClauses>,
) -> Result<(), ApiError> {
    let clauses = conditions.map_or(&[][..], SearchClauses::clauses);
    for (name, value) in clauses {
        let mut attributes = index.keys.partition.iter().chain(&vectors.filters);
        let Some(attribute) = attributes.find(|attribute| attribute.name == *name) else {
            return Err(ApiError::validation(format!(
                "SearchConditionExpression must not contain any attributes that is not in SearchSchema. Invalid \
                 attribute: {name}"
            )));
        };
        let (given, expected) = (value.type_name(), attribute.kind.as_str());
        if given != expected {
            return Err(ApiError::validation(format!(
                "Type of '{name}' attribute in SearchConditionExpression ({given}) does not match type in search \
                 schema ({expected})"
            )));
        }
    }
    let has = |attribute: &KeyAttribute| clauses.iter().any(|(name, _)| *name == attribute.name);
    if index.keys.partition.iter().all(has) {
        return Ok(());
    }
    Err(ApiError::validation("SearchConditionExpression must be provided when SearchSchema has a HASH key"))
}

/// The partition that is searched, in the bytes that are hashed; `None` where all of the index is.
fn partition(search: &Search) -> Option<Vec<u8>> {
    let attribute = search.index.keys.partition.first()?;
    let (_, value) = search.conditions.iter().find(|(name, _)| *name == attribute.name)?;
    let mut bytes = Vec::with_capacity(32);
    push_value(attribute, Some(value), &mut bytes);
    Some(bytes)
}

/// Whether an entry's attributes have the values asked for.
#[inline]
fn passes(conditions: &[(Name, Literal)], held: impl FnOnce() -> Stored) -> bool {
    if conditions.is_empty() {
        return true;
    }
    let held = held();
    conditions.iter().all(|(name, value)| {
        let Some(found) = held.attribute(name) else { return false };
        match &**value {
            Value::S(text) => found.as_str() == Some(text),
            Value::N(number) => found.as_number() == Some(*number),
            Value::B(bytes) => found.as_binary() == Some(bytes),
            _ => false,
        }
    })
}

/// What the index has of an item that was found: its vector is one of floats.
fn view(snapshot: &AnySnapshot<'_>, search: &Search, found: &Found) -> Result<Stored, ApiError> {
    let key = Key { space: search.table.space, bytes: found.key.slice(HASH_BYTES..) };
    let Some(item) = snapshot.get(&key).map_err(|error| store_failed(&error))? else {
        tracing::error!(table = search.table.name, "an index entry has no item");
        return Err(ApiError::internal_server_error("an index entry has no item"));
    };
    let view = projected(&search.index, &Stored::from_bytes(item.value));
    let mut view = view.decode().map_err(crate::read::damaged)?;
    if let Some(Value::L(elements)) = view.get_mut(&search.vectors.attribute) {
        for element in elements {
            let Value::N(number) = element else { continue };
            let float = vector::float(&number.to_string()).map(|float| float.to_string());
            if let Some(float) = float.and_then(|float| Number::parse(&float).ok()) {
                *number = float;
            }
        }
    }
    Ok(Stored::encode(&view))
}
