//! What a template says of all its serverless resources of a kind.

use crate::{Map, TemplateError, Value};
use std::collections::BTreeMap;

/// The kinds that the section may speak of. Of those that are not here nothing is used.
const KINDS: &[&str] = &[
    "Api",
    "CapacityProvider",
    "Function",
    "HttpApi",
    "LayerVersion",
    "SimpleTable",
    "StateMachine",
    "WebSocketApi",
];

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Globals {
    kinds: BTreeMap<String, Map>,
}

impl Globals {
    pub(super) fn read(section: Option<&Value>) -> Result<Self, TemplateError> {
        let Some(section) = section else { return Ok(Self::default()) };
        let failed = |text: &str| TemplateError::Globals(text.to_owned());
        let section = section.as_map().ok_or_else(|| failed("It must be a non-empty dictionary."))?;
        let mut kinds = BTreeMap::new();
        for (kind, properties) in section {
            if !KINDS.contains(&kind.as_str()) {
                return Err(failed(&format!(
                    "'{kind}' is not supported. Must be one of the following values - {KINDS:?}"
                )));
            }
            let properties =
                properties.as_map().ok_or_else(|| failed("Value of ${section} must be a dictionary"))?;
            kinds.insert(kind.clone(), properties.clone());
        }
        Ok(Self { kinds })
    }

    /// About how many bytes what is said of a kind takes.
    pub(super) fn weight(&self, kind: &str) -> usize {
        self.kinds.get(kind).into_iter().flatten().map(|(name, value)| name.len() + value.weight()).sum()
    }

    /// The properties of a resource, with what is said of all of its kind: its own come first, objects are merged, lists come
    /// after those of all.
    pub(super) fn merged(&self, kind: &str, own: Map) -> Map {
        let mut merged = self.kinds.get(kind).cloned().unwrap_or_default();
        merge(&mut merged, own);
        merged
    }
}

fn merge(globals: &mut Map, own: Map) {
    for (name, value) in own {
        match (globals.get_mut(&name), value) {
            // A function is a value of its own, however it is written.
            (Some(Value::Map(all)), Value::Map(own))
                if crate::evaluate::function(all).is_none() && crate::evaluate::function(&own).is_none() =>
            {
                merge(all, own);
            }
            (Some(Value::List(all)), Value::List(own)) => all.extend(own),
            (_, value) => drop(globals.insert(name, value)),
        }
    }
}
