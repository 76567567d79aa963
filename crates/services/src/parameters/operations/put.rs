//! PutParameter.

use super::tags;
use crate::parameters::Parameters;
use crate::parameters::failure::Failure;
use crate::parameters::name;
use crate::parameters::parameter::{Owner, Parameter, TYPES};
use crate::request::Request;
use crate::value::Value;
use regex_lite::RegexBuilder;

/// The longest values, by tier, in characters.
const STANDARD_MAX: usize = 4_096;
const ADVANCED_MAX: usize = 8_192;

/// The most memory that a pattern may take, in bytes.
const PATTERN_BYTES_MAX: usize = 1 << 20;

const TIERS: (&[&str], &str) =
    (&["Standard", "Advanced", "Intelligent-Tiering"], "[Standard, Advanced, Intelligent-Tiering]");

impl Parameters {
    pub(super) async fn put_parameter(&self, owner: Owner, mut request: Request) -> Result<Value, Failure> {
        request.unsupported(&["Policies"])?;
        let name = request.text_of("Name", (1, 2_048))?;
        let name = request.required("Name", name);
        let value = request.text("Value")?;
        let value = request.required("Value", value);
        let kind = request.one_of("Type", (&TYPES, "[String, StringList, SecureString]"))?;
        let tier = request.one_of("Tier", TIERS)?;
        let overwrite = request.boolean("Overwrite")?.unwrap_or(false);
        let description = request.text_of("Description", (0, 1_024))?;
        let allowed_pattern = request.text_of("AllowedPattern", (0, 1_024))?;
        let data_type = request.text_of("DataType", (0, 128))?;
        let key_id = request.text_of("KeyId", (1, 256))?;
        let tags = tags::read(&mut request)?;
        request.finish()?;
        let (given, value) = (name.unwrap_or_default(), value.unwrap_or_default());
        let mut named = name::read(&given);
        // Of a name with a version, none is put: no name has a colon.
        let name =
            if named.selector.is_some() { given.clone() } else { named.names.pop().unwrap_or_default() };
        name::check(&name)?;
        if overwrite && !tags.is_empty() {
            return Err(Failure::invalid(
                "Invalid request: tags and overwrite can't be used together. To create a parameter with tags, please remove overwrite flag. To update tags for an existing parameter, please use AddTagsToResource or RemoveTagsFromResource.",
            ));
        }
        let lock = self.inner.control.lock().await;
        let before = self.stored(&owner, &name).map(|before| Parameter::clone(&before));
        if before.is_some() && !overwrite {
            return Err(Failure::new(
                "ParameterAlreadyExists",
                "The parameter already exists. To overwrite this value, set the overwrite option in the request to true.",
            ));
        }
        let is_new = before.is_none();
        let mut parameter = before.unwrap_or_else(|| Parameter::text(owner, &name, "", 0));
        match kind {
            Some(kind) => kind.clone_into(&mut parameter.kind),
            None if is_new => {
                return Err(Failure::invalid("A parameter type is required when you create a parameter."));
            }
            None => {}
        }
        parameter.version += u64::from(!is_new);
        parameter.value = value;
        parameter.modified_ms = self.now_ms();
        parameter.description = description.or(parameter.description);
        parameter.allowed_pattern = allowed_pattern.or(parameter.allowed_pattern);
        parameter.data_type = data_type.unwrap_or(parameter.data_type);
        parameter.tier = tier.map_or(parameter.tier, ToOwned::to_owned);
        parameter.key_id = key_id.or(parameter.key_id);
        parameter.tags.extend(tags);
        settle(&mut parameter)?;
        let (version, tier) = (parameter.version, parameter.tier.clone());
        self.store(parameter).await?;
        drop(lock);
        let version = Value::Integer(i64::try_from(version).unwrap_or(i64::MAX));
        Ok(Value::structure([("Version", version), ("Tier", Value::from(tier))]))
    }
}

/// Checks a value against its parameter, and decides on the tier and the key where the request leaves that open.
fn settle(parameter: &mut Parameter) -> Result<(), Failure> {
    let length = parameter.value.chars().count();
    if parameter.tier == "Intelligent-Tiering" {
        parameter.tier = if length > STANDARD_MAX { "Advanced" } else { "Standard" }.to_owned();
    }
    let most = if parameter.tier == "Advanced" { ADVANCED_MAX } else { STANDARD_MAX };
    if length == 0 || length > most {
        return Err(Failure::invalid(format!(
            "{} tier parameters support a maximum parameter value of {most} characters, and a minimum of one.",
            parameter.tier
        )));
    }
    if parameter.kind == "SecureString" {
        parameter.key_id.get_or_insert_with(|| "alias/aws/ssm".to_owned());
    } else {
        parameter.key_id = None;
    }
    let Some(pattern) = parameter.allowed_pattern.as_deref().filter(|pattern| !pattern.is_empty()) else {
        return Ok(());
    };
    let compiled = RegexBuilder::new(pattern).size_limit(PATTERN_BYTES_MAX).build();
    let compiled = compiled.map_err(|_| {
        let message =
            format!("The pattern {pattern} is not one, or looks around, which this server does not.");
        Failure::new("InvalidAllowedPatternException", message)
    })?;
    if compiled.is_match(&parameter.value) {
        return Ok(());
    }
    let message = format!("Parameter value, cannot be validated against allowedPattern: {pattern}");
    Err(Failure::new("ParameterPatternMismatchException", message))
}
