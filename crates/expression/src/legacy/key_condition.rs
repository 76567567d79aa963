//! `KeyConditions` as key clauses.

use super::Comparison;
use crate::error::KeyConditionError;
use crate::key_condition::{KeyClause, KeyClauses, KeyTest, RangeCondition};
use item::Name;

/// The key clauses that these comparisons make.
///
/// # Errors
/// When one is of an operator that no key can be searched by.
pub fn key_clauses(comparisons: Vec<(Name, Comparison)>) -> Result<KeyClauses, KeyConditionError> {
    let clause = |(name, comparison)| Ok(KeyClause { name, test: test(comparison)? });
    comparisons.into_iter().map(clause).collect::<Result<_, _>>().map(KeyClauses::new)
}

fn test(comparison: Comparison) -> Result<KeyTest, KeyConditionError> {
    Ok(KeyTest::Range(match comparison {
        Comparison::Equal(value) => return Ok(KeyTest::Equal(value)),
        Comparison::LessOrEqual(value) => RangeCondition::LessOrEqual(value),
        Comparison::Less(value) => RangeCondition::Less(value),
        Comparison::GreaterOrEqual(value) => RangeCondition::GreaterOrEqual(value),
        Comparison::Greater(value) => RangeCondition::Greater(value),
        Comparison::BeginsWith(prefix) => RangeCondition::BeginsWith(prefix),
        Comparison::Between(low, high) => RangeCondition::Between(low, high),
        Comparison::NotEqual(_)
        | Comparison::NotNull
        | Comparison::Null
        | Comparison::Contains(_)
        | Comparison::NotContains(_)
        | Comparison::In(_) => return Err(KeyConditionError::NotIndexable),
    }))
}
