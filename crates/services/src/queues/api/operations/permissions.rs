//! AddPermission and RemovePermission.

use super::Answered;
use crate::queues::api::context::{Context, required, texts};
use crate::queues::permission::Permission;
use crate::queues::{ErrorCode, Queues, QueuesError};
use crate::request::Request;
use crate::value::Value;

/// How many actions a permission may name.
const ACTIONS_MAX: usize = 7;

/// The longest label.
const LABEL_MAX: usize = 80;

/// How many accounts a permission may name.
const ACCOUNTS_MAX: usize = 50;

/// Actions that a permission may name.
const ACTIONS: [&str; 7] = [
    "*",
    "SendMessage",
    "ReceiveMessage",
    "DeleteMessage",
    "ChangeMessageVisibility",
    "GetQueueAttributes",
    "GetQueueUrl",
];

impl Queues {
    pub(super) async fn permit(&self, context: &Context, mut request: Request) -> Answered {
        let queue = self.queue(context, &mut request)?;
        let label = required(&mut request, "Label")?;
        let some = |name: &str, texts: Option<Vec<String>>| {
            texts.filter(|texts| !texts.is_empty()).ok_or_else(|| QueuesError::missing(name))
        };
        check_label(&label)?;
        let accounts = some("AWSAccountIds", texts(&mut request, "AWSAccountIds")?)?;
        let actions = some("Actions", texts(&mut request, "Actions")?)?;
        if actions.len() > ACTIONS_MAX {
            let message = format!("{} Actions were found, maximum allowed is {ACTIONS_MAX}.", actions.len());
            return Err(QueuesError::new(ErrorCode::OverLimit, message));
        }
        let is_account =
            |account: &String| account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
        if accounts.len() > ACCOUNTS_MAX || !accounts.iter().all(is_account) {
            let reason = "Unable to verify.";
            return Err(QueuesError::value(accounts.join(", "), "PrincipalId", reason));
        }
        if let Some(unknown) = actions.iter().find(|action| !ACTIONS.contains(&action.as_str())) {
            let reason = "Please refer to the appropriate WSDL for a list of valid actions. ";
            return Err(QueuesError::value(format!("SQS:{unknown}"), "ActionName", reason));
        }
        self.add_permission(&queue, Permission { label, accounts, actions }).await?;
        Ok(Value::Null)
    }

    pub(super) async fn forbid(&self, context: &Context, mut request: Request) -> Answered {
        let queue = self.queue(context, &mut request)?;
        let label = required(&mut request, "Label")?;
        self.remove_permission(&queue, label).await?;
        Ok(Value::Null)
    }
}

fn check_label(label: &str) -> Result<(), QueuesError> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    if label.len() <= LABEL_MAX && label.bytes().all(allowed) {
        return Ok(());
    }
    let reason = "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length.";
    Err(QueuesError::value(label, "Label", reason))
}
