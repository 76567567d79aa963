//! Dynamic references: `{{resolve:ssm:NAME}}` in properties, looked up when a resource is made or changed.

use crate::Inner;
use crate::resources::ResourceError;
use cloudformation::Value;
use std::collections::BTreeMap;

/// How many bytes what is put in for the references of a resource may take.
const REFERRED_BYTES_MAX: usize = 1 << 20;

/// What a reference begins with.
const OPEN: &str = "{{resolve:";

/// What it ends with.
const CLOSE: &str = "}}";

/// How many different references a resource may have, as on AWS.
const REFERENCES_MAX: usize = 60;

impl Inner {
    /// A value with its dynamic references replaced by what they refer to.
    pub(crate) async fn resolved(&self, place: (&str, &str), value: &Value) -> Result<Value, ResourceError> {
        let mut all = Vec::new();
        collect(value, &mut all);
        let mut found: BTreeMap<&str, String> =
            all.iter().map(|reference| (*reference, String::new())).collect();
        if found.len() > REFERENCES_MAX {
            return Err(ResourceError::Unfit(format!(
                "Template error: a resource may have at most {REFERENCES_MAX} dynamic references"
            )));
        }
        for (reference, text) in &mut found {
            *text = self.referred(place, reference).await?;
        }
        // Few characters stand for many, as often as they are written.
        let bytes: usize = all.iter().filter_map(|reference| found.get(reference)).map(String::len).sum();
        if bytes > REFERRED_BYTES_MAX {
            return Err(ResourceError::Unfit(format!(
                "Template error: the dynamic references of a resource give more than {REFERRED_BYTES_MAX} bytes"
            )));
        }
        Ok(replaced(value, &found))
    }

    /// What properties were: what they refer to may be gone, or never have been there, and then they stay as they are written.
    pub(crate) async fn resolved_or_not(&self, place: (&str, &str), value: &Value) -> Value {
        self.resolved(place, value).await.unwrap_or_else(|_| value.clone())
    }

    /// What a reference refers to.
    async fn referred(&self, place: (&str, &str), reference: &str) -> Result<String, ResourceError> {
        let (service, name) = reference.split_once(':').unwrap_or((reference, ""));
        if !matches!(service, "ssm" | "ssm-secure") {
            return Err(ResourceError::Unfit(format!(
                "Dynamic references to {service} are not supported by this server: {OPEN}{reference}{CLOSE}"
            )));
        }
        self.surroundings.parameters.value(place, name).await.ok_or_else(|| {
            ResourceError::Unfit(format!(
                "Parameters: [{OPEN}{reference}{CLOSE}] cannot be found in the parameter store"
            ))
        })
    }
}

/// The references in a value, each as often as it is there, without what they begin and end with.
fn collect<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
    match value {
        Value::String(text) => {
            for part in text.split(OPEN).skip(1) {
                if let Some((reference, _)) = part.split_once(CLOSE) {
                    found.push(reference);
                }
            }
        }
        Value::List(elements) => elements.iter().for_each(|element| collect(element, found)),
        Value::Map(members) => members.values().for_each(|member| collect(member, found)),
        Value::Null | Value::Boolean(_) | Value::Number(_) | Value::Unknown(_) => {}
    }
}

fn replaced(value: &Value, found: &BTreeMap<&str, String>) -> Value {
    match value {
        Value::String(text) => Value::String(replaced_text(text, found)),
        Value::List(elements) => {
            Value::List(elements.iter().map(|element| replaced(element, found)).collect())
        }
        Value::Map(members) => {
            let members = members.iter().map(|(name, member)| (name.clone(), replaced(member, found)));
            Value::Map(members.collect())
        }
        other => other.clone(),
    }
}

/// What is put in is not looked at again.
fn replaced_text(text: &str, found: &BTreeMap<&str, String>) -> String {
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
        let mut all = Vec::new();
        collect(&value, &mut all);
        assert_eq!(all, ["ssm:x:1", "ssm:y", "ssm:y"]);
        let found = BTreeMap::from([("ssm:x:1", "{{resolve:ssm:y}}".to_owned()), ("ssm:y", "2".to_owned())]);
        assert_eq!(
            replaced(&value, &found).to_json(),
            r#"{"A":"a{{resolve:ssm:y}}b2{{resolve:open","B":["2","plain"]}"#
        );
    }
}
