//! Query: a part of one partition of a table or index, in order.

use crate::caller::{Caller, Reply};
use crate::capacity::Told;
use crate::read::{Reading, Selection, Source, Span, StartError, read_page, start_key};
use crate::requests::{Bound, Texts, of_query_filter, refused};
use crate::{Database, keys};
use expression::{ExpressionError, KeyCondition};
use item::Map;
use store::Direction;
use wire::ApiError;
use wire::dynamodb::Query;

impl Database {
    /// Runs Query.
    pub(crate) fn query(&self, caller: &Caller, body: &[u8]) -> Result<Reply, ApiError> {
        let mut request = Query::decode(body)?;
        let has_query_filter = request.query_filter.is_some();
        let mut bound = self.query_expressions(&mut request)?;
        request.after_expressions.clone()?;
        let Some(clauses) = bound.key_condition.take() else {
            return Err(ApiError::validation(
                "Either the KeyConditions or KeyConditionExpression parameter must be specified in the request.",
            ));
        };
        let table = self.catalog.get(caller, &request.table_name)?;
        let source = Source::new(table, request.index_name.as_deref(), request.consistent_read, "Query")?;
        let condition = clauses
            .against(&keys::borrowed(&source.schema().partition), &keys::borrowed(&source.schema().sort))
            .map_err(|error| refused(&ExpressionError::Key(error), request.layer))?;
        if let Some(filter) = &bound.filter {
            let names: Vec<&str> =
                keys::attributes(source.schema()).map(|attribute| attribute.name.as_str()).collect();
            filter.refuse_keys(names).map_err(|error| {
                let error = if has_query_filter { of_query_filter(error) } else { error };
                refused(&error, request.layer)
            })?;
        }
        let direction = if request.scan_index_forward { Direction::Forward } else { Direction::Backward };
        let mut span = Span::of_condition(&condition, self.hasher, direction);
        if let Some(start) = &request.exclusive_start_key {
            span = self.query_start(&source, &condition, start, span)?;
        }
        let selection = Selection::new(&source, request.select, bound.projection, bound.filter)?;
        selection.require_filter_held(&source)?;
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

    fn query_expressions(&self, request: &mut Query) -> Result<Bound, ApiError> {
        let (names, values) =
            (request.expression_attribute_names.take(), request.expression_attribute_values.take());
        let texts = Texts {
            key_condition: request.key_condition_expression.as_deref(),
            filter: request.filter_expression.as_deref(),
            projection: request.projection_expression.as_deref(),
            ..Texts::default()
        };
        let mut bound = self.bind(texts, names, values, request.layer)?;
        bound.search_by(request.key_conditions.take()).map_err(|error| refused(&error, request.layer))?;
        bound.filter_by(request.query_filter.take(), request.conditional_operator);
        bound.get_only(request.attributes_to_get.as_deref());
        Ok(bound)
    }

    /// The part of the span after the start key, which must lie in it.
    fn query_start(
        &self,
        source: &Source,
        condition: &KeyCondition,
        start: &Map,
        span: Span,
    ) -> Result<Span, ApiError> {
        let key = start_key(source, self.hasher, start).map_err(|error| match error {
            StartError::Names | StartError::Types => {
                ApiError::validation("The provided starting key is invalid")
            }
            StartError::Value(text) => ApiError::validation(text),
        })?;
        if !Span::of_partition(condition, self.hasher).contains(&key) {
            return Err(ApiError::validation(
                "The provided starting key is outside query boundaries based on provided conditions",
            ));
        }
        if !span.contains(&key) {
            return Err(ApiError::validation(
                "The provided starting key does not match the range key predicate",
            ));
        }
        Ok(span.after(key))
    }
}
