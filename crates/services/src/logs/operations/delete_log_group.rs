//! DeleteLogGroup.

use crate::logs::Logs;
use crate::logs::failure::Failure;
use crate::logs::resource::existing;
use crate::request::Request;
use crate::value::Value;
use database::Caller;

impl Logs {
    pub(super) fn delete_log_group(&self, caller: &Caller, mut request: Request) -> Result<Value, Failure> {
        let key = self.required_group(caller, &mut request)?;
        request.finish()?;
        let mut state = self.state();
        if existing(&state, &key)?.record.protected {
            let message = format!("The log group {} has deletion protection enabled.", key.name);
            return Err(Failure::new("ValidationException", message));
        }
        state.delete_group(&key, self.inner.keys);
        Ok(Value::Null)
    }
}
