//! What operations answer, and what they refuse.

use super::{ACCOUNT, START_MS, Site, ask, settled, within};
use crate::Stacks;
use crate::ledger::Change;
use crate::records::Stack;
use serde_json::json;

/// A server with a stack of queues.
async fn with_queues(site: &Site, count: usize) -> Stacks {
    let stacks = site.open();
    let queues: Vec<String> =
        (0..count).map(|nth| format!(r#""Q{nth}":{{"Type":"AWS::SQS::Queue"}}"#)).collect();
    let body = format!(r#"{{"Resources":{{{}}}}}"#, queues.join(","));
    let create = [("Action", "CreateStack"), ("StackName", "S"), ("TemplateBody", body.as_str())];
    ask(&stacks, &create).await.unwrap();
    assert_eq!(settled(&stacks, "S").await, "CREATE_COMPLETE");
    stacks
}

#[tokio::test]
async fn any_resource_of_many_is_described_by_its_name() {
    let stacks = with_queues(&Site::new(1), 120).await;
    let describe = [("Action", "DescribeStackResources"), ("StackName", "S"), ("LogicalResourceId", "Q99")];
    let answer = ask(&stacks, &describe).await.unwrap();
    assert_eq!(within(&answer, "LogicalResourceId").as_deref(), Some("Q99"), "{answer}");
    let all = ask(&stacks, &describe[..2]).await.unwrap();
    assert_eq!(all.matches("<LogicalResourceId>").count(), 100);
}

#[tokio::test]
async fn a_change_set_of_a_stack_that_was_updated_since_cannot_be_executed() {
    let stacks = with_queues(&Site::new(2), 1).await;
    let body = |delay: u8| {
        format!(
            r#"{{"Resources":{{"Q0":{{"Type":"AWS::SQS::Queue","Properties":{{"DelaySeconds":{delay}}}}}}}}}"#
        )
    };
    let of_change_set = |action| [("Action", action), ("StackName", "S"), ("ChangeSetName", "c")];
    let create = body(1);
    let create = [&of_change_set("CreateChangeSet")[..], &[("TemplateBody", create.as_str())]].concat();
    ask(&stacks, &create).await.unwrap();
    let told = ask(&stacks, &of_change_set("DescribeChangeSet")).await.unwrap();
    assert_eq!(within(&told, "ExecutionStatus").as_deref(), Some("AVAILABLE"));
    let update = body(2);
    let update = [("Action", "UpdateStack"), ("StackName", "S"), ("TemplateBody", update.as_str())];
    ask(&stacks, &update).await.unwrap();
    assert_eq!(settled(&stacks, "S").await, "UPDATE_COMPLETE");
    let told = ask(&stacks, &of_change_set("DescribeChangeSet")).await.unwrap();
    assert_eq!(within(&told, "ExecutionStatus").as_deref(), Some("OBSOLETE"));
    let (code, message) = ask(&stacks, &of_change_set("ExecuteChangeSet")).await.unwrap_err();
    assert_eq!(code, "InvalidChangeSetStatus");
    assert!(message.ends_with("cannot be executed in its current status of [OBSOLETE]"), "{message}");
    ask(&stacks, &of_change_set("DeleteChangeSet")).await.unwrap();
    let gone = ask(&stacks, &of_change_set("DescribeChangeSet")).await.unwrap_err();
    assert_eq!(gone.0, "ChangeSetNotFound");
}

#[tokio::test]
async fn change_sets_make_no_more_stacks_than_there_may_be() {
    let stacks = Site::new(3).open();
    let keys = stacks.inner.ledger.keys;
    let place = stacks.inner.place(ACCOUNT, "us-east-1");
    for nth in 0..2_000_u32 {
        let stack: Stack = serde_json::from_value(json!({
            "id": format!("arn:aws:cloudformation:us-east-1:{ACCOUNT}:stack/S{nth}/00000000-0000-0000-0000-{nth:012x}"),
            "name": format!("S{nth}"), "account": ACCOUNT, "region": "us-east-1", "created_ms": START_MS,
            "status": "CREATE_COMPLETE", "revision": null, "revisions": 0,
        }))
        .unwrap();
        let mut change = Change::new();
        change.put(keys.stack(stack.key()), &stack).unwrap();
        change.put(keys.name(&place, &stack.name), &stack.key()).unwrap();
        stacks.inner.ledger.commit(change).await.unwrap();
    }
    let body = ("TemplateBody", r#"{"Resources":{"A":{"Type":"AWS::SQS::Queue"}}}"#);
    let stack = ("StackName", "Other");
    let change_set = [("ChangeSetName", "c"), ("ChangeSetType", "CREATE")];
    let create = [&[("Action", "CreateChangeSet"), stack, body][..], &change_set].concat();
    for refused in [&[("Action", "CreateStack"), stack, body][..], create.as_slice()] {
        let (code, _) = ask(&stacks, refused).await.unwrap_err();
        assert_eq!(code, "LimitExceededException", "{refused:?}");
    }
}
