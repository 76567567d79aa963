//! UpdateMaxRecordSize: the largest record that a stream takes from now on.

use super::create_stream::RECORD_SIZES_KIB;
use crate::kinesis::failure::Failure;
use crate::kinesis::request::Request;
use crate::kinesis::resource::Reference;
use crate::kinesis::{Kinesis, Value};
use database::Caller;

impl Kinesis {
    pub(in crate::kinesis) async fn update_max_record_size(
        &self,
        caller: &Caller,
        mut request: Request,
    ) -> Result<Value, Failure> {
        let meant = Reference::read(&mut request)?;
        let size = request.integer("MaxRecordSizeInKiB", RECORD_SIZES_KIB)?;
        let size = request.required("MaxRecordSizeInKiB", size).unwrap_or_default();
        request.finish()?;
        let stream = self.stream(&meant, caller)?;
        self.update(caller, &stream.name, move |stream| {
            let size = u32::try_from(size).unwrap_or(stream.record_size_max_kib);
            Ok(stream.changed(|stream| stream.record_size_max_kib = size))
        })
        .await?;
        Ok(Value::Null)
    }
}
