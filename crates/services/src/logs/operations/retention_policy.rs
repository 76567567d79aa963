//! PutRetentionPolicy and DeleteRetentionPolicy.

use crate::logs::Logs;
use crate::logs::failure::Failure;
use crate::logs::groups::GroupRecord;
use crate::logs::state::GroupKey;
use crate::request::Request;
use crate::value::Value;
use database::Caller;
use wire::layer::Constraint;

/// For how many days events may be kept.
const DAYS: [u32; 22] =
    [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653];

/// As AWS lists them.
const ALL_DAYS: &str = "[1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, \
                        2922, 3288, 3653]";

impl Logs {
    pub(super) fn put_retention_policy(
        &self,
        caller: &Caller,
        mut request: Request,
    ) -> Result<Value, Failure> {
        let key = self.required_group(caller, &mut request)?;
        let days = request.integer("retentionInDays", (i64::MIN, i64::MAX))?;
        let days = request.required("retentionInDays", days).unwrap_or_default();
        let found = u32::try_from(days).ok().filter(|days| DAYS.contains(days));
        if found.is_none() {
            request.fail("retentionInDays", days.to_string(), Constraint::Enum(ALL_DAYS));
        }
        request.finish()?;
        self.change_group(&key, |record| record.retention_days = found)
    }

    pub(super) fn delete_retention_policy(
        &self,
        caller: &Caller,
        mut request: Request,
    ) -> Result<Value, Failure> {
        let key = self.required_group(caller, &mut request)?;
        request.finish()?;
        self.change_group(&key, |record| record.retention_days = None)
    }

    /// Changes the record of a group.
    pub(super) fn change_group(
        &self,
        key: &GroupKey,
        change: impl FnOnce(&mut GroupRecord),
    ) -> Result<Value, Failure> {
        self.try_change_group(key, |record| {
            change(record);
            Ok(())
        })
    }

    /// Changes the record of a group, unless that is refused for what the record holds.
    pub(super) fn try_change_group(
        &self,
        key: &GroupKey,
        change: impl FnOnce(&mut GroupRecord) -> Result<(), Failure>,
    ) -> Result<Value, Failure> {
        let mut state = self.state();
        let group = state.groups.get_mut(key).ok_or_else(Failure::no_group)?;
        change(&mut group.record)?;
        state.changed(key);
        Ok(Value::Null)
    }
}
