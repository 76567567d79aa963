//! PurgeQueue and DeleteQueue.

use super::Answered;
use crate::queues::Queues;
use crate::queues::api::context::Context;
use crate::request::Request;
use crate::value::Value;

impl Queues {
    pub(super) async fn purge_queue(&self, context: &Context, mut request: Request) -> Answered {
        let queue = self.queue(context, &mut request)?;
        self.purge(&queue).await?;
        Ok(Value::Null)
    }

    pub(super) async fn delete_queue(&self, context: &Context, mut request: Request) -> Answered {
        let queue = self.queue(context, &mut request)?;
        self.remove(&queue).await?;
        Ok(Value::Null)
    }
}
