//! Whole requests to IAM, or to STS: a form, whose `Action` chooses. Over a role and a policy. Whatever it is, it is answered in
//! XML, with no error that is the server's, and the roles and policies are there when they are opened again.

use crate::ground::{Ground, World, Worlds, opened};
use services::identity::Identity;
use services::query::Call;
use services::roles::{Options, Roles};

/// What is there before the request.
const BEFORE: [&str; 3] = [
    "Action=CreateRole&RoleName=r&AssumeRolePolicyDocument={\"Statement\":[]}",
    "Action=CreatePolicy&PolicyName=p&PolicyDocument={\"Statement\":[]}",
    "Action=AttachRolePolicy&RoleName=r&PolicyArn=arn:aws:iam::000000000000:policy/p",
];

const LISTS: [&[u8]; 3] =
    [b"Action=ListRoles", b"Action=ListPolicies", b"Action=ListAttachedRolePolicies&RoleName=r"];

thread_local! {
    static WORLDS: Worlds<Roles> = const { Worlds::new() };
}

/// See the module.
pub fn target(data: &[u8]) {
    WORLDS.with(|worlds| worlds.serve(data));
}

impl World for Roles {
    type Seen = Vec<(u16, Vec<u8>)>;

    fn open(ground: &Ground) -> Self {
        let (options, environment) = (Options { shared: false }, ground.environment.clone());
        opened(Self::open(ground.runner(), ground.space, options, environment))
    }

    async fn furnish(&self, ground: &Ground) {
        for before in BEFORE {
            let answer = call(self, ground, before.as_bytes()).await;
            assert_eq!(answer.0, 200, "{}", answer.1.escape_ascii());
        }
    }

    async fn ask(&self, ground: &Ground, form: &[u8]) -> bool {
        call(self, ground, form).await;
        let call = Call { caller: &ground.caller, query: b"", body: form, request_id: "r" };
        let answer = Identity::new(ground.environment.clone(), false).call(&call);
        check(answer.status, &answer.body, form);
        false
    }

    async fn look(&self, ground: &Ground) -> Self::Seen {
        let mut seen = Vec::new();
        for list in LISTS {
            seen.push(call(self, ground, list).await);
        }
        seen
    }
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
