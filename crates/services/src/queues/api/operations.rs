//! The operations: read, check, do, answer.

mod batch;
mod change_message_visibility;
mod create_queue;
mod delete_message;
mod list_queues;
mod message_attributes;
mod message_move_tasks;
mod permissions;
mod queue_attributes;
mod receive_message;
mod send_message;
mod tags;
mod whole_queue;

use super::context::Context;
use crate::queues::{ErrorCode, Queues, QueuesError};
use crate::request::Request;
use crate::value::Value;

/// What an operation answers.
type Answered = Result<Value, QueuesError>;

impl Queues {
    /// Runs an operation.
    pub(super) async fn run(&self, operation: &str, context: &Context, request: Request) -> Answered {
        match operation {
            "SendMessage" => self.send_message(context, request).await,
            "SendMessageBatch" => self.send_message_batch(context, request).await,
            "ReceiveMessage" => self.receive_message(context, request).await,
            "DeleteMessage" => self.delete_message(context, request).await,
            "DeleteMessageBatch" => self.delete_message_batch(context, request).await,
            "ChangeMessageVisibility" => self.change_message_visibility(context, request).await,
            "ChangeMessageVisibilityBatch" => self.change_message_visibility_batch(context, request).await,
            _ => self.manage(operation, context, request).await,
        }
    }

    /// The operations on queues.
    async fn manage(&self, operation: &str, context: &Context, request: Request) -> Answered {
        match operation {
            "CreateQueue" => self.create_queue(context, request).await,
            "GetQueueUrl" => self.get_queue_url(context, request),
            "ListQueues" => self.list_queues(context, request),
            "ListDeadLetterSourceQueues" => self.list_dead_letter_source_queues(context, request),
            "GetQueueAttributes" => self.get_queue_attributes(context, request),
            "SetQueueAttributes" => self.set_queue_attributes(context, request).await,
            "PurgeQueue" => self.purge_queue(context, request).await,
            "DeleteQueue" => self.delete_queue(context, request).await,
            "TagQueue" => self.tag_queue(context, request).await,
            "UntagQueue" => self.untag_queue(context, request).await,
            "ListQueueTags" => self.list_queue_tags(context, request),
            "AddPermission" => self.permit(context, request).await,
            "RemovePermission" => self.forbid(context, request).await,
            "StartMessageMoveTask" => self.start_message_move_task(request).await,
            "CancelMessageMoveTask" => self.cancel_message_move_task(request).await,
            "ListMessageMoveTasks" => self.list_message_move_tasks(request),
            "" => Err(QueuesError::missing("Action")),
            _ => {
                let message = format!("The action {operation} is not valid for this endpoint.");
                Err(QueuesError::new(ErrorCode::InvalidAction, message))
            }
        }
    }
}
