//! DescribeMetricFilters and DescribeSubscriptionFilters: none can be made, so there are none.

use crate::logs::Logs;
use crate::logs::failure::Failure;
use crate::logs::resource::{existing, group_name};
use crate::request::Request;
use crate::value::Value;
use database::Caller;

impl Logs {
    pub(super) fn describe_filters(
        &self,
        caller: &Caller,
        mut request: Request,
        answer: &'static str,
    ) -> Result<Value, Failure> {
        let name = group_name(&mut request, "logGroupName")?;
        request.finish()?;
        if let Some(name) = name {
            existing(&self.state(), &self.group_key(caller, &name))?;
        }
        Ok(Value::structure([(answer, Value::List(Vec::new()))]))
    }
}
