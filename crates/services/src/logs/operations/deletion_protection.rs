//! PutLogGroupDeletionProtection.

use crate::logs::Logs;
use crate::logs::failure::Failure;
use crate::request::Request;
use crate::value::Value;
use database::Caller;

impl Logs {
    pub(super) fn put_log_group_deletion_protection(
        &self,
        caller: &Caller,
        mut request: Request,
    ) -> Result<Value, Failure> {
        let identifier = request.text_of("logGroupIdentifier", (1, 2048))?;
        let identifier = request.required("logGroupIdentifier", identifier).unwrap_or_default();
        let enabled = request.boolean("deletionProtectionEnabled")?;
        let enabled = request.required("deletionProtectionEnabled", enabled).unwrap_or_default();
        request.finish()?;
        let key = self.group_of(caller, &identifier)?;
        self.change_group(&key, |record| record.protected = enabled)
    }
}
