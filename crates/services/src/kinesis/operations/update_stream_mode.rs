//! UpdateStreamMode: stored and shown. The shards stay as they are, and capacity throttles nobody.

use super::create_stream::read_mode;
use crate::kinesis::failure::Failure;
use crate::kinesis::request::Request;
use crate::kinesis::resource::Reference;
use crate::kinesis::{Kinesis, Value};
use database::Caller;
use std::sync::Arc;
use streams::data_stream::{DataChange, DataStream};

impl Kinesis {
    pub(in crate::kinesis) async fn update_stream_mode(
        &self,
        caller: &Caller,
        mut request: Request,
    ) -> Result<Value, Failure> {
        let meant = Reference::read(&mut request)?;
        let mode = read_mode(&mut request)?;
        let mode = request.required("StreamModeDetails", mode);
        request.finish()?;
        request.unsupported(&["WarmThroughputMiBps"])?;
        let stream = self.stream(&meant, caller)?;
        let on_demand = mode == Some("ON_DEMAND");
        self.update(caller, &stream.name, move |stream| {
            Ok(stream.changed(|stream| stream.on_demand = on_demand))
        })
        .await?;
        Ok(Value::Null)
    }

    /// Changes a stream in whatever does not open shards.
    pub(super) async fn update(
        &self,
        caller: &Caller,
        name: &str,
        change: impl FnOnce(&DataStream) -> Result<DataChange, Failure> + Send + 'static,
    ) -> Result<Arc<DataStream>, Failure> {
        let changed = self.database.change_data_stream(caller, name, move |stream, _| change(stream)).await;
        changed.map_err(|error| Failure::of_change(error, (name, &caller.account), |failure| failure))
    }
}
