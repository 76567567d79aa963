//! Conditions.

use super::{Evaluation, Evaluator, Nothing, function};
use crate::template::conditions_named;
use crate::{Function, Section, TemplateError, Value};
use std::collections::BTreeSet;

/// How many values `Fn::And` and `Fn::Or` take.
const OPERANDS: std::ops::RangeInclusive<usize> = 2..=10;

impl Evaluation<'_> {
    /// Evaluates all conditions, each after those that it is made of.
    pub(super) fn evaluate_conditions(&mut self) -> Result<(), TemplateError> {
        let template = self.template;
        for name in template.conditions.keys() {
            self.evaluate_condition(name)?;
        }
        Ok(())
    }

    /// Evaluates a condition, after those that it waits for. These are kept in a list, since a template may be one long chain of
    /// them, longer than a thread has room for calls within calls.
    fn evaluate_condition(&mut self, name: &str) -> Result<(), TemplateError> {
        let template = self.template;
        let (mut open, mut waiting) = (vec![name], BTreeSet::from([name]));
        while let Some(name) = open.last() {
            let value = template.conditions.get(*name).ok_or_else(|| unresolved(name))?;
            if self.conditions.contains_key(*name) {
                waiting.remove(name);
                open.pop();
                continue;
            }
            let mut needed = None;
            conditions_named(value, &mut |name| {
                if !self.conditions.contains_key(name) {
                    needed.get_or_insert(name);
                }
                Ok(())
            })?;
            match needed {
                Some(needed) if !waiting.insert(needed) => {
                    return Err(TemplateError::CircularConditions(open.join(", ")));
                }
                Some(needed) => open.push(needed),
                None => {
                    let holds = self.boolean(value)?;
                    self.conditions.insert((*name).to_owned(), holds);
                }
            }
        }
        Ok(())
    }

    /// Whether a condition holds that is evaluated already.
    fn known(&self, name: &str) -> Result<bool, TemplateError> {
        self.conditions.get(name).copied().ok_or_else(|| unresolved(name))
    }

    /// Whether a value that is a condition holds. The conditions that it names are evaluated.
    pub(super) fn boolean(&self, value: &Value) -> Result<bool, TemplateError> {
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
            return self.known(name);
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
                    holds.push(self.boolean(operand)?);
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
                Ok(!self.boolean(operand)?)
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

fn unresolved(name: &str) -> TemplateError {
    TemplateError::UnresolvedCondition { name: name.to_owned(), section: Section::Conditions }
}
