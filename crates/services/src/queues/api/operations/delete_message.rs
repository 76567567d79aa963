//! DeleteMessage and DeleteMessageBatch.

use super::{Answered, batch};
use crate::queues::api::context::{Context, required};
use crate::queues::{Queues, QueuesError};
use crate::request::Request;
use crate::value::Value;

impl Queues {
    pub(super) async fn delete_message(&self, context: &Context, mut request: Request) -> Answered {
        let queue = self.queue(context, &mut request)?;
        let handle = required(&mut request, "ReceiptHandle")?;
        let results = self.delete_from(&queue, &[handle]).await?;
        results.into_iter().collect::<Result<Vec<()>, QueuesError>>()?;
        Ok(Value::Null)
    }

    pub(super) async fn delete_message_batch(&self, context: &Context, mut request: Request) -> Answered {
        let queue = self.queue(context, &mut request)?;
        let entries =
            batch::entries(&mut request, "DeleteMessageBatch", |entry| required(entry, "ReceiptHandle"))?;
        let handles: Vec<_> = entries.iter().filter_map(|(_, handle)| handle.clone().ok()).collect();
        let mut done = self.delete_from(&queue, &handles).await?.into_iter();
        let results = entries.into_iter().map(|(id, handle)| {
            let result = handle.and_then(|_| done.next().unwrap_or(Ok(())));
            (id, result.map(|()| Vec::new()))
        });
        Ok(batch::answer(results.collect()))
    }
}
