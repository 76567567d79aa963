//! ListLogGroups.

use super::create_log_group::class;
use crate::logs::Logs;
use crate::logs::failure::Failure;
use crate::logs::groups::Group;
use crate::logs::resource::group_arn;
use crate::request::Request;
use crate::value::Value;
use database::Caller;

impl Logs {
    pub(super) fn list_log_groups(&self, caller: &Caller, mut request: Request) -> Result<Value, Failure> {
        let pattern = request.text_of("logGroupNamePattern", (3, 129))?;
        let class = class(&mut request)?;
        let after = request.text_of("nextToken", (1, 2048))?;
        let limit = request.integer("limit", (1, 1_000))?.unwrap_or(50);
        request.unsupported(&["includeLinkedAccounts", "dataSources", "fieldIndexNames", "logGroupTags"])?;
        request.finish()?;
        // Texts of which one must be in the name, or at its beginning where it begins with a caret.
        let matches = |name: &str| {
            pattern.as_deref().is_none_or(|pattern| {
                pattern.split('|').any(|part| match part.strip_prefix('^') {
                    Some(start) => name.starts_with(start),
                    None => name.contains(part),
                })
            })
        };
        let wanted = |name: &str, group: &Group| {
            matches(name) && class.as_deref().is_none_or(|class| group.record.class == class)
        };
        let (groups, next) = self.groups(caller, (after.as_deref(), limit), &wanted, &|name, group| {
            Value::structure([
                ("logGroupName", Value::from(name)),
                ("logGroupArn", Value::from(group_arn(caller, name))),
                ("logGroupClass", Value::from(group.record.class.as_str())),
            ])
        });
        let mut answer = vec![("logGroups", Value::List(groups))];
        answer.extend(next.map(|next| ("nextToken", Value::from(next))));
        Ok(Value::structure(answer))
    }
}
