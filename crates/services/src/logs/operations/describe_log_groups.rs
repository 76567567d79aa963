//! DescribeLogGroups.

use super::create_log_group::class;
use crate::logs::Logs;
use crate::logs::failure::Failure;
use crate::logs::groups::Group;
use crate::logs::resource::{group_arn, group_name};
use crate::request::Request;
use crate::value::Value;
use database::Caller;

impl Logs {
    pub(super) fn describe_log_groups(
        &self,
        caller: &Caller,
        mut request: Request,
    ) -> Result<Value, Failure> {
        let prefix = group_name(&mut request, "logGroupNamePrefix")?;
        let pattern = request.text_of("logGroupNamePattern", (0, 512))?;
        let class = class(&mut request)?;
        let after = request.text_of("nextToken", (1, 2048))?;
        let limit = request.integer("limit", (1, 50))?.unwrap_or(50);
        let identifiers = request.list("logGroupIdentifiers", (1, 50))?.unwrap_or_default();
        request.unsupported(&["includeLinkedAccounts"])?;
        request.finish()?;
        if prefix.is_some() && pattern.is_some() {
            return Err(Failure::parameter(
                "LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.",
            ));
        }
        let mut named = Vec::new();
        for identifier in &identifiers {
            let Value::Text(identifier) = identifier else {
                return Err(Failure::new(
                    "SerializationException",
                    "logGroupIdentifiers is not a list of strings",
                ));
            };
            named.push(self.group_of(caller, identifier)?.name);
        }
        let wanted = |name: &str, group: &Group| {
            prefix.as_deref().is_none_or(|prefix| name.starts_with(prefix))
                && pattern.as_deref().is_none_or(|pattern| name.contains(pattern))
                && class.as_deref().is_none_or(|class| group.record.class == class)
                && (named.is_empty() || named.iter().any(|known| &**known == name))
        };
        let (groups, next) = self.groups(caller, (after.as_deref(), limit), &wanted, &|name, group| {
            described(caller, name, group)
        });
        let mut answer = vec![("logGroups", Value::List(groups))];
        answer.extend(next.map(|next| ("nextToken", Value::from(next))));
        Ok(Value::structure(answer))
    }

    /// A page of the caller's groups, behind one and at most so many, and the token of the next.
    pub(super) fn groups(
        &self,
        caller: &Caller,
        (after, limit): (Option<&str>, i64),
        wanted: &dyn Fn(&str, &Group) -> bool,
        write: &dyn Fn(&str, &Group) -> Value,
    ) -> (Vec<Value>, Option<String>) {
        let limit = usize::try_from(limit).unwrap_or(1);
        let first = self.group_key(caller, after.unwrap_or_default());
        let state = self.state();
        let owned = state
            .groups
            .range(&first..)
            .take_while(|(key, _)| key.account == first.account && key.region == first.region);
        let mut found = owned
            .filter(|(key, group)| after.is_none_or(|after| &*key.name > after) && wanted(&key.name, group));
        let (mut values, mut last) = (Vec::new(), None);
        for (key, group) in found.by_ref().take(limit) {
            values.push(write(&key.name, group));
            last = Some(key.name.to_string());
        }
        let more = found.next().is_some();
        (values, last.filter(|_| more))
    }
}

fn described(caller: &Caller, name: &str, group: &Group) -> Value {
    let arn = group_arn(caller, name);
    let record = &group.record;
    let integer = |number: u64| Value::Integer(i64::try_from(number).unwrap_or(i64::MAX));
    let mut members = vec![("logGroupName", Value::from(name)), ("creationTime", integer(record.created_ms))];
    members.extend(record.retention_days.map(|days| ("retentionInDays", Value::Integer(i64::from(days)))));
    members.extend([
        ("metricFilterCount", Value::Integer(0)),
        ("arn", Value::from(format!("{arn}:*"))),
        ("storedBytes", integer(group.stored_bytes())),
    ]);
    members.extend(record.kms_key.as_deref().map(|key| ("kmsKeyId", Value::from(key))));
    members.extend([
        ("logGroupClass", Value::from(record.class.as_str())),
        ("logGroupArn", Value::from(arn)),
        ("deletionProtectionEnabled", Value::Boolean(record.protected)),
    ]);
    Value::structure(members)
}
