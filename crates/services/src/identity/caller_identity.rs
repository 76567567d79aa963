//! GetCallerIdentity.

use super::answer;
use wire::query::Answer;

/// Who calls is the root of its account: there are no users here.
pub(super) fn run(account: &str) -> Answer {
    let mut answer = answer("GetCallerIdentity");
    answer.element("UserId", account).element("Account", account);
    answer.element("Arn", format!("arn:aws:iam::{account}:root"));
    answer
}
