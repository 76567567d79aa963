//! ListTagsForStream: in order of key, by the page.

use crate::kinesis::failure::Failure;
use crate::kinesis::request::Request;
use crate::kinesis::resource::Reference;
use crate::kinesis::{Kinesis, Value, tags};
use database::Caller;

const LIMIT_MAX: i64 = 50;

impl Kinesis {
    pub(in crate::kinesis) fn list_tags_for_stream(
        &self,
        caller: &Caller,
        mut request: Request,
    ) -> Result<Value, Failure> {
        let meant = Reference::read(&mut request)?;
        let after = request.text_of("ExclusiveStartTagKey", (1, 128))?;
        let limit = request.integer("Limit", (1, LIMIT_MAX))?.unwrap_or(LIMIT_MAX);
        request.finish()?;
        let stream = self.stream(&meant, caller)?;
        let behind = |key: &String| after.as_ref().is_none_or(|after| key > after);
        let mut listed = stream.tags.iter().filter(|(key, _)| behind(key));
        let page = tags::listed(listed.by_ref().take(usize::try_from(limit).unwrap_or_default()));
        let more = Value::Boolean(listed.next().is_some());
        Ok(Value::structure([("Tags", page), ("HasMoreTags", more)]))
    }
}
