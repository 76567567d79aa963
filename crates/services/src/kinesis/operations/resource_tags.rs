//! TagResource, UntagResource, ListTagsForResource: the tags of a stream, named by its ARN.

use crate::kinesis::failure::Failure;
use crate::kinesis::request::Request;
use crate::kinesis::resource::scope;
use crate::kinesis::{Kinesis, Value, tags};
use database::Caller;
use std::sync::Arc;
use streams::data_stream::DataStream;

/// Reads the member `ResourceARN`.
fn read(request: &mut Request) -> Result<String, Failure> {
    let arn = request.text_of("ResourceARN", (1, 2048))?;
    Ok(request.required("ResourceARN", arn).unwrap_or_default())
}

impl Kinesis {
    fn resource(&self, caller: &Caller, arn: &str) -> Result<Arc<DataStream>, Failure> {
        let stream = self.database.data_streams().by_arn(scope(caller), arn);
        stream.ok_or_else(|| Failure::not_found(format!("Resource {arn} not found.")))
    }

    pub(in crate::kinesis) async fn tag_resource(
        &self,
        caller: &Caller,
        mut request: Request,
    ) -> Result<Value, Failure> {
        let arn = read(&mut request)?;
        let given = tags::read(&mut request)?;
        let given = request.required("Tags", given).unwrap_or_default();
        request.finish()?;
        let stream = self.resource(caller, &arn)?;
        self.update(caller, &stream.name, move |stream| tags::add(stream, given)).await?;
        Ok(Value::Null)
    }

    pub(in crate::kinesis) async fn untag_resource(
        &self,
        caller: &Caller,
        mut request: Request,
    ) -> Result<Value, Failure> {
        let arn = read(&mut request)?;
        let keys = tags::read_keys(&mut request)?;
        request.finish()?;
        let stream = self.resource(caller, &arn)?;
        self.update(caller, &stream.name, move |stream| Ok(tags::remove(stream, &keys))).await?;
        Ok(Value::Null)
    }

    pub(in crate::kinesis) fn list_tags_for_resource(
        &self,
        caller: &Caller,
        mut request: Request,
    ) -> Result<Value, Failure> {
        let arn = read(&mut request)?;
        request.finish()?;
        let stream = self.resource(caller, &arn)?;
        Ok(Value::structure([("Tags", tags::listed(stream.tags.iter()))]))
    }
}
