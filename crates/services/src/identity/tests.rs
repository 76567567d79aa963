//! What is answered to whom.

use super::{Answer, Call, Identity};
use database::Caller;
use environment::Environment;

const NOW_MS: u64 = 1_767_225_600_000;

fn call(has_keys: bool, form: &str) -> Answer {
    let identity = Identity::new(Environment::simulated(1, NOW_MS), has_keys);
    let caller = Caller::new("123456789012", "us-east-1");
    identity.call(&Call { caller: &caller, query: b"", body: form.as_bytes(), request_id: "id" })
}

/// The text of an element.
fn element<'a>(body: &'a str, name: &str) -> &'a str {
    let rest = body.split_once(&format!("<{name}>")).unwrap().1;
    rest.split_once(&format!("</{name}>")).unwrap().0
}

#[test]
fn who_calls() {
    let answer = call(true, "Action=GetCallerIdentity&Version=2011-06-15");
    let body = String::from_utf8(answer.body.to_vec()).unwrap();
    assert_eq!(answer.status, 200);
    assert_eq!(element(&body, "Account"), "123456789012");
    assert_eq!(element(&body, "Arn"), "arn:aws:iam::123456789012:root");
    assert_eq!(element(&body, "UserId"), "123456789012");
}

#[test]
fn roles() {
    let role = "RoleArn=arn:aws:iam::210987654321:role/path/deploy&RoleSessionName=me@host";
    let answer = call(false, &format!("Action=AssumeRole&{role}&DurationSeconds=900"));
    let body = String::from_utf8(answer.body.to_vec()).unwrap();
    assert_eq!(answer.status, 200);
    // Whoever signs with it is in the role's account.
    assert_eq!(element(&body, "AccessKeyId"), "210987654321");
    assert_eq!(element(&body, "SecretAccessKey").len(), 40);
    assert_eq!(element(&body, "Expiration"), "2026-01-01T00:15:00Z");
    let user = element(&body, "AssumedRoleUser");
    assert_eq!(element(user, "Arn"), "arn:aws:sts::210987654321:assumed-role/deploy/me@host");
    let answer = call(true, &format!("Action=AssumeRole&{role}"));
    assert_eq!(answer.status, 403);
}

#[test]
fn sessions() {
    let answer = call(false, "Action=GetSessionToken");
    let body = String::from_utf8(answer.body.to_vec()).unwrap();
    assert_eq!(element(&body, "AccessKeyId"), "123456789012");
    assert_eq!(element(&body, "Expiration"), "2026-01-01T12:00:00Z");
}

#[test]
fn failures() {
    let arn = "arn:aws:iam::210987654321:role/deploy";
    let table = [
        ("".to_owned(), "MissingAction", "Could not find operation in the request."),
        (
            "Action=GetFederationToken".to_owned(),
            "InvalidAction",
            "GetFederationToken is not supported by this server",
        ),
        (
            "Action=AssumeRole&RoleSessionName=me".to_owned(),
            "ValidationError",
            "1 validation error detected: Value null at 'roleArn' failed to satisfy constraint: Member must not be null",
        ),
        (
            format!("Action=AssumeRole&RoleArn={arn}"),
            "ValidationError",
            "1 validation error detected: Value null at 'roleSessionName' failed to satisfy constraint: Member must not be null",
        ),
        (
            format!("Action=AssumeRole&RoleArn={arn}&RoleSessionName=a b"),
            "ValidationError",
            "1 validation error detected: Value 'a b' at 'roleSessionName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\w+=,.@-]*",
        ),
        (
            "Action=AssumeRole&RoleArn=arn:aws:iam::210987654321:user/deploy&RoleSessionName=me".to_owned(),
            "ValidationError",
            "arn:aws:iam::210987654321:user/deploy is invalid",
        ),
        (
            format!("Action=AssumeRole&RoleArn={arn}&RoleSessionName=me&DurationSeconds=5"),
            "ValidationError",
            "1 validation error detected: Value '5' at 'durationSeconds' failed to satisfy constraint: Member must have value greater than or equal to 900",
        ),
        (
            format!("Action=AssumeRole&RoleArn={arn}&RoleSessionName=me&DurationSeconds=43201"),
            "ValidationError",
            "1 validation error detected: Value '43201' at 'durationSeconds' failed to satisfy constraint: Member must have value less than or equal to 43200",
        ),
    ];
    for (form, code, message) in table {
        let answer = call(false, &form);
        let body = String::from_utf8(answer.body.to_vec()).unwrap();
        assert_eq!((answer.status, element(&body, "Code")), (400, code), "{form}");
        assert_eq!(element(&body, "Message"), message, "{form}");
    }
}
