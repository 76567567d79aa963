//! GetQueueAttributes and SetQueueAttributes.

use super::Answered;
use super::tags::text_map;
use crate::queues::api::context::{Context, texts};
use crate::queues::attributes;
use crate::queues::{Queues, QueuesError};
use crate::request::Request;
use crate::value::Value;

impl Queues {
    pub(super) fn get_queue_attributes(&self, context: &Context, mut request: Request) -> Answered {
        let queue = self.queue(context, &mut request)?;
        let names = texts(&mut request, "AttributeNames")?.unwrap_or_default();
        if let Some(unknown) = names.iter().find(|name| !attributes::is_known(name)) {
            return Err(attributes::unknown(unknown));
        }
        let record = &queue.current().record;
        let mut shown = attributes::shown(&record.attributes);
        self.drop_expired(&queue);
        let counts = queue.counts(self.now_ms());
        let values = [
            queue.arn.to_string(),
            counts.visible.to_string(),
            counts.in_flight.to_string(),
            counts.delayed.to_string(),
            (record.created_ms / 1_000).to_string(),
            (record.modified_ms / 1_000).to_string(),
        ];
        shown.extend(attributes::SHOWN.map(str::to_owned).into_iter().zip(values));
        if !names.iter().any(|name| name == "All") {
            shown.retain(|shown, _| names.iter().any(|name| name == shown));
        }
        if shown.is_empty() {
            return Ok(Value::Structure(Vec::new()));
        }
        let shown = shown.into_iter().map(|(name, text)| (name, Value::from(text))).collect();
        Ok(Value::structure([("Attributes", Value::Structure(shown))]))
    }

    pub(super) async fn set_queue_attributes(&self, context: &Context, mut request: Request) -> Answered {
        let queue = self.queue(context, &mut request)?;
        let new =
            text_map(&mut request, "Attributes")?.ok_or_else(|| QueuesError::missing("Attribute.Name"))?;
        self.set_attributes(&queue, new).await?;
        Ok(Value::Null)
    }
}
