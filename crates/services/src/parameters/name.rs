//! The names of parameters.

use super::failure::Failure;

/// The longest name, and how many parts one may have.
const NAME_MAX: usize = 1_011;
const PARTS_MAX: usize = 15;

/// A name as requests give it: a name or an ARN, and after a colon the version that is meant.
pub(super) struct Named<'a> {
    /// The names that it may be: an ARN does not tell whether there is a slash at the start.
    pub(super) names: Vec<String>,
    /// The version, or a label.
    pub(super) selector: Option<&'a str>,
}

/// Reads a name, an ARN, or one of them with a version.
pub(super) fn read(text: &str) -> Named<'_> {
    let (rest, is_arn) = match text.split_once(":parameter/") {
        Some((head, rest)) if head.starts_with("arn:") => (rest, true),
        _ => (text, false),
    };
    let (name, selector) = rest.split_once(':').map_or((rest, None), |(name, version)| (name, Some(version)));
    let mut names = vec![name.to_owned()];
    if is_arn {
        names.push(format!("/{name}"));
    }
    Named { names, selector }
}

/// Whether a parameter may have this name.
pub(super) fn check(name: &str) -> Result<(), Failure> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_.-/".contains(&byte);
    if name.is_empty() || name.len() > NAME_MAX || !name.bytes().all(allowed) || name.ends_with('/') {
        return Err(Failure::invalid(
            "Invalid parameter name. Please use only the following characters: a-zA-Z0-9_.-/, and no more than 1011 of them.",
        ));
    }
    let first = name.trim_start_matches('/').to_ascii_lowercase();
    if first.starts_with("aws") || first.starts_with("ssm") {
        return Err(Failure::invalid(
            "Parameter name: can't be prefixed with \"aws\" or \"ssm\" (case-insensitive).",
        ));
    }
    if name.contains('/') && !name.starts_with('/') {
        return Err(Failure::invalid("Parameter name must be a fully qualified name."));
    }
    if name.matches('/').count() > PARTS_MAX {
        return Err(Failure::new(
            "HierarchyLevelLimitExceededException",
            format!("Parameter hierarchies can have a maximum of {PARTS_MAX} levels."),
        ));
    }
    Ok(())
}
