//! GetParameter and GetParameters.

use super::{list, texts};
use crate::parameters::Parameters;
use crate::parameters::failure::Failure;
use crate::parameters::name;
use crate::parameters::parameter::{Owner, Parameter};
use crate::request::Request;
use crate::value::Value;
use std::sync::Arc;

/// How many parameters can be asked for at once.
const NAMES_MAX: usize = 10;

impl Parameters {
    pub(super) fn get_parameter(&self, owner: &Owner, mut request: Request) -> Result<Value, Failure> {
        let name = request.text_of("Name", (1, 2_048))?;
        let name = request.required("Name", name);
        let decrypted = request.boolean("WithDecryption")?.unwrap_or(false);
        request.finish()?;
        let name = name.unwrap_or_default();
        let (parameter, selector) = self.selected(owner, &name)?;
        Ok(Value::structure([("Parameter", parameter.shown(decrypted, selector))]))
    }

    pub(super) fn get_parameters(&self, owner: &Owner, mut request: Request) -> Result<Value, Failure> {
        let names = request.list("Names", (1, NAMES_MAX))?;
        let names = request.required("Names", names);
        let decrypted = request.boolean("WithDecryption")?.unwrap_or(false);
        request.finish()?;
        let (mut found, mut invalid) = (Vec::new(), Vec::new());
        for name in texts("Names", names.unwrap_or_default())? {
            match self.selected(owner, &name) {
                Ok((parameter, selector)) => found.push(parameter.shown(decrypted, selector)),
                Err(_) => invalid.push(name),
            }
        }
        Ok(Value::structure([("Parameters", Value::List(found)), ("InvalidParameters", list(invalid))]))
    }

    /// The parameter that is meant, if its version is the one that is kept.
    fn selected<'a>(
        &self,
        owner: &Owner,
        text: &'a str,
    ) -> Result<(Arc<Parameter>, Option<&'a str>), Failure> {
        let named = name::read(text);
        let found = named.names.iter().find_map(|name| self.find(owner, name));
        let parameter = found.ok_or_else(|| Failure::not_found(text))?;
        match named.selector {
            Some(selector) if selector != parameter.version.to_string() => Err(Failure::new(
                "ParameterVersionNotFound",
                format!(
                    "Systems Manager could not find version {selector} of {}. This server keeps the current version, {}, only.",
                    parameter.name, parameter.version
                ),
            )),
            selector => Ok((parameter, selector)),
        }
    }
}
