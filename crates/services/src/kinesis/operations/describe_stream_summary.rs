//! DescribeStreamSummary.

use crate::kinesis::failure::Failure;
use crate::kinesis::request::Request;
use crate::kinesis::resource::Reference;
use crate::kinesis::{Kinesis, Value, describe};
use database::Caller;

impl Kinesis {
    pub(in crate::kinesis) fn describe_stream_summary(
        &self,
        caller: &Caller,
        mut request: Request,
    ) -> Result<Value, Failure> {
        let meant = Reference::read(&mut request)?;
        request.finish()?;
        let stream = self.stream(&meant, caller)?;
        let mut members = describe::head(&stream);
        members.extend(describe::settings(&stream));
        members.extend([
            ("OpenShardCount", Value::count(stream.open_shards().len())),
            ("ConsumerCount", Value::Integer(0)),
            ("MaxRecordSizeInKiB", Value::Integer(i64::from(stream.record_size_max_kib))),
        ]);
        Ok(Value::structure([("StreamDescriptionSummary", Value::structure(members))]))
    }
}
