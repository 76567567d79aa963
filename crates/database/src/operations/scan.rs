//! Scan: all items of a table or index, or of one segment of it, in order of partition hash.

use crate::Database;
use crate::caller::{Caller, Reply};
use crate::capacity::Told;
use crate::keys;
use crate::read::{Reading, Selection, Source, Span, StartError, read_page, segment_bounds, start_key};
use crate::requests::{Bound, Texts};
use item::Map;
use wire::ApiError;
use wire::dynamodb::Scan;

const STARTING_KEY: &str = "The provided starting key is invalid";

impl Database {
    /// Runs Scan.
    pub(crate) fn scan(&self, caller: &Caller, body: &[u8]) -> Result<Reply, ApiError> {
        let mut request = Scan::decode(body)?;
        let bound = self.scan_expressions(&mut request)?;
        request.after_expressions.clone()?;
        let mut span = segment(request.segment, request.total_segments);
        let table = self.catalog.get(caller, &request.table_name)?;
        let source = Source::new(table, request.index_name.as_deref(), request.consistent_read, "Scan")?;
        let selection = Selection::new(&source, request.select, bound.projection, bound.filter)?;
        if let Some(start) = &request.exclusive_start_key {
            span = self.scan_start(&source, start, span)?;
        }
        let reading = Reading {
            source,
            span,
            limit: request.limit.map_or(usize::MAX, |limit| usize::try_from(limit).unwrap_or(usize::MAX)),
            selection,
            consistent: request.consistent_read,
            told: Told::plain(request.return_consumed_capacity),
        };
        read_page(self, &reading)
    }

    fn scan_expressions(&self, request: &mut Scan) -> Result<Bound, ApiError> {
        let (names, values) =
            (request.expression_attribute_names.take(), request.expression_attribute_values.take());
        let texts = Texts {
            filter: request.filter_expression.as_deref(),
            projection: request.projection_expression.as_deref(),
            ..Texts::default()
        };
        let mut bound = self.bind(texts, names, values, request.layer)?;
        bound.filter_by(request.scan_filter.take(), request.conditional_operator);
        bound.get_only(request.attributes_to_get.as_deref());
        Ok(bound)
    }

    fn scan_start(&self, source: &Source, start: &Map, span: Span) -> Result<Span, ApiError> {
        let key = start_key(source, self.hasher, start).map_err(|error| match error {
            StartError::Names => ApiError::validation(STARTING_KEY),
            StartError::Types => ApiError::validation(mistyped(source, start)),
            StartError::Value(text) => ApiError::validation(format!("{STARTING_KEY}: {text}")),
        })?;
        if !span.contains(&key) {
            return Err(ApiError::validation(
                "The provided starting key is invalid: Invalid ExclusiveStartKey. Please use ExclusiveStartKey with \
                 correct Segment. TotalSegments",
            ));
        }
        Ok(span.after(key))
    }
}

/// A start key of the right names: where the table has indexes, AWS names the first of them.
fn mistyped(source: &Source, start: &Map) -> String {
    let (None, Some(index)) = (source.index, source.table.indexes.first()) else {
        return STARTING_KEY.into();
    };
    let wrong = keys::attributes(&source.table.keys).find_map(|attribute| {
        Some((attribute, start.get(&attribute.name).filter(|value| !keys::fits(attribute, value))?))
    });
    match wrong {
        None => STARTING_KEY.into(),
        Some((attribute, value)) => format!(
            "One or more parameter values were invalid: Type mismatch for Index Key {} Expected: {} Actual: {} \
             IndexName: {}",
            attribute.name,
            attribute.kind.as_str(),
            value.type_name(),
            index.name
        ),
    }
}

/// The hashes of a segment; the request has both numbers or neither.
fn segment(segment: Option<i32>, total: Option<i32>) -> Span {
    let (first, last) = match (segment, total) {
        (Some(segment), Some(total)) => segment_bounds(segment.unsigned_abs(), total.unsigned_abs()),
        _ => (0, u128::MAX),
    };
    Span::of_hashes(first, last)
}
