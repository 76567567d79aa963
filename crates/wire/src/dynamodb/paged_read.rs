//! What Query and Scan have in common: their members, and the order in which AWS finds fault with them.

use super::enumeration::{ConditionalOperator, Enumeration, ReturnConsumedCapacity, Select};
use super::legacy::Conditions;
use super::legacy::decode::{
    self, RawConditions, check_attribute_names, check_attributes_to_get, check_attributes_to_get_length,
    require_operators,
};
use super::placeholders::{self, Uses};
use super::{ExpressionNames, ExpressionValues};
use crate::error::ApiError;
use crate::json::{JsonError, Reader};
use crate::layer::{Constraints, Layer};
use crate::member::{Integer, boolean, integer, owned_string, request, string, strings};
use crate::operation::Operation;
use crate::value::Values;
use item::value::Map;
use std::borrow::Cow;

/// The greatest segment.
const SEGMENT_MAX: i32 = 999_999;

/// The most segments.
const SEGMENTS_MAX: i32 = 1_000_000;

/// What the two operations make their request of; what only one of them has is empty for the other.
pub(super) struct PagedRead {
    pub(super) table_name: String,
    pub(super) index_name: Option<String>,
    pub(super) key_condition_expression: Option<String>,
    pub(super) filter_expression: Option<String>,
    pub(super) projection_expression: Option<String>,
    pub(super) names: Option<ExpressionNames>,
    pub(super) values: Option<ExpressionValues>,
    pub(super) select: Option<Select>,
    pub(super) limit: Option<i32>,
    pub(super) segment: Option<i32>,
    pub(super) total_segments: Option<i32>,
    pub(super) scan_index_forward: bool,
    pub(super) exclusive_start_key: Option<Map>,
    pub(super) consistent_read: bool,
    pub(super) return_consumed_capacity: ReturnConsumedCapacity,
    pub(super) attributes_to_get: Option<Vec<String>>,
    pub(super) key_conditions: Option<Conditions>,
    pub(super) filter: Option<Conditions>,
    pub(super) conditional_operator: Option<ConditionalOperator>,
    pub(super) after_expressions: Result<(), ApiError>,
    pub(super) layer: Layer,
}

/// The members as they were sent.
struct Raw<'a> {
    is_query: bool,
    refusals: Values,
    table_name: Option<String>,
    index_name: Option<String>,
    key_condition_expression: Option<String>,
    filter_expression: Option<String>,
    projection_expression: Option<String>,
    names: Option<ExpressionNames>,
    values: Option<ExpressionValues>,
    select: Option<Cow<'a, str>>,
    limit: Option<Integer>,
    segment: Option<Integer>,
    total_segments: Option<Integer>,
    scan_index_forward: Option<bool>,
    exclusive_start_key: Option<Map>,
    consistent_read: Option<bool>,
    return_consumed_capacity: Option<Cow<'a, str>>,
    attributes_to_get: Option<Vec<String>>,
    key_conditions: Option<RawConditions>,
    filter: Option<RawConditions>,
    conditional_operator: Option<Cow<'a, str>>,
}

/// Reads and checks a request.
pub(super) fn decode(body: &[u8], operation: Operation) -> Result<PagedRead, ApiError> {
    let mut raw = Raw {
        is_query: operation == Operation::Query,
        refusals: Values::new(),
        table_name: None,
        index_name: None,
        key_condition_expression: None,
        filter_expression: None,
        projection_expression: None,
        names: None,
        values: None,
        select: None,
        limit: None,
        segment: None,
        total_segments: None,
        scan_index_forward: None,
        exclusive_start_key: None,
        consistent_read: None,
        return_consumed_capacity: None,
        attributes_to_get: None,
        key_conditions: None,
        filter: None,
        conditional_operator: None,
    };
    request(body, |reader, name| raw.member(reader, name))?;
    raw.check(Layer::of(operation))
}

fn value_of(integer: Option<Integer>) -> Option<i32> {
    integer.map(|integer| integer.value)
}

impl<'a> Raw<'a> {
    fn member(&mut self, reader: &mut Reader<'a>, name: &str) -> Result<(), JsonError> {
        match name {
            "TableName" => self.table_name = owned_string(reader)?,
            "IndexName" => self.index_name = owned_string(reader)?,
            "FilterExpression" => self.filter_expression = owned_string(reader)?,
            "ProjectionExpression" => self.projection_expression = owned_string(reader)?,
            "ExpressionAttributeNames" => self.names = placeholders::names(reader)?,
            "ExpressionAttributeValues" => self.values = self.refusals.expression_values(reader)?,
            "Select" => self.select = string(reader)?,
            "Limit" => self.limit = integer(reader)?,
            "ExclusiveStartKey" if self.is_query => self.exclusive_start_key = self.refusals.map(reader)?,
            "ExclusiveStartKey" => self.exclusive_start_key = self.refusals.scan_start(reader)?,
            "ConsistentRead" => self.consistent_read = boolean(reader)?,
            "ReturnConsumedCapacity" => self.return_consumed_capacity = string(reader)?,
            "AttributesToGet" => self.attributes_to_get = strings(reader)?,
            "ConditionalOperator" => self.conditional_operator = string(reader)?,
            _ if self.is_query => return self.query_member(reader, name),
            // AWS lets the values of this one parameter be deeper.
            "ScanFilter" => {
                self.filter = self.refusals.one_level_deeper(|values| decode::conditions(reader, values))?;
            }
            "Segment" => self.segment = integer(reader)?,
            "TotalSegments" => self.total_segments = integer(reader)?,
            _ => drop(reader.skip()?),
        }
        Ok(())
    }

    fn query_member(&mut self, reader: &mut Reader<'a>, name: &str) -> Result<(), JsonError> {
        match name {
            "KeyConditionExpression" => self.key_condition_expression = owned_string(reader)?,
            "ScanIndexForward" => self.scan_index_forward = boolean(reader)?,
            "KeyConditions" => self.key_conditions = decode::conditions(reader, &mut self.refusals)?,
            "QueryFilter" => self.filter = decode::conditions(reader, &mut self.refusals)?,
            _ => drop(reader.skip()?),
        }
        Ok(())
    }

    fn check(mut self, layer: Layer) -> Result<PagedRead, ApiError> {
        let layer = self.layer(layer);
        let return_consumed_capacity =
            if layer.is_new() { self.members_new(layer) } else { self.members_old() }?;
        self.refusals.check_names(layer)?;
        check_attribute_names(self.attributes_to_get.as_deref(), layer)?;
        let uses = self.check_parameters(layer)?;
        let filters = self.filter.as_ref().map_or(0, Vec::len);
        let conditional_operator =
            decode::check_conditional_operator(self.conditional_operator.as_deref(), filters, layer)?;
        placeholders::check(self.names.as_ref(), self.values.as_ref(), uses, layer)?;
        self.refusals.check(layer)?;
        let checked =
            |raw: Option<RawConditions>| raw.map(|raw| decode::check_conditions(raw, layer)).transpose();
        let key_conditions = checked(self.key_conditions.take())?;
        if key_conditions.as_ref().is_some_and(Vec::is_empty) {
            return Err(ApiError::validation("Conditions can be of length 1 or 2 only"));
        }
        let filter = checked(self.filter.take())?;
        check_attributes_to_get(self.attributes_to_get.as_deref(), layer)?;
        let select = self.select.as_deref().and_then(Select::from_text);
        let after_expressions = self.check_after_expressions(key_conditions.is_some(), layer);
        Ok(PagedRead {
            table_name: self.table_name.unwrap_or_default(),
            index_name: self.index_name,
            key_condition_expression: self.key_condition_expression,
            filter_expression: self.filter_expression,
            projection_expression: self.projection_expression,
            names: self.names,
            values: self.values,
            select,
            limit: value_of(self.limit),
            segment: value_of(self.segment),
            total_segments: value_of(self.total_segments),
            scan_index_forward: self.scan_index_forward.unwrap_or(true),
            exclusive_start_key: self.exclusive_start_key,
            consistent_read: self.consistent_read.unwrap_or_default(),
            return_consumed_capacity,
            attributes_to_get: self.attributes_to_get,
            key_conditions,
            filter,
            conditional_operator,
            after_expressions,
            layer,
        })
    }

    /// What AWS looks at after the expressions and before the table.
    fn check_after_expressions(&self, has_key_conditions: bool, layer: Layer) -> Result<(), ApiError> {
        let mut failures = Constraints::new(layer);
        let select = failures.enumeration("select", self.select.as_deref());
        failures.finish()?;
        self.check_select(select, layer)?;
        self.check_segments(layer)?;
        if self.is_query && self.key_condition_expression.is_none() && !has_key_conditions {
            return Err(ApiError::validation(
                "Either the KeyConditions or KeyConditionExpression parameter must be specified in the request.",
            ));
        }
        Ok(())
    }

    /// A request without a table name, with an integer that lost something, or with a condition that lacks its
    /// operator is on the old layer as a whole.
    fn layer(&self, layer: Layer) -> Layer {
        let inexact = [self.limit, self.segment, self.total_segments]
            .iter()
            .any(|integer| integer.is_some_and(|integer| !integer.exact));
        let mut missing = Constraints::new(layer);
        self.require_operators(&mut missing);
        if self.table_name.is_none() || inexact || !missing.is_empty() {
            return Layer::OLD;
        }
        self.refusals.layer(layer)
    }

    fn require_operators(&self, failures: &mut Constraints) {
        require_operators("keyConditions", self.key_conditions.as_ref(), failures);
        let filter = if self.is_query { "queryFilter" } else { "scanFilter" };
        require_operators(filter, self.filter.as_ref(), failures);
    }

    fn members_new(&self, layer: Layer) -> Result<ReturnConsumedCapacity, ApiError> {
        let mut failures = Constraints::new(layer);
        self.integers(&mut failures);
        failures.empty_table_name(self.table_name.as_deref());
        failures.finish()?;
        failures.table_name(self.table_name.as_deref());
        self.index_name(&mut failures);
        let capacity = self.consumed_capacity(&mut failures);
        check_attributes_to_get_length(&mut failures, "attributesToGet", self.attributes_to_get.as_deref());
        failures.finish()?;
        Ok(capacity)
    }

    fn members_old(&self) -> Result<ReturnConsumedCapacity, ApiError> {
        let mut failures = Constraints::new(Layer::OLD);
        let _: Option<Select> = failures.enumeration("select", self.select.as_deref());
        let capacity = self.consumed_capacity(&mut failures);
        failures.table_name(self.table_name.as_deref());
        self.index_name(&mut failures);
        let _: Option<ConditionalOperator> =
            failures.enumeration("conditionalOperator", self.conditional_operator.as_deref());
        self.integers(&mut failures);
        check_attributes_to_get_length(&mut failures, "attributesToGet", self.attributes_to_get.as_deref());
        self.require_operators(&mut failures);
        failures.finish()?;
        Ok(capacity)
    }

    fn integers(&self, failures: &mut Constraints) {
        failures.built_in_range(("limit", "Limit"), value_of(self.limit), 1, i32::MAX);
        failures.built_in_range(("segment", "Segment"), value_of(self.segment), 0, SEGMENT_MAX);
        let total = ("totalSegments", "TotalSegments");
        failures.built_in_range(total, value_of(self.total_segments), 1, SEGMENTS_MAX);
    }

    fn index_name(&self, failures: &mut Constraints) {
        failures.plain_table_name("indexName", self.index_name.as_deref());
    }

    fn consumed_capacity(&self, failures: &mut Constraints) -> ReturnConsumedCapacity {
        let text = self.return_consumed_capacity.as_deref();
        failures.enumeration("returnConsumedCapacity", text).unwrap_or_default()
    }

    fn check_parameters(&self, layer: Layer) -> Result<Uses, ApiError> {
        let expressions = [
            ("ProjectionExpression", self.projection_expression.is_some()),
            ("FilterExpression", self.filter_expression.is_some()),
            ("KeyConditionExpression", self.key_condition_expression.is_some()),
        ];
        let filter = if self.is_query { "QueryFilter" } else { "ScanFilter" };
        let legacy = [
            ("AttributesToGet", self.attributes_to_get.is_some()),
            (filter, self.filter.is_some()),
            ("ConditionalOperator", self.conditional_operator.is_some()),
            ("KeyConditions", self.key_conditions.is_some()),
        ];
        decode::check_mixing(&legacy, &expressions, layer)?;
        let names = expressions.iter().any(|(_, given)| *given);
        Ok(Uses {
            names,
            values: self.filter_expression.is_some() || self.key_condition_expression.is_some(),
        })
    }

    fn check_select(&self, select: Option<Select>, layer: Layer) -> Result<(), ApiError> {
        let layer = if layer.is_new() { Layer::NEW_ENVELOPED } else { layer };
        let projection = match (&self.attributes_to_get, &self.projection_expression) {
            (Some(_), _) => Some("AttributesToGet"),
            (None, Some(_)) => Some("ProjectionExpression"),
            (None, None) => None,
        };
        let chosen = match select {
            None => return Ok(()),
            Some(Select::SpecificAttributes) if projection.is_some() => return Ok(()),
            Some(Select::SpecificAttributes) => {
                return Err(layer.refuse(
                    "Must specify the AttributesToGet or ProjectionExpression when choosing to get \
                     SPECIFIC_ATTRIBUTES",
                ));
            }
            Some(Select::Count) => "only the Count",
            Some(Select::AllAttributes) => "ALL_ATTRIBUTES",
            Some(Select::AllProjectedAttributes) => "ALL_PROJECTED_ATTRIBUTES",
        };
        if let Some(projection) = projection {
            return Err(
                layer.refuse(format!("Cannot specify the {projection} when choosing to get {chosen}"))
            );
        }
        if select == Some(Select::AllProjectedAttributes) && self.index_name.is_none() {
            return Err(
                layer.refuse("ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName")
            );
        }
        Ok(())
    }

    fn check_segments(&self, layer: Layer) -> Result<(), ApiError> {
        let text = match (value_of(self.segment), value_of(self.total_segments)) {
            (None, None) => return Ok(()),
            (Some(segment), Some(total)) if segment < total => return Ok(()),
            (None, Some(_)) => {
                "The Segment parameter is required but was not present in the request when parameter \
                                TotalSegments is present"
                    .to_owned()
            }
            (Some(_), None) => {
                "The TotalSegments parameter is required but was not present in the request when \
                                Segment parameter is present"
                    .to_owned()
            }
            (Some(segment), Some(total)) => {
                let text =
                    "The Segment parameter is zero-based and must be less than parameter TotalSegments";
                match layer.is_new() {
                    true => text.to_owned(),
                    false => format!("{text}: Segment: {segment} is not less than TotalSegments: {total}"),
                }
            }
        };
        Err(ApiError::validation(text))
    }
}
