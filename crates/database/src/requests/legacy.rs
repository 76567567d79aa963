//! The parameters from before expressions, taken up into what a request is bound to. Where they are given there
//! are no expressions: a request with both was refused.

use super::Bound;
use expression::legacy::{self, AttributeAction, Comparison, Join};
use expression::{ExpressionError, Projection};
use item::{Name, Value};
use std::sync::Arc;
use wire::dynamodb::enumeration::ConditionalOperator;
use wire::dynamodb::legacy::{
    AttributeUpdate, AttributeUpdates, Comparison as Given, Conditions, Expectation, Expected,
};

impl Bound {
    /// Takes up `Expected`.
    pub(crate) fn expect(&mut self, expected: Option<Expected>, operator: Option<ConditionalOperator>) {
        let Some(expected) = expected else { return };
        let comparison = |expectation| match expectation {
            Expectation::Absent => Comparison::Null,
            Expectation::Equals(value) => Comparison::Equal(Arc::new(value)),
            Expectation::Compare(given) => lowered(given),
        };
        let all = expected.into_iter().map(|(name, one)| (Name::from(name), comparison(one))).collect();
        self.condition = legacy::condition(all, join(operator));
    }

    /// Takes up `QueryFilter` or `ScanFilter`.
    pub(crate) fn filter_by(&mut self, filter: Option<Conditions>, operator: Option<ConditionalOperator>) {
        let Some(filter) = filter else { return };
        self.filter = legacy::condition(all_lowered(filter), join(operator));
    }

    /// Takes up `KeyConditions`.
    ///
    /// # Errors
    /// When one is of an operator that no key can be searched by.
    pub(crate) fn search_by(&mut self, conditions: Option<Conditions>) -> Result<(), ExpressionError> {
        let Some(conditions) = conditions else { return Ok(()) };
        self.key_condition = Some(legacy::key_clauses(all_lowered(conditions))?);
        Ok(())
    }

    /// Takes up `AttributeUpdates`.
    pub(crate) fn update_by(&mut self, updates: Option<AttributeUpdates>) {
        let Some(updates) = updates else { return };
        let action = |update| match update {
            AttributeUpdate::Put(value) => AttributeAction::Put(Arc::new(value)),
            AttributeUpdate::Add(value) => AttributeAction::Add(Arc::new(value)),
            AttributeUpdate::DeleteElements(value) => AttributeAction::DeleteElements(Arc::new(value)),
            AttributeUpdate::Delete => AttributeAction::Delete,
        };
        let all = updates.into_iter().map(|(name, update)| (Name::from(name), action(update))).collect();
        self.update = legacy::update(all);
    }

    /// Takes up `AttributesToGet`.
    pub(crate) fn get_only(&mut self, names: Option<&[String]>) {
        let Some(names) = names else { return };
        self.projection = Some(Projection::of_attributes(names.iter().map(|name| Name::from(name.as_str()))));
    }
}

/// The filter's own refusal of a key attribute, as `QueryFilter` words it.
pub(crate) fn of_query_filter(error: ExpressionError) -> ExpressionError {
    match error {
        ExpressionError::Key(expression::KeyConditionError::FilterOnKey(name)) => {
            expression::KeyConditionError::QueryFilterOnKey(name).into()
        }
        other => other,
    }
}

fn join(operator: Option<ConditionalOperator>) -> Join {
    match operator {
        None | Some(ConditionalOperator::And) => Join::And,
        Some(ConditionalOperator::Or) => Join::Or,
    }
}

fn all_lowered(conditions: Conditions) -> Vec<(Name, Comparison)> {
    conditions.into_iter().map(|(name, given)| (Name::from(name), lowered(given))).collect()
}

fn lowered(given: Given) -> Comparison {
    let literal = |value: Value| Arc::new(value);
    match given {
        Given::Equal(value) => Comparison::Equal(literal(value)),
        Given::NotEqual(value) => Comparison::NotEqual(literal(value)),
        Given::LessOrEqual(value) => Comparison::LessOrEqual(literal(value)),
        Given::Less(value) => Comparison::Less(literal(value)),
        Given::GreaterOrEqual(value) => Comparison::GreaterOrEqual(literal(value)),
        Given::Greater(value) => Comparison::Greater(literal(value)),
        Given::NotNull => Comparison::NotNull,
        Given::Null => Comparison::Null,
        Given::Contains(value) => Comparison::Contains(literal(value)),
        Given::NotContains(value) => Comparison::NotContains(literal(value)),
        Given::BeginsWith(value) => Comparison::BeginsWith(literal(value)),
        Given::In(values) => Comparison::In(values.into_iter().map(literal).collect()),
        Given::Between(low, high) => Comparison::Between(literal(low), literal(high)),
    }
}
