//! The values of parameters: what was given, held against what is declared.

mod constraint;
#[cfg(test)]
mod tests;

use crate::template::{Declaration, ParameterType};
use crate::{TemplateError, Value};
use std::collections::BTreeMap;

/// The longest value.
const VALUE_BYTES_MAX: usize = 4_096;

/// What is given for one parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Given {
    /// This value.
    Value(String),
    /// The value that the stack has.
    Previous,
}

/// Where the parameters of the parameter store are looked up.
pub trait Store {
    /// The value of a parameter, if there is one of the name.
    fn value(&self, name: &str) -> Option<String>;
}

/// A parameter store that has nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct EmptyStore;

impl Store for EmptyStore {
    fn value(&self, _: &str) -> Option<String> {
        None
    }
}

/// The values of a template's parameters.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parameters {
    values: BTreeMap<String, Value>,
    texts: BTreeMap<String, String>,
}

impl Parameters {
    /// The values, each checked.
    ///
    /// `previous` has the texts of the stack's parameters, as [`Parameters::texts`] gave them.
    ///
    /// # Errors
    /// When one is given that is not declared, none is given where there is no default, or a value breaks a constraint.
    pub fn resolve(
        declared: &BTreeMap<String, Declaration>,
        given: &BTreeMap<String, Given>,
        previous: &BTreeMap<String, String>,
        store: &dyn Store,
    ) -> Result<Self, TemplateError> {
        let unknown: Vec<String> =
            given.keys().filter(|name| !declared.contains_key(*name)).cloned().collect();
        if !unknown.is_empty() {
            return Err(TemplateError::UnknownParameters(unknown));
        }
        let (mut parameters, mut missing, mut not_in_store) = (Self::default(), Vec::new(), Vec::new());
        for (name, declaration) in declared {
            let text = match given.get(name) {
                Some(Given::Value(text)) => Some(text),
                Some(Given::Previous) => previous.get(name),
                None => None,
            };
            let Some(text) = text.or(declaration.default.as_ref()) else {
                missing.push(name.clone());
                continue;
            };
            constraint::check(name, declaration, text)?;
            match value(declaration, text, store) {
                Some(value) => drop(parameters.values.insert(name.clone(), value)),
                None => not_in_store.push(text.clone()),
            }
            parameters.texts.insert(name.clone(), text.clone());
        }
        if !missing.is_empty() {
            return Err(TemplateError::MissingParameters(missing));
        }
        if !not_in_store.is_empty() {
            return Err(TemplateError::ParameterStore(not_in_store));
        }
        Ok(parameters)
    }

    /// What `Ref` gives: a string, or a list of them.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.values.get(name)
    }

    /// What was given or is the default, for each parameter; of those of the store, the name there.
    #[must_use]
    pub const fn texts(&self) -> &BTreeMap<String, String> {
        &self.texts
    }
}

/// The value that a text stands for; none for one that the store does not have.
fn value(declaration: &Declaration, text: &str, store: &dyn Store) -> Option<Value> {
    match declaration.parameter_type {
        ParameterType::String | ParameterType::Number => Some(Value::string(text)),
        ParameterType::StringList | ParameterType::NumberList => Some(listed(text)),
        ParameterType::StoreName => store.value(text).map(|_| Value::string(text)),
        ParameterType::StoreValue { is_list } => {
            let value = store.value(text)?;
            Some(if is_list { listed(&value) } else { Value::String(value) })
        }
    }
}

/// The elements of a list that is written with commas.
fn listed(text: &str) -> Value {
    if text.is_empty() {
        return Value::List(Vec::new());
    }
    Value::List(text.split(',').map(|element| Value::string(element.trim())).collect())
}
