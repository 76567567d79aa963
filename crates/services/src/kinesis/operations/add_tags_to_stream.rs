//! AddTagsToStream.

use crate::kinesis::failure::Failure;
use crate::kinesis::request::Request;
use crate::kinesis::resource::Reference;
use crate::kinesis::{Kinesis, Value, tags};
use database::Caller;

impl Kinesis {
    pub(in crate::kinesis) async fn add_tags_to_stream(
        &self,
        caller: &Caller,
        mut request: Request,
    ) -> Result<Value, Failure> {
        let meant = Reference::read(&mut request)?;
        let given = tags::read(&mut request)?;
        let given = request.required("Tags", given).unwrap_or_default();
        request.finish()?;
        let stream = self.stream(&meant, caller)?;
        self.update(caller, &stream.name, move |stream| tags::add(stream, given)).await?;
        Ok(Value::Null)
    }
}
