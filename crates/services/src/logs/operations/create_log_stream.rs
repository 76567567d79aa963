//! CreateLogStream.

use crate::logs::Logs;
use crate::logs::failure::Failure;
use crate::logs::resource::{existing, stream_name};
use crate::request::Request;
use crate::value::Value;
use database::Caller;

impl Logs {
    pub(super) fn create_log_stream(&self, caller: &Caller, mut request: Request) -> Result<Value, Failure> {
        let key = self.required_group(caller, &mut request)?;
        let name = stream_name(&mut request, "logStreamName")?;
        let name = request.required("logStreamName", name).unwrap_or_default();
        request.finish()?;
        let now_ms = self.now_ms();
        let mut state = self.state();
        if existing(&state, &key)?.streams.contains_key(name.as_str()) {
            return Err(Failure::new(
                "ResourceAlreadyExistsException",
                "The specified log stream already exists",
            ));
        }
        state.create_stream(&key, &name, now_ms);
        Ok(Value::Null)
    }
}
