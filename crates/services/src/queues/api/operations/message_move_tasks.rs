//! StartMessageMoveTask, CancelMessageMoveTask and ListMessageMoveTasks.

use super::Answered;
use crate::queues::api::context::{number_in, required};
use crate::queues::move_task::{TaskRecord, TaskStatus};
use crate::queues::{ErrorCode, Queues, QueuesError};
use crate::request::Request;
use crate::value::Value;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE;

impl Queues {
    pub(super) async fn start_message_move_task(&self, mut request: Request) -> Answered {
        let source = required(&mut request, "SourceArn")?;
        let destination = request.text("DestinationArn")?;
        let reason = "Must be an integer from 1 to 500, if provided.";
        let rate = number_in(&mut request, "MaxNumberOfMessagesPerSecond", (1, 500), reason)?;
        let queue = self.resource(&source, "SourceArn")?;
        if !self.all().iter().any(|other| self.buries_in(other, &queue)) {
            let message = "Source queue must be configured as a Dead Letter Queue.";
            return Err(QueuesError::parameter(message));
        }
        if let Some(destination) = &destination {
            let destination = self.resource(destination, "DestinationArn")?;
            if destination.id == queue.id {
                return Err(QueuesError::parameter(
                    "Source queue and destination queue must not be the same.",
                ));
            }
            if destination.is_fifo != queue.is_fifo {
                let message = "Source queue and destination queue must be of the same type.";
                return Err(QueuesError::parameter(message));
            }
        }
        let task = TaskRecord {
            source,
            destination,
            rate,
            started_ms: self.now_ms(),
            status: TaskStatus::Running,
            moved: 0,
            to_move: 0,
            failure: None,
        };
        let id = self.start_move(task).await?;
        Ok(Value::structure([("TaskHandle", Value::from(handle(id)))]))
    }

    pub(super) async fn cancel_message_move_task(&self, mut request: Request) -> Answered {
        let handle = required(&mut request, "TaskHandle")?;
        let id = URL_SAFE.decode(&handle).ok().and_then(|bytes| bytes.try_into().ok());
        let Some(id) = id.map(u128::from_be_bytes) else {
            let message = format!("Value {handle} for parameter TaskHandle is invalid.");
            return Err(QueuesError::parameter(message));
        };
        let moved = self.cancel_move(id).await?;
        Ok(Value::structure([("ApproximateNumberOfMessagesMoved", count(moved))]))
    }

    pub(super) fn list_message_move_tasks(&self, mut request: Request) -> Answered {
        let source = required(&mut request, "SourceArn")?;
        let reason = "Must be an integer from 1 to 10, if provided.";
        let max = number_in(&mut request, "MaxResults", (1, 10), reason)?.unwrap_or(1);
        self.resource(&source, "SourceArn")?;
        let tasks = self.tasks_of(&source).into_iter();
        let told = tasks.take(usize::try_from(max).unwrap_or(1)).map(|(id, task)| told(id, task));
        Ok(Value::structure([("Results", Value::List(told.collect()))]))
    }

    fn resource(
        &self,
        arn: &str,
        parameter: &str,
    ) -> Result<std::sync::Arc<crate::queues::queue::Queue>, QueuesError> {
        self.by_arn(arn).map_err(|_| {
            let message =
                format!("The resource that you specified for the {parameter} parameter doesn't exist.");
            QueuesError::new(ErrorCode::ResourceNotFound, message)
        })
    }
}

fn handle(id: u128) -> String {
    URL_SAFE.encode(id.to_be_bytes())
}

fn count(number: u64) -> Value {
    Value::Integer(i64::try_from(number).unwrap_or(i64::MAX))
}

fn told(id: u128, task: TaskRecord) -> Value {
    let mut members = Vec::new();
    if task.status == TaskStatus::Running {
        members.push(("TaskHandle", Value::from(handle(id))));
    }
    members.push(("Status", Value::from(task.status.as_str())));
    members.push(("SourceArn", Value::from(task.source)));
    let texts = [("DestinationArn", task.destination), ("FailureReason", task.failure)];
    members.extend(texts.into_iter().filter_map(|(name, text)| Some((name, Value::from(text?)))));
    if let Some(rate) = task.rate {
        members.push(("MaxNumberOfMessagesPerSecond", count(rate)));
    }
    members.push(("ApproximateNumberOfMessagesMoved", count(task.moved)));
    members.push(("ApproximateNumberOfMessagesToMove", count(task.to_move)));
    members.push(("StartedTimestamp", count(task.started_ms)));
    Value::structure(members)
}
