//! The tags of groups: TagResource, UntagResource, ListTagsForResource, and the operations from before them.

use crate::logs::Logs;
use crate::logs::failure::Failure;
use crate::logs::resource::existing;
use crate::logs::state::GroupKey;
use crate::request::Request;
use crate::value::Value;
use database::Caller;
use wire::layer::Constraint;

/// How many tags a group has at most.
const TAGS_MAX: usize = 50;

impl Logs {
    pub(super) fn tag_resource(&self, caller: &Caller, mut request: Request) -> Result<Value, Failure> {
        let arn = arn(&mut request)?;
        let tags = read(&mut request, true)?;
        request.finish()?;
        self.tag(&self.tagged(caller, &arn)?, tags)
    }

    pub(super) fn tag_log_group(&self, caller: &Caller, mut request: Request) -> Result<Value, Failure> {
        let key = self.required_group(caller, &mut request)?;
        let tags = read(&mut request, true)?;
        request.finish()?;
        self.tag(&key, tags)
    }

    pub(super) fn untag_resource(&self, caller: &Caller, mut request: Request) -> Result<Value, Failure> {
        let arn = arn(&mut request)?;
        let keys = keys(&mut request, "tagKeys")?;
        request.finish()?;
        let group = self.tagged(caller, &arn)?;
        self.change_group(&group, |record| record.tags.retain(|key, _| !keys.contains(key)))
    }

    pub(super) fn untag_log_group(&self, caller: &Caller, mut request: Request) -> Result<Value, Failure> {
        let group = self.required_group(caller, &mut request)?;
        let keys = keys(&mut request, "tags")?;
        request.finish()?;
        self.change_group(&group, |record| record.tags.retain(|key, _| !keys.contains(key)))
    }

    pub(super) fn list_tags_for_resource(
        &self,
        caller: &Caller,
        mut request: Request,
    ) -> Result<Value, Failure> {
        let arn = arn(&mut request)?;
        request.finish()?;
        self.tags(&self.tagged(caller, &arn)?)
    }

    pub(super) fn list_tags_log_group(
        &self,
        caller: &Caller,
        mut request: Request,
    ) -> Result<Value, Failure> {
        let key = self.required_group(caller, &mut request)?;
        request.finish()?;
        self.tags(&key)
    }

    /// The group of an ARN; nothing else here has tags.
    fn tagged(&self, caller: &Caller, arn: &str) -> Result<GroupKey, Failure> {
        if !arn.starts_with("arn:") {
            return Err(Failure::parameter(format!("Invalid resource ARN: {arn}")));
        }
        self.group_of(caller, arn)
    }

    fn tag(&self, key: &GroupKey, tags: Vec<(String, String)>) -> Result<Value, Failure> {
        self.try_change_group(key, |record| {
            let mut all = record.tags.clone();
            all.extend(tags);
            if all.len() > TAGS_MAX {
                let message = format!("A log group can have at most {TAGS_MAX} tags.");
                return Err(Failure::new("TooManyTagsException", message));
            }
            record.tags = all;
            Ok(())
        })
    }

    fn tags(&self, key: &GroupKey) -> Result<Value, Failure> {
        let state = self.state();
        let tags = &existing(&state, key)?.record.tags;
        let tags = tags.iter().map(|(key, value)| (key.clone(), Value::from(value.as_str())));
        Ok(Value::structure([("tags", Value::Structure(tags.collect()))]))
    }
}

fn arn(request: &mut Request) -> Result<String, Failure> {
    let arn = request.text_of("resourceArn", (1, 1011))?;
    Ok(request.required("resourceArn", arn).unwrap_or_default())
}

/// Reads the member `tags`.
pub(super) fn read(request: &mut Request, required: bool) -> Result<Vec<(String, String)>, Failure> {
    let tags = request.map("tags", (1, TAGS_MAX))?;
    if required {
        request.required("tags", tags.as_ref());
    }
    let tags = tags.unwrap_or_default();
    for (key, value) in &tags {
        if !(1..=128).contains(&key.chars().count()) {
            const KEYS: Constraint =
                Constraint::MapKeys(&[Constraint::MaxLength(128), Constraint::MinLength(1)]);
            request.fail("tags", "{...}", KEYS);
        }
        if value.chars().count() > 256 {
            const VALUES: Constraint =
                Constraint::MapValues(&[Constraint::MaxLength(256), Constraint::MinLength(0)]);
            request.fail("tags", "{...}", VALUES);
        }
    }
    Ok(tags)
}

fn keys(request: &mut Request, member: &str) -> Result<Vec<String>, Failure> {
    let keys = request.list(member, (0, TAGS_MAX))?;
    let keys = request.required(member, keys).unwrap_or_default();
    let text = |key| match key {
        Value::Text(text) => Ok(text),
        _ => Err(Failure::new("SerializationException", format!("{member} is not a list of strings"))),
    };
    keys.into_iter().map(text).collect()
}
