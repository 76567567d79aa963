//! CreateQueue and GetQueueUrl.

use super::Answered;
use super::tags::text_map;
use crate::queues::api::context::{Context, required};
use crate::queues::control::NewQueue;
use crate::queues::{Arn, Queues, QueuesError};
use crate::request::Request;
use crate::value::Value;

impl Queues {
    pub(super) async fn create_queue(&self, context: &Context, mut request: Request) -> Answered {
        let name = required(&mut request, "QueueName")?;
        let attributes = text_map(&mut request, "Attributes")?.unwrap_or_default();
        let tags = text_map(&mut request, "tags")?.or(text_map(&mut request, "Tags")?).unwrap_or_default();
        let queue = self.create(NewQueue { arn: context.arn(name), attributes, tags }).await?;
        Ok(Value::structure([("QueueUrl", Value::from(context.url(&queue)))]))
    }

    pub(super) fn get_queue_url(&self, context: &Context, mut request: Request) -> Answered {
        let name = required(&mut request, "QueueName")?;
        let owner = request.text("QueueOwnerAWSAccountId")?;
        let account = owner.unwrap_or_else(|| context.account().to_owned());
        let queue = self.find(&Arn { account, ..context.arn(name) });
        let queue = queue.ok_or_else(QueuesError::no_queue)?;
        Ok(Value::structure([("QueueUrl", Value::from(context.url(&queue)))]))
    }
}
