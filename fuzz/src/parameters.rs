//! Whole requests to SSM's parameter store over two parameters: the first byte chooses the operation, the rest is the body.
//! Whatever it is, it is answered in JSON, with no error that is the server's, and the parameters are there when they are opened
//! again.

use crate::ground::{Ground, opened, run};
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

/// See the module.
pub fn target(data: &[u8]) {
    let Some((choice, body)) = data.split_first() else { return };
    run(request(OPERATIONS[usize::from(*choice) % OPERATIONS.len()], body));
}

fn open(ground: &Ground) -> Parameters {
    let (options, environment) = (Options { shared: false }, ground.environment.clone());
    opened(Parameters::open(ground.runner(), ground.space, options, environment))
}

async fn call(parameters: &Parameters, ground: &Ground, operation: &str, body: &[u8]) -> (u16, Vec<u8>) {
    let answer = parameters.call(operation, &ground.caller, body).await;
    assert!(answer.status < 500, "{operation}: {}", answer.body.escape_ascii());
    let is_json = serde_json::from_slice::<serde_json::Value>(&answer.body).is_ok();
    assert!(is_json, "{operation}: {}", answer.body.escape_ascii());
    (answer.status, answer.body)
}

async fn request(operation: &str, body: &[u8]) {
    let ground = Ground::new();
    let parameters = open(&ground);
    for before in BEFORE {
        let answer = call(&parameters, &ground, "PutParameter", before.as_bytes()).await;
        assert_eq!(answer.0, 200, "{}", answer.1.escape_ascii());
    }
    call(&parameters, &ground, operation, body).await;
    let lists: [(&str, &[u8]); 2] = [
        ("DescribeParameters", b"{}"),
        ("GetParametersByPath", br#"{"Path":"/","Recursive":true,"WithDecryption":true}"#),
    ];
    let mut listed = Vec::new();
    for (list, of) in lists {
        listed.push(call(&parameters, &ground, list, of).await);
    }
    drop(parameters);
    let again = open(&ground);
    for ((list, of), before) in lists.into_iter().zip(listed) {
        assert_eq!(call(&again, &ground, list, of).await, before, "{list}");
    }
}
