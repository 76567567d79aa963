//! Dynamic references: `{{resolve:ssm:NAME}}` in properties, looked up when a resource is made or changed.

use crate::Inner;
use crate::resources::ResourceError;
use cloudformation::Value;
use std::collections::BTreeMap;

/// What a reference begins with.
const OPEN: &str = "{{resolve:";

/// What it ends with.
const CLOSE: &str = "}}";

/// How many different references a resource may have, as on AWS.
const REFERENCES_MAX: usize = 60;

impl Inner {
    /// A value with its dynamic references replaced by what they refer to.
    pub(crate) async fn resolved(&self, place: (&str, &str), value: Value) -> Result<Value, ResourceError> {
        let mut found = BTreeMap::new();
        collect(&value, &mut found);
        if found.is_empty() {
            return Ok(value);
        }
        if found.len() > REFERENCES_MAX {
            return Err(ResourceError::Invalid(format!(
                "Template error: a resource may have at most {REFERENCES_MAX} dynamic references"
            )));
        }
        for (reference, text) in &mut found {
            *text = self.referred(place, reference).await?;
        }
        Ok(replaced(value, &found))
    }

    /// What a reference refers to.
    async fn referred(&self, place: (&str, &str), reference: &str) -> Result<String, ResourceError> {
        let (service, name) = reference.split_once(':').unwrap_or((reference, ""));
        if !matches!(service, "ssm" | "ssm-secure") {
            return Err(ResourceError::Invalid(format!(
                "Dynamic references to {service} are not supported by this server: {OPEN}{reference}{CLOSE}"
            )));
        }
        self.surroundings.parameters.value(place, name).await.ok_or_else(|| {
            ResourceError::Invalid(format!(
                "Parameters: [{OPEN}{reference}{CLOSE}] cannot be found in the parameter store"
            ))
        })
    }
}

/// The references in a value, without what they begin and end with.
fn collect(value: &Value, found: &mut BTreeMap<String, String>) {
    match value {
        Value::String(text) => {
            for part in text.split(OPEN).skip(1) {
                if let Some((reference, _)) = part.split_once(CLOSE) {
                    found.insert(reference.to_owned(), String::new());
                }
            }
        }
        Value::List(elements) => elements.iter().for_each(|element| collect(element, found)),
        Value::Map(members) => members.values().for_each(|member| collect(member, found)),
        Value::Null | Value::Boolean(_) | Value::Number(_) | Value::Unknown(_) => {}
    }
}

fn replaced(value: Value, found: &BTreeMap<String, String>) -> Value {
    match value {
        Value::String(text) => Value::String(replaced_text(&text, found)),
        Value::List(elements) => {
            Value::List(elements.into_iter().map(|element| replaced(element, found)).collect())
        }
        Value::Map(members) => {
            Value::Map(members.into_iter().map(|(name, member)| (name, replaced(member, found))).collect())
        }
        other => other,
    }
}

/// What is put in is not looked at again.
fn replaced_text(text: &str, found: &BTreeMap<String, String>) -> String {
    let mut parts = text.split(OPEN);
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        match part.split_once(CLOSE).and_then(|(reference, rest)| Some((found.get(reference)?, rest))) {
            Some((value, rest)) => {
                out.push_str(value);
                out.push_str(rest);
            }
            None => {
                out.push_str(OPEN);
                out.push_str(part);
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_found_and_replaced() {
        let value = Value::map([
            ("A", Value::string("a{{resolve:ssm:x:1}}b{{resolve:ssm:y}}{{resolve:open")),
            ("B", Value::List(vec![Value::string("{{resolve:ssm:y}}"), Value::string("plain")])),
        ]);
        let mut found = BTreeMap::new();
        collect(&value, &mut found);
        assert_eq!(found.keys().collect::<Vec<_>>(), ["ssm:x:1", "ssm:y"]);
        found.insert("ssm:x:1".to_owned(), "{{resolve:ssm:y}}".to_owned());
        found.insert("ssm:y".to_owned(), "2".to_owned());
        assert_eq!(
            replaced(value, &found).to_json(),
            r#"{"A":"a{{resolve:ssm:y}}b2{{resolve:open","B":["2","plain"]}"#
        );
    }
}
