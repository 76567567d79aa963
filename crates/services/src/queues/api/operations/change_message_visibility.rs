//! ChangeMessageVisibility and ChangeMessageVisibilityBatch.

use super::{Answered, batch};
use crate::queues::api::context::{Context, number_in, required};
use crate::queues::deleting::VISIBILITY_MAX_MS;
use crate::queues::{Queues, QueuesError};
use crate::request::Request;
use crate::value::Value;

impl Queues {
    pub(super) async fn change_message_visibility(
        &self,
        context: &Context,
        mut request: Request,
    ) -> Answered {
        let queue = self.queue(context, &mut request)?;
        let receipt = read(&mut request)?;
        let results = self.change_visibility_in(&queue, &[receipt]).await?;
        results.into_iter().collect::<Result<Vec<()>, QueuesError>>()?;
        Ok(Value::Null)
    }

    pub(super) async fn change_message_visibility_batch(
        &self,
        context: &Context,
        mut request: Request,
    ) -> Answered {
        let queue = self.queue(context, &mut request)?;
        let entries = batch::entries(&mut request, "ChangeMessageVisibilityBatch", read)?;
        let receipts: Vec<_> = entries.iter().filter_map(|(_, receipt)| receipt.clone().ok()).collect();
        let mut done = self.change_visibility_in(&queue, &receipts).await?.into_iter();
        let results = entries.into_iter().map(|(id, receipt)| {
            let result = receipt.and_then(|_| done.next().unwrap_or(Ok(())));
            (id, result.map(|()| Vec::new()))
        });
        Ok(batch::answer(results.collect()))
    }
}

fn read(request: &mut Request) -> Result<(String, u64), QueuesError> {
    let handle = required(request, "ReceiptHandle")?;
    let max_s = VISIBILITY_MAX_MS as i64 / 1_000;
    let reason = format!("VisibilityTimeout must be an integer between 0 and {max_s}.");
    let seconds = number_in(request, "VisibilityTimeout", (0, max_s), &reason)?;
    let seconds = seconds.ok_or_else(|| QueuesError::missing("VisibilityTimeout"))?;
    Ok((handle, seconds * 1_000))
}
