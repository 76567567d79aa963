//! Search conditions: which items of a vector index a search looks at. Nothing but equalities, one for each of
//! several attributes.

use crate::bindings::Bindings;
use crate::condition::Condition;
use crate::error::{ExpressionError, Problem};
use crate::kind::ExpressionKind;
use crate::parser::ConditionAst;
use crate::tree::{Comparator, ConditionNode, Literal, OperandNode};
use item::Name;

/// The equalities of a search condition in the order written, no two on one attribute.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SearchClauses {
    clauses: Vec<(Name, Literal)>,
}

impl SearchClauses {
    /// Binds a search condition to the request's names and values. The first clause with a fault decides.
    ///
    /// # Errors
    /// When a placeholder is not defined, or the condition is not a conjunction of equalities.
    pub fn bind(ast: &ConditionAst, bindings: &mut Bindings) -> Result<Self, ExpressionError> {
        let kind = ExpressionKind::SearchCondition;
        let condition = bindings.resolve(kind, |bindings| bindings.condition(&ast.root))?;
        let mut clauses = Self::default();
        clauses.collect(condition).map_err(|problem| problem.of(kind))?;
        Ok(clauses)
    }

    /// The attributes and the values that they must have.
    pub fn clauses(&self) -> &[(Name, Literal)] {
        &self.clauses
    }

    fn collect(&mut self, condition: Condition) -> Result<(), Problem> {
        if let ConditionNode::And(members) = condition {
            return members.into_iter().try_for_each(|member| self.collect(member));
        }
        let ConditionNode::Compare { left, comparator: Comparator::Equal, right } = condition else {
            return Err(Problem::SearchComparator);
        };
        let (path, value) = match (left, right) {
            (OperandNode::Path(path), OperandNode::Value(value))
            | (OperandNode::Value(value), OperandNode::Path(path)) => (path, value),
            _ => return Err(Problem::SearchComparator),
        };
        if !path.is_attribute() {
            return Err(Problem::NestedSearch);
        }
        if self.clauses.iter().any(|(name, _)| *name == path.root) {
            return Err(Problem::RepeatedSearch);
        }
        self.clauses.push((path.root, value));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Cache;
    use item::Value;

    fn bind(text: &str) -> Result<SearchClauses, ExpressionError> {
        let ast = Cache::new(8).condition(ExpressionKind::SearchCondition, text)?;
        let values = vec![(":v".to_owned(), Value::S("v".into())), (":w".to_owned(), Value::S("w".into()))];
        SearchClauses::bind(&ast, &mut Bindings::new(None, Some(values))?)
    }

    #[test]
    fn equalities_are_taken_in_the_order_written() {
        let bound = bind("a = :v AND (:w = b)").unwrap();
        let names: Vec<&str> = bound.clauses().iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["a", "b"]);
    }

    #[test]
    fn anything_else_is_refused() {
        let rows = [
            ("a < :v", "Invalid comparator used in SearchConditionExpression"),
            ("a <> :v", "Invalid comparator used in SearchConditionExpression"),
            ("a = :v OR b = :w", "Invalid comparator used in SearchConditionExpression"),
            ("NOT a = :v", "Invalid comparator used in SearchConditionExpression"),
            ("begins_with(a, :v)", "Invalid comparator used in SearchConditionExpression"),
            ("a = b", "Invalid comparator used in SearchConditionExpression"),
            ("a.b = :v", "SearchConditionExpression cannot have conditions on nested attributes"),
            ("a = :v AND a = :w", "SearchConditionExpression must only contain one condition per attribute"),
            ("", "The expression can not be empty;"),
        ];
        for (text, problem) in rows {
            let error = bind(text).expect_err(text).to_string();
            assert_eq!(error, format!("Invalid SearchConditionExpression: {problem}"), "{text}");
        }
    }
}
