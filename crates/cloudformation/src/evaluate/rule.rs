//! Rules: what parameters must keep together.
//!
//! Rules that ask AWS for what exists there (`Fn::RefAll`, `Fn::ValueOf`, `Fn::ValueOfAll`) are not checked.

use super::{Evaluation, Evaluator, Nothing};
use crate::{Function, Map, TemplateError, Value};

/// The functions whose answers only AWS knows.
const ASK_AWS: [&str; 3] = ["Fn::RefAll", "Fn::ValueOf", "Fn::ValueOfAll"];

impl Evaluation<'_> {
    pub(super) fn check_rules(&self) -> Result<(), TemplateError> {
        let template = self.template;
        for (name, rule) in &template.rules {
            if !asks_aws(rule) {
                self.check_rule(name, rule)?;
            }
        }
        Ok(())
    }

    fn check_rule(&self, name: &str, rule: &Value) -> Result<(), TemplateError> {
        let members = rule.as_map().ok_or_else(|| TemplateError::NotAnObject(format!("Rule {name}")))?;
        if let Some(condition) = members.get("RuleCondition")
            && !self.boolean(condition)?
        {
            return Ok(());
        }
        let assertions = members.get("Assertions").and_then(Value::as_list).unwrap_or_default();
        for assertion in assertions {
            let assert = assertion
                .get("Assert")
                .ok_or_else(|| TemplateError::NotAnObject(format!("Rule {name} Assertions")))?;
            if !self.boolean(assert)? {
                let text = assertion.get("AssertDescription").and_then(Value::as_str).unwrap_or_default();
                return Err(TemplateError::Rule { rule: name.to_owned(), description: text.to_owned() });
            }
        }
        Ok(())
    }

    /// The functions that only rules have.
    pub(super) fn rule_function(&self, name: &str, argument: &Value) -> Result<bool, TemplateError> {
        let unsupported = || TemplateError::UnsupportedFunction(name.to_owned());
        let Some([left, right]) = argument.as_list() else { return Err(unsupported()) };
        let evaluator = Evaluator::new(self, &Nothing);
        let left = evaluator.argument(left, Function::Condition)?;
        let right = evaluator.argument(right, Function::Condition)?;
        let left = left.as_list().ok_or_else(unsupported)?;
        let has = |list: &[Value], value: &Value| list.iter().any(|element| element.same(value));
        match name {
            "Fn::Contains" => Ok(has(left, &right)),
            "Fn::EachMemberEquals" => Ok(left.iter().all(|element| element.same(&right))),
            "Fn::EachMemberIn" => {
                let right = right.as_list().ok_or_else(unsupported)?;
                Ok(left.iter().all(|element| has(right, element)))
            }
            _ => Err(unsupported()),
        }
    }
}

fn asks_aws(value: &Value) -> bool {
    let member = |members: &Map| {
        members.iter().any(|(name, member)| ASK_AWS.contains(&name.as_str()) || asks_aws(member))
    };
    match value {
        Value::List(elements) => elements.iter().any(asks_aws),
        Value::Map(members) => member(members),
        _ => false,
    }
}
