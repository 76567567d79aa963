//! RemoveTagsFromStream.

use crate::kinesis::failure::Failure;
use crate::kinesis::request::Request;
use crate::kinesis::resource::Reference;
use crate::kinesis::{Kinesis, Value, tags};
use database::Caller;

impl Kinesis {
    pub(in crate::kinesis) async fn remove_tags_from_stream(
        &self,
        caller: &Caller,
        mut request: Request,
    ) -> Result<Value, Failure> {
        let meant = Reference::read(&mut request)?;
        let keys = tags::read_keys(&mut request)?;
        request.finish()?;
        let stream = self.stream(&meant, caller)?;
        self.update(caller, &stream.name, move |stream| Ok(tags::remove(stream, &keys))).await?;
        Ok(Value::Null)
    }
}
