//! Conditions.

use super::{Evaluation, Evaluator, Nothing, function};
use crate::{Function, Section, TemplateError, Value};

/// How many values `Fn::And` and `Fn::Or` take.
const OPERANDS: std::ops::RangeInclusive<usize> = 2..=10;

impl Evaluation<'_> {
    /// Evaluates all conditions, each after those that it is made of.
    pub(super) fn evaluate_conditions(&mut self) -> Result<(), TemplateError> {
        let template = self.template;
        for name in template.conditions.keys() {
            self.evaluate_condition(name, &[])?;
        }
        Ok(())
    }

    fn evaluate_condition(&mut self, name: &str, open: &[String]) -> Result<bool, TemplateError> {
        if let Some(holds) = self.conditions.get(name) {
            return Ok(*holds);
        }
        // As deep as conditions can usefully nest; beyond it, they are as good as circular.
        if open.iter().any(|open| open == name) || open.len() > crate::template::DEPTH_MAX {
            return Err(TemplateError::CircularConditions(open.join(", ")));
        }
        let template = self.template;
        let Some(value) = template.conditions.get(name) else {
            return Err(TemplateError::UnresolvedCondition {
                name: name.to_owned(),
                section: Section::Conditions,
            });
        };
        let mut open = open.to_vec();
        open.push(name.to_owned());
        let holds =
            self.boolean(value, &mut |evaluation, inner| evaluation.evaluate_condition(inner, &open))?;
        self.conditions.insert(name.to_owned(), holds);
        Ok(holds)
    }

    /// Whether a value that is a condition holds; `named` says it of other conditions.
    pub(super) fn boolean(
        &mut self,
        value: &Value,
        named: &mut dyn FnMut(&mut Self, &str) -> Result<bool, TemplateError>,
    ) -> Result<bool, TemplateError> {
        let members = match value {
            Value::Map(members) => members,
            value => {
                return match value.text().as_deref() {
                    Some("true") => Ok(true),
                    Some("false") => Ok(false),
                    _ => Err(TemplateError::Arguments(Function::Condition)),
                };
            }
        };
        if let (1, Some(name)) = (members.len(), members.get("Condition")) {
            let name = name.as_str().ok_or(TemplateError::Arguments(Function::Condition))?;
            return named(self, name);
        }
        let (name, argument) = function(members).ok_or(TemplateError::Arguments(Function::Condition))?;
        match Function::named(name) {
            Some(function @ (Function::And | Function::Or)) => {
                let operands = argument
                    .as_list()
                    .filter(|operands| OPERANDS.contains(&operands.len()))
                    .ok_or(TemplateError::Arguments(function))?;
                // Each is evaluated, whatever the others are, so that what is wrong with one is always told.
                let mut holds = Vec::with_capacity(operands.len());
                for operand in operands {
                    holds.push(self.boolean(operand, named)?);
                }
                Ok(if function == Function::And {
                    holds.iter().all(|holds| *holds)
                } else {
                    holds.contains(&true)
                })
            }
            Some(Function::Not) => {
                let Some([operand]) = argument.as_list() else {
                    return Err(TemplateError::Arguments(Function::Not));
                };
                Ok(!self.boolean(operand, named)?)
            }
            Some(Function::Equals) => self.equal(argument),
            Some(_) => {
                let evaluator = Evaluator::new(self, &Nothing);
                let value = evaluator.argument(value, Function::Condition)?;
                match value.text().as_deref() {
                    Some("true") => Ok(true),
                    Some("false") => Ok(false),
                    _ => Err(TemplateError::Arguments(Function::Condition)),
                }
            }
            None => self.rule_function(name, argument),
        }
    }

    fn equal(&self, argument: &Value) -> Result<bool, TemplateError> {
        let Some([left, right]) = argument.as_list() else {
            return Err(TemplateError::Arguments(Function::Equals));
        };
        let evaluator = Evaluator::new(self, &Nothing);
        let (left, right) = (evaluator.value(left)?, evaluator.value(right)?);
        Ok(match (left, right) {
            (Some(left), Some(right)) => left.same(&right),
            (left, right) => left.is_none() && right.is_none(),
        })
    }
}
