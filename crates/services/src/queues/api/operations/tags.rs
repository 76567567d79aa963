//! TagQueue, UntagQueue and ListQueueTags.

use super::Answered;
use crate::queues::api::context::{Context, texts};
use crate::queues::{Queues, QueuesError};
use crate::request::Request;
use crate::value::Value;
use std::collections::BTreeMap;

impl Queues {
    pub(super) async fn tag_queue(&self, context: &Context, mut request: Request) -> Answered {
        let queue = self.queue(context, &mut request)?;
        let new = text_map(&mut request, "Tags")?.ok_or_else(|| QueuesError::missing("Tags"))?;
        self.change_tags(&queue, move |tags| tags.extend(new.clone())).await?;
        Ok(Value::Null)
    }

    pub(super) async fn untag_queue(&self, context: &Context, mut request: Request) -> Answered {
        let queue = self.queue(context, &mut request)?;
        let keys = texts(&mut request, "TagKeys")?.ok_or_else(|| QueuesError::missing("TagKeys"))?;
        self.change_tags(&queue, move |tags| tags.retain(|key, _| !keys.contains(key))).await?;
        Ok(Value::Null)
    }

    pub(super) fn list_queue_tags(&self, context: &Context, mut request: Request) -> Answered {
        let queue = self.queue(context, &mut request)?;
        let tags = queue.current().record.tags.clone();
        if tags.is_empty() {
            return Ok(Value::Structure(Vec::new()));
        }
        let tags = tags.into_iter().map(|(key, value)| (key, Value::from(value))).collect();
        Ok(Value::structure([("Tags", Value::Structure(tags))]))
    }
}

/// A map of texts.
pub(super) fn text_map(
    request: &mut Request,
    name: &str,
) -> Result<Option<BTreeMap<String, String>>, QueuesError> {
    Ok(request.map(name, (0, usize::MAX))?.map(|map| map.into_iter().collect()))
}
