//! SearchVectors. AWS reads this request more strictly than all others, see [`crate::member::strict`].

use super::enumeration::ReturnConsumedCapacity;
use super::placeholders::{self, Uses};
use super::{ExpressionNames, ExpressionValues};
use crate::error::ApiError;
use crate::json::{JsonError, Reader, Token};
use crate::layer::{Constraint, Constraints, Layer};
use crate::member::{list, strict, structure};
use crate::operation::Operation;
use crate::value::Values;
use item::Value;
use std::borrow::Cow;

/// The most results.
const TOP_K_MAX: i32 = 100;

/// Finds the items of a vector index that are most similar to a vector.
#[derive(Clone, Debug)]
pub struct SearchVectors {
    /// The table: a name or an ARN.
    pub table_name: String,
    /// The index.
    pub index_name: String,
    /// The vector, each element an attribute value; `None` where an element is `null`.
    pub search_vector: Vec<Option<Value>>,
    /// How many items are answered at most: 1 to 100.
    pub top_k: usize,
    /// Which items are looked at.
    pub search_condition_expression: Option<String>,
    /// What of the items is answered.
    pub projection_expression: Option<String>,
    /// Placeholders of names.
    pub expression_attribute_names: Option<ExpressionNames>,
    /// Placeholders of values.
    pub expression_attribute_values: Option<ExpressionValues>,
    /// Whether capacity is told.
    pub return_consumed_capacity: ReturnConsumedCapacity,
    /// How errors of this request are worded.
    pub layer: Layer,
}

#[derive(Default)]
struct Raw {
    table_name: Option<String>,
    index_name: Option<String>,
    search_vector: Option<Vec<Option<Value>>>,
    top_k: Option<i32>,
    search_condition_expression: Option<String>,
    projection_expression: Option<String>,
    names: Option<ExpressionNames>,
    values: Option<ExpressionValues>,
    return_consumed_capacity: Option<String>,
}

impl SearchVectors {
    /// Reads the request.
    pub fn decode(body: &[u8]) -> Result<SearchVectors, ApiError> {
        let (mut raw, mut values) = (Raw::default(), Values::new());
        let mut reader = Reader::new(body)?;
        if reader.peek()? != Token::Object {
            return Err(JsonError::Mismatch(Cow::Borrowed("")).into());
        }
        structure(&mut reader, |reader, name| raw.member(reader, name, &mut values))?;
        let behind = reader.clone();
        reader.finish()?;
        raw.check(&behind, &values)
    }
}

impl Raw {
    fn member(&mut self, reader: &mut Reader<'_>, name: &str, values: &mut Values) -> Result<(), JsonError> {
        match name {
            "TableName" => self.table_name = Some(strict::string(reader)?),
            "IndexName" => self.index_name = Some(strict::string(reader)?),
            "SearchVector" => {
                strict::expect_sequence(reader)?;
                self.search_vector = list(reader, |reader| values.legacy(reader))?;
            }
            "TopK" => self.top_k = Some(strict::integer(reader)?),
            "SearchConditionExpression" => {
                self.search_condition_expression = strict::optional_string(reader)?;
            }
            "ProjectionExpression" => self.projection_expression = strict::optional_string(reader)?,
            "ExpressionAttributeNames" => {
                strict::expect_map(reader)?;
                self.names = placeholders::names(reader)?;
            }
            "ExpressionAttributeValues" => {
                strict::expect_map(reader)?;
                self.values = values.expression_values(reader)?;
            }
            "ReturnConsumedCapacity" => self.return_consumed_capacity = strict::optional_string(reader)?,
            _ => drop(reader.skip()?),
        }
        Ok(())
    }

    fn check(self, behind: &Reader<'_>, values: &Values) -> Result<SearchVectors, ApiError> {
        let table_name = self.table_name.ok_or_else(|| strict::missing(behind, "TableName"))?;
        let index_name = self.index_name.ok_or_else(|| strict::missing(behind, "IndexName"))?;
        let search_vector = self.search_vector.ok_or_else(|| strict::missing(behind, "SearchVector"))?;
        let top_k = self.top_k.ok_or_else(|| strict::missing(behind, "TopK"))?;
        let layer = Layer::of(Operation::SearchVectors);
        check_lengths(&table_name, &index_name, search_vector.len(), top_k)?;
        // What else is wrong with a member is told alone, and without the envelope.
        let mut bare = Constraints::new(layer);
        bare.table_name(Some(&table_name));
        let return_consumed_capacity =
            bare.enumeration("returnConsumedCapacity", self.return_consumed_capacity.as_deref());
        bare.finish_bare()?;
        if top_k > TOP_K_MAX {
            return Err(ApiError::validation(format!(
                "Provided TopK value '{top_k}' is out of valid range. The value must be between 1 and {TOP_K_MAX} \
                 inclusive"
            )));
        }
        let has_condition = self.search_condition_expression.is_some();
        let uses =
            Uses { names: has_condition || self.projection_expression.is_some(), values: has_condition };
        placeholders::check(self.names.as_ref(), self.values.as_ref(), uses, layer)?;
        values.check(layer)?;
        Ok(SearchVectors {
            table_name,
            index_name,
            search_vector,
            top_k: usize::try_from(top_k).unwrap_or_default(),
            search_condition_expression: self.search_condition_expression,
            projection_expression: self.projection_expression,
            expression_attribute_names: self.names,
            expression_attribute_values: self.values,
            return_consumed_capacity: return_consumed_capacity.unwrap_or_default(),
            layer,
        })
    }
}

/// The checks that are told together.
fn check_lengths(table_name: &str, index_name: &str, vector: usize, top_k: i32) -> Result<(), ApiError> {
    let mut constraints = Constraints::new(Layer::of(Operation::SearchVectors));
    if index_name.chars().count() < 3 {
        constraints.fail_named("IndexName", Constraint::MinLength(3));
    }
    if vector == 0 {
        constraints.fail_named("SearchVector", Constraint::MinLength(1));
    }
    if top_k < 1 {
        constraints.fail_named("TopK", Constraint::MinValue(1));
    }
    constraints.empty_table_name(Some(table_name));
    constraints.finish()
}

#[cfg(test)]
mod tests;
