//! Whole requests to IAM, or to STS: a form, whose `Action` chooses. Over a role and a policy. Whatever it is, it is answered in
//! XML, with no error that is the server's, and the roles and policies are there when they are opened again.

use crate::ground::{Ground, opened, run};
use services::identity::Identity;
use services::roles::{Call, Options, Roles};

/// What is there before the request.
const BEFORE: [&str; 3] = [
    "Action=CreateRole&RoleName=r&AssumeRolePolicyDocument={\"Statement\":[]}",
    "Action=CreatePolicy&PolicyName=p&PolicyDocument={\"Statement\":[]}",
    "Action=AttachRolePolicy&RoleName=r&PolicyArn=arn:aws:iam::000000000000:policy/p",
];

const LISTS: [&[u8]; 3] =
    [b"Action=ListRoles", b"Action=ListPolicies", b"Action=ListAttachedRolePolicies&RoleName=r"];

/// See the module.
pub fn target(data: &[u8]) {
    run(request(data));
}

fn open(ground: &Ground) -> Roles {
    let (options, environment) = (Options { shared: false }, ground.environment.clone());
    opened(Roles::open(ground.runner(), ground.space, options, environment))
}

async fn call(roles: &Roles, ground: &Ground, form: &[u8]) -> (u16, Vec<u8>) {
    let call = Call { caller: &ground.caller, query: b"", body: form, request_id: "r" };
    let answer = roles.call(&call).await;
    check(answer.status, &answer.body, form)
}

fn check(status: u16, body: &[u8], form: &[u8]) -> (u16, Vec<u8>) {
    assert!(status < 500, "{}: {}", form.escape_ascii(), body.escape_ascii());
    assert!(body.starts_with(b"<"), "{}", body.escape_ascii());
    (status, body.to_vec())
}

async fn request(form: &[u8]) {
    let ground = Ground::new();
    let roles = open(&ground);
    for before in BEFORE {
        let answer = call(&roles, &ground, before.as_bytes()).await;
        assert_eq!(answer.0, 200, "{}", answer.1.escape_ascii());
    }
    call(&roles, &ground, form).await;
    let mut listed = Vec::new();
    for list in LISTS {
        listed.push(call(&roles, &ground, list).await);
    }
    drop(roles);
    let again = open(&ground);
    for (list, before) in LISTS.into_iter().zip(listed) {
        assert_eq!(call(&again, &ground, list).await, before);
    }
    let call = Call { caller: &ground.caller, query: b"", body: form, request_id: "r" };
    let answer = Identity::new(ground.environment.clone(), false).call(&call);
    check(answer.status, &answer.body, form);
}
