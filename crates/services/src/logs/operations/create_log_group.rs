//! CreateLogGroup.

use super::tags;
use crate::logs::Logs;
use crate::logs::failure::Failure;
use crate::request::Request;
use crate::value::Value;
use database::Caller;
use wire::layer::Constraint;

/// The classes of groups, and how AWS lists them.
const CLASSES: [&str; 2] = ["STANDARD", "INFREQUENT_ACCESS"];

/// How many groups an account has at most, as on AWS.
const GROUPS_MAX: usize = 1_000_000;

impl Logs {
    pub(super) fn create_log_group(&self, caller: &Caller, mut request: Request) -> Result<Value, Failure> {
        let key = self.required_group(caller, &mut request)?;
        let kms_key = request.text_of("kmsKeyId", (0, 256))?;
        let tags = tags::read(&mut request, false)?;
        let class = class(&mut request)?.unwrap_or_else(|| CLASSES[0].to_owned());
        let protected = request.boolean("deletionProtectionEnabled")?.unwrap_or(false);
        request.finish()?;
        let now_ms = self.now_ms();
        let mut state = self.state();
        if state.groups.contains_key(&key) {
            return Err(Failure::new(
                "ResourceAlreadyExistsException",
                "The specified log group already exists",
            ));
        }
        if state.groups.len() >= GROUPS_MAX {
            return Err(Failure::new("LimitExceededException", "Resource limit exceeded."));
        }
        let record = &mut state.create_group(key, now_ms).record;
        record.kms_key = kms_key;
        record.class = class;
        record.protected = protected;
        record.tags = tags.into_iter().collect();
        Ok(Value::Null)
    }
}

/// Reads the member `logGroupClass`.
pub(super) fn class(request: &mut Request) -> Result<Option<String>, Failure> {
    let class = request.text("logGroupClass")?;
    if let Some(other) = class.as_ref().filter(|class| !CLASSES.contains(&class.as_str())) {
        let all = "[STANDARD, INFREQUENT_ACCESS, DELIVERY, ESSENTIALS]";
        if ["DELIVERY", "ESSENTIALS"].contains(&other.as_str()) {
            return Err(Failure::parameter(format!("logGroupClass {other} is not supported by this server")));
        }
        request.fail("logGroupClass", other.clone(), Constraint::Enum(all));
    }
    Ok(class)
}
