//! `ParameterFilters`.

use super::texts;
use crate::parameters::failure::Failure;
use crate::parameters::parameter::Parameter;
use crate::request::Request;

/// How many filters, and how many values each.
const FILTERS_MAX: usize = 100;
const VALUES_MAX: usize = 50;

/// What parameters must be.
pub(super) struct Filter {
    key: String,
    option: String,
    values: Vec<String>,
}

/// Reads the filters of a request; each must hold.
pub(super) fn read(request: &mut Request) -> Result<Vec<Filter>, Failure> {
    let filters = request.list("ParameterFilters", (0, FILTERS_MAX))?.unwrap_or_default();
    let filters = filters
        .into_iter()
        .enumerate()
        .map(|(nth, value)| request.within(format!("parameterFilters.{}.member", nth + 1), value, one));
    filters.collect()
}

fn one(request: &mut Request) -> Result<Filter, Failure> {
    let key = request.text("Key")?;
    let key = request.required("Key", key).unwrap_or_default();
    let option = request.text("Option")?;
    let values = texts("Values", request.list("Values", (1, VALUES_MAX))?.unwrap_or_default())?;
    let usual = if key == "Path" { "OneLevel" } else { "Equals" };
    let option = option.unwrap_or_else(|| usual.to_owned());
    let known: &[&str] = match key.as_str() {
        "Name" => &["Equals", "BeginsWith", "Contains"],
        "Path" => &["OneLevel", "Recursive"],
        "Type" | "Tier" | "DataType" | "KeyId" => &["Equals", "BeginsWith"],
        // What is missing is told with all else that is.
        "" => return Ok(Filter { key, option, values }),
        _ => {
            let message = format!("The filter key {key} is not valid, or not supported by this server.");
            return Err(Failure::new("InvalidFilterKey", message));
        }
    };
    if !known.contains(&option.as_str()) {
        let message =
            format!("The following filter option is not valid: {option}. Valid options include: {known:?}");
        return Err(Failure::new("InvalidFilterOption", message));
    }
    Ok(Filter { key, option, values })
}

impl Filter {
    pub(super) fn holds(&self, parameter: &Parameter) -> bool {
        let text = match self.key.as_str() {
            "Path" => {
                return self
                    .values
                    .iter()
                    .any(|path| is_below(&parameter.name, path, self.option == "Recursive"));
            }
            "Name" => parameter.name.as_str(),
            "Type" => parameter.kind.as_str(),
            "Tier" => parameter.tier.as_str(),
            "DataType" => parameter.data_type.as_str(),
            _ => parameter.key_id.as_deref().unwrap_or_default(),
        };
        self.values.iter().any(|value| match self.option.as_str() {
            "BeginsWith" => text.starts_with(value.as_str()),
            "Contains" => text.contains(value.as_str()),
            _ => text == value,
        })
    }
}

/// Whether a name is below a path: right below it, or anywhere.
pub(super) fn is_below(name: &str, path: &str, recursive: bool) -> bool {
    let Some(rest) = name.strip_prefix(path.trim_end_matches('/')) else { return false };
    rest.strip_prefix('/').is_some_and(|rest| !rest.is_empty() && (recursive || !rest.contains('/')))
}
