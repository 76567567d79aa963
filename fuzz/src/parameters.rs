//! Whole requests to SSM's parameter store over two parameters: the first byte chooses the operation, the rest is the body.
//! Whatever it is, it is answered in JSON, with no error that is the server's, and the parameters are there when they are opened
//! again.

use crate::ground::{Ground, World, Worlds, opened};
use services::parameters::{Options, Parameters};

const OPERATIONS: [&str; 10] = [
    "PutParameter",
    "GetParameter",
    "GetParameters",
    "GetParametersByPath",
    "DescribeParameters",
    "DeleteParameter",
    "DeleteParameters",
    "AddTagsToResource",
    "RemoveTagsFromResource",
    "ListTagsForResource",
];

/// What is there before the request.
const BEFORE: [&str; 2] = [
    r#"{"Name":"/a/b","Type":"String","Value":"1"}"#,
    r#"{"Name":"c","Type":"SecureString","Value":"2","Tags":[{"Key":"k","Value":"v"}]}"#,
];

/// What shows all of it.
const LISTS: [(&str, &[u8]); 2] = [
    ("DescribeParameters", b"{}"),
    ("GetParametersByPath", br#"{"Path":"/","Recursive":true,"WithDecryption":true}"#),
];

thread_local! {
    static WORLDS: Worlds<Parameters> = const { Worlds::new() };
}

/// See the module.
pub fn target(data: &[u8]) {
    WORLDS.with(|worlds| worlds.serve(data));
}

impl World for Parameters {
    type Seen = Vec<(u16, Vec<u8>)>;

    fn open(ground: &Ground) -> Self {
        let (options, environment) = (Options { shared: false }, ground.environment.clone());
        opened(Self::open(ground.runner(), ground.space, options, environment))
    }

    async fn furnish(&self, ground: &Ground) {
        for before in BEFORE {
            let answer = call(self, ground, "PutParameter", before.as_bytes()).await;
            assert_eq!(answer.0, 200, "{}", answer.1.escape_ascii());
        }
    }

    async fn ask(&self, ground: &Ground, data: &[u8]) -> bool {
        let Some((choice, body)) = data.split_first() else { return false };
        call(self, ground, OPERATIONS[usize::from(*choice) % OPERATIONS.len()], body).await;
        false
    }

    async fn look(&self, ground: &Ground) -> Self::Seen {
        let mut seen = Vec::new();
        for (list, of) in LISTS {
            seen.push(call(self, ground, list, of).await);
        }
        seen
    }
}

async fn call(parameters: &Parameters, ground: &Ground, operation: &str, body: &[u8]) -> (u16, Vec<u8>) {
    let answer = parameters.call(operation, &ground.caller, body).await;
    assert!(answer.status < 500, "{operation}: {}", answer.body.escape_ascii());
    let is_json = serde_json::from_slice::<serde_json::Value>(&answer.body).is_ok();
    assert!(is_json, "{operation}: {}", answer.body.escape_ascii());
    (answer.status, answer.body)
}
