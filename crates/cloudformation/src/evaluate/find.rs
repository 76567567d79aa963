//! `Fn::FindInMap`.

use super::Evaluator;
use crate::{Function, TemplateError, Value};

impl Evaluator<'_, '_> {
    pub(super) fn find(&self, argument: &Value) -> Result<Option<Value>, TemplateError> {
        let failed = TemplateError::Arguments(Function::FindInMap);
        let parts = argument.as_list().ok_or_else(|| failed.clone())?;
        let (path, default) = match parts {
            [map, key, attribute] => ([map, key, attribute], None),
            [map, key, attribute, default] if self.evaluation.template.extended => {
                let default = default.get("DefaultValue").ok_or_else(|| failed.clone())?;
                ([map, key, attribute], Some(default))
            }
            _ => return Err(failed),
        };
        let mut names = Vec::with_capacity(path.len());
        for part in path {
            let part = self.argument(part, Function::FindInMap)?;
            names.push(part.text().ok_or_else(|| failed.clone())?.into_owned());
        }
        let [map, key, attribute] = names.as_slice() else { return Err(failed) };
        let mappings = &self.evaluation.template.mappings;
        let found = mappings
            .get(map)
            .and_then(|mapping| mapping.get(key))
            .and_then(|attributes| attributes.get(attribute));
        match (found, default) {
            (Some(value), _) => {
                self.spend(value.weight())?;
                Ok(Some(value.clone()))
            }
            (None, Some(default)) => self.value(default),
            (None, None) if !mappings.contains_key(map) => Err(TemplateError::Mapping(map.clone())),
            (None, None) => Err(TemplateError::MappingKey(map.clone(), key.clone(), attribute.clone())),
        }
    }
}
