//! `ExpressionAttributeNames` and `ExpressionAttributeValues`: reading them, and the checks that need no
//! expression.

use super::{ExpressionNames, ExpressionValues};
use crate::error::ApiError;
use crate::json::{JsonError, Reader};
use crate::layer::Layer;
use crate::member::{map, owned_string};
use crate::value::{NAME_BYTES_MAX, NAME_TOO_LONG, refuse_duplicates};

/// Reads `ExpressionAttributeNames`.
pub(super) fn names(reader: &mut Reader<'_>) -> Result<Option<ExpressionNames>, JsonError> {
    let mut names = ExpressionNames::new();
    let present = map(reader, |reader, key| {
        if let Some(name) = owned_string(reader)? {
            names.push((key.into_owned(), name));
        }
        Ok(())
    })?;
    refuse_duplicates(reader, &names)?;
    Ok(present.map(|()| names))
}

/// Which expressions a request has, for the two kinds of placeholders.
#[derive(Clone, Copy)]
pub(super) struct Uses {
    /// Whether there is any expression.
    pub(super) names: bool,
    /// Whether there is an expression that can hold values.
    pub(super) values: bool,
}

/// Checks that placeholders stand beside expressions, are not empty and are spelled right.
pub(super) fn check(
    names: Option<&ExpressionNames>,
    values: Option<&ExpressionValues>,
    uses: Uses,
    layer: Layer,
) -> Result<(), ApiError> {
    if names.is_some() && !uses.names {
        return Err(layer.refuse("ExpressionAttributeNames can only be specified when using expressions"));
    }
    if values.is_some() && !uses.values {
        return Err(layer.refuse("ExpressionAttributeValues can only be specified when using expressions"));
    }
    if let Some(names) = names {
        check_keys("ExpressionAttributeNames", b'#', names, layer)?;
        if let Some((key, _)) = names.iter().find(|(_, name)| name.is_empty()) {
            return Err(layer.refuse(format!(
                "ExpressionAttributeNames contains invalid value: Empty attribute name for key {key}"
            )));
        }
    }
    if names.into_iter().flatten().any(|(_, name)| name.len() > NAME_BYTES_MAX) {
        return Err(layer.refuse(NAME_TOO_LONG));
    }
    match values {
        Some(values) => check_keys("ExpressionAttributeValues", b':', values, layer),
        None => Ok(()),
    }
}

fn check_keys<T>(parameter: &str, sign: u8, entries: &[(String, T)], layer: Layer) -> Result<(), ApiError> {
    if entries.is_empty() {
        return Err(layer.refuse(format!("{parameter} must not be empty")));
    }
    let is_right = |key: &str| {
        let [first, rest @ ..] = key.as_bytes() else { return false };
        *first == sign
            && !rest.is_empty()
            && rest.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'_')
    };
    match entries.iter().find(|(key, _)| !is_right(key)) {
        None => Ok(()),
        Some((key, _)) => {
            Err(layer.refuse(format!("{parameter} contains invalid key: Syntax error; key: \"{key}\"")))
        }
    }
}
