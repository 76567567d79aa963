//! Roles and policies.

use super::{Rig, attributes, rig, with};
use crate::services::roles;
use serde_json::{Value, json};

const ROLE: &str = "AWS::IAM::Role";
const POLICY: &str = "AWS::IAM::Policy";
const ROLE_POLICY: &str = "AWS::IAM::RolePolicy";
const MANAGED: &str = "AWS::IAM::ManagedPolicy";
const BASIC: &str = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole";

fn trust(service: &str) -> Value {
    let principal = json!({ "Service": service });
    let statement = json!([{ "Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole" }]);
    json!({ "AssumeRolePolicyDocument": { "Version": "2012-10-17", "Statement": statement } })
}

fn policy(action: &str) -> Value {
    json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Action": action, "Resource": "*" }] })
}

async fn ask(rig: &Rig, form: &str) -> String {
    roles(&rig.services, form).await
}

#[tokio::test]
async fn a_role_and_each_of_its_properties() {
    let rig = rig();
    let properties = with(
        &trust("lambda.amazonaws.com"),
        json!({
            "Path": "/app/", "Description": "d", "MaxSessionDuration": "7200", "ManagedPolicyArns": [BASIC],
            "PermissionsBoundary": "arn:aws:iam::aws:policy/PowerUserAccess",
            "Policies": [{ "PolicyName": "p", "PolicyDocument": policy("s3:*") }], "Tags": [{ "Key": "a", "Value": "b" }],
        }),
    );
    let made = rig.create(ROLE, "r", &properties).await.unwrap();
    assert_eq!(made.physical_id, "r");
    assert_eq!(attributes(&made)["Arn"], "arn:aws:iam::000000000000:role/app/r");
    assert!(attributes(&made)["RoleId"].as_str().unwrap().starts_with("AROA"));
    let shown = ask(&rig, "Action=GetRole&RoleName=r").await;
    for part in ["<Description>d<", "<MaxSessionDuration>7200<", "PowerUserAccess", "<Key>a<", "<Key>team<"] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    let attached = async || ask(&rig, "Action=ListAttachedRolePolicies&RoleName=r").await;
    let within = async || ask(&rig, "Action=ListRolePolicies&RoleName=r").await;
    assert!(attached().await.contains(BASIC) && within().await.contains("<member>p</member>"));
    assert!(rig.refused(ROLE, "r", &properties).await.contains("HandlerErrorCode: AlreadyExists"));
    let bare = with(&trust("events.amazonaws.com"), json!({ "Path": "/app/" }));
    rig.updated(ROLE, "r", &properties, &bare).await;
    let shown = ask(&rig, "Action=GetRole&RoleName=r").await;
    assert!(shown.contains("events.amazonaws.com") && shown.contains("<MaxSessionDuration>3600<"), "{shown}");
    assert!(!shown.contains("PowerUserAccess") && !shown.contains("<Key>a<"), "{shown}");
    assert!(!attached().await.contains(BASIC) && !within().await.contains("<member>p</member>"));
    rig.updated(ROLE, "r", &bare, &properties).await;
    rig.deleted(ROLE, "r", &properties).await;
}

#[tokio::test]
async fn policies_within_roles() {
    let rig = rig();
    for name in ["a", "b"] {
        rig.made(ROLE, name, &trust("lambda.amazonaws.com")).await;
    }
    let has = async |role: &str, name: &str| {
        let form = format!("Action=GetRolePolicy&RoleName={role}&PolicyName={name}");
        ask(&rig, &form).await.contains("<PolicyDocument>")
    };
    let both = json!({ "PolicyName": "p", "PolicyDocument": policy("s3:*"), "Roles": ["a", "b"] });
    let id = rig.made(POLICY, "", &both).await;
    assert_eq!(id, "p");
    assert!(has("a", "p").await && has("b", "p").await);
    let renamed = with(&both, json!({ "PolicyName": "q", "Roles": ["b"] }));
    let made = rig.update(POLICY, &id, &both, &renamed).await.unwrap();
    assert_eq!((made.physical_id.as_str(), made.reference.as_deref()), ("p", Some("q")));
    assert!(!has("a", "p").await && !has("b", "p").await && has("b", "q").await);
    rig.deleted(POLICY, &id, &renamed).await;
    assert!(!has("b", "q").await);
    let nobody = with(&both, json!({ "Roles": null }));
    assert!(
        rig.refused(POLICY, "", &nobody)
            .await
            .contains("At least one of [Groups,Roles,Users] must be non-empty.")
    );
    let missing = with(&both, json!({ "Roles": ["a", "none"] }));
    assert!(rig.refused(POLICY, "", &missing).await.contains("none"));
    assert!(!has("a", "p").await, "what fails half-way leaves nothing");
    let of_role = json!({ "PolicyName": "p", "RoleName": "a", "PolicyDocument": policy("s3:*") });
    let id = rig.made(ROLE_POLICY, "", &of_role).await;
    rig.updated(ROLE_POLICY, &id, &of_role, &with(&of_role, json!({ "PolicyDocument": policy("sqs:*") })))
        .await;
    assert!(has("a", "p").await);
    rig.deleted(ROLE_POLICY, &id, &of_role).await;
}

#[tokio::test]
async fn a_managed_policy() {
    let rig = rig();
    rig.made(ROLE, "a", &trust("lambda.amazonaws.com")).await;
    let mut present = json!({ "Description": "d", "PolicyDocument": policy("s3:*"), "Roles": ["a"] });
    let made = rig.create(MANAGED, "m", &present).await.unwrap();
    let arn = "arn:aws:iam::000000000000:policy/m";
    assert_eq!(made.physical_id, arn);
    let of = attributes(&made);
    assert_eq!(
        (&of["PolicyArn"], &of["DefaultVersionId"], &of["AttachmentCount"]),
        (&json!(arn), &json!("v1"), &json!("1"))
    );
    assert!(rig.refused(MANAGED, "m", &present).await.contains("HandlerErrorCode: AlreadyExists"));
    for (number, service) in ["a", "b", "c", "d", "e", "f"].iter().enumerate() {
        let after = with(&present, json!({ "PolicyDocument": policy(&format!("{service}:*")) }));
        let made = rig.update(MANAGED, arn, &present, &after).await.unwrap();
        assert_eq!(attributes(&made)["DefaultVersionId"], format!("v{}", number + 2));
        present = after;
    }
    rig.deleted(MANAGED, arn, &present).await;
    let attached = ask(&rig, "Action=ListAttachedRolePolicies&RoleName=a").await;
    assert!(!attached.contains(arn), "{attached}");
}
