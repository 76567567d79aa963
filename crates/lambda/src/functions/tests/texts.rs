//! What is refused, and in which words.

use super::*;

/// What is asked, and the status and the text of the answer.
type Row = (&'static str, &'static str, Value, u16, &'static str);

async fn check(rig: &Rig, rows: Vec<Row>) {
    for (method, path, body, status, text) in rows {
        let shown = body.to_string().chars().take(200).collect::<String>();
        let (got, answer) = rig.ask(method, path, body).await;
        let told = answer["message"].as_str().or_else(|| answer["Message"].as_str()).unwrap_or_default();
        assert_eq!((got, told), (status, text), "{method} {path} {shown}");
    }
}

fn with(name: &str, value: Value) -> Value {
    let mut request = request("new");
    request[name] = value;
    request
}

fn without(name: &str) -> Value {
    let mut request = request("new");
    request.as_object_mut().unwrap().remove(name);
    request
}

const BAD_ARCHIVE: &str = "Could not unzip uploaded file. Please check your file, then try to upload again.";

#[tokio::test]
async fn creating() {
    let rig = rig();
    rig.create("f").await;
    let mandatory =
        "Runtime and Handler are mandatory parameters for functions created with deployment packages.";
    let role = "1 validation error detected: Value 'x' at 'role' failed to satisfy constraint: Member must satisfy \
                regular expression pattern: arn:(aws[a-zA-Z-]*)?:iam::\\d{12}:role/?[a-zA-Z_0-9+=,.@\\-_/]+";
    let reserved = "Lambda was unable to configure your environment variables because the environment variables you have \
                    provided contains reserved keys that are currently not supported for modification. Reserved keys used \
                    in this request: AWS_REGION";
    let f = FUNCTIONS;
    check(
        &rig,
        vec![
            ("POST", f, request("f"), 409, "Function already exist: f"),
            ("POST", f, without("Runtime"), 400, mandatory),
            ("POST", f, without("Handler"), 400, mandatory),
            ("POST", f, without("Role"), 400, "1 validation error detected: Value null at 'role' failed to satisfy constraint: Member must not be null"),
            ("POST", f, with("Role", json!("x")), 400, role),
            ("POST", f, with("Timeout", json!(901)), 400, "1 validation error detected: Value '901' at 'timeout' failed to satisfy constraint: Member must have value less than or equal to 900"),
            ("POST", f, with("MemorySize", json!(64)), 400, "1 validation error detected: Value '64' at 'memorySize' failed to satisfy constraint: Member must have value greater than or equal to 128"),
            ("POST", f, with("Timeout", json!("3")), 400, "The member Timeout is not an integer."),
            ("POST", f, with("Code", json!({ "ZipFile": "bm8gYXJjaGl2ZQ==" })), 400, BAD_ARCHIVE),
            ("POST", f, with("Code", json!({})), 400, "Please provide a source for function code."),
            ("POST", f, with("Code", json!({ "ImageUri": "x" })), 400, "Code.ImageUri is not supported by this server"),
            ("POST", f, with("PackageType", json!("Image")), 400, "PackageType Image is not supported by this server"),
            ("POST", f, with("Code", json!({ "S3Bucket": "nowhere", "S3Key": "k" })), 400, "Error occurred while GetObject. S3 Error Code: NoSuchBucket. S3 Error Message: The specified bucket does not exist"),
            ("POST", f, with("Environment", json!({ "Variables": { "AWS_REGION": "x" } })), 400, reserved),
            ("POST", f, with("Layers", json!(["a", "b", "c", "d", "e", "f"])), 400, "Cannot reference more than 5 layers."),
            ("POST", f, with("Layers", json!(["arn:aws:lambda:us-east-1:000000000000:layer:l:1"])), 400, "Layer version arn:aws:lambda:us-east-1:000000000000:layer:l:1 does not exist."),
            ("POST", f, with("Runtime", json!("java21")), 400, "Runtime java21 is not supported by this server: nodejs*, python* and provided* are"),
            ("POST", f, with("FileSystemConfigs", json!([{}])), 400, "FileSystemConfigs is not supported by this server"),
            ("POST", f, with("Architectures", json!(["mips"])), 400, "1 validation error detected: Value '[mips]' at 'architectures' failed to satisfy constraint: Member must satisfy constraint: [Member must satisfy enum value set: [x86_64, arm64]]"),
        ],
    )
    .await;
    let (status, body) = rig.ask("POST", f, with("Runtime", json!("basic"))).await;
    let text = body["message"].as_str().unwrap();
    assert!(status == 400 && text.starts_with("Value basic at 'runtime' failed to satisfy constraint: Member must satisfy enum value set: [nodejs, "), "{text}");
    assert!(text.ends_with("] or be a valid ARN"), "{text}");
    let (status, body) =
        rig.ask("POST", f, with("Environment", json!({ "Variables": { "AB": "x".repeat(4_096) } }))).await;
    let text = body["message"].as_str().unwrap();
    assert!(
        status == 400 && text.contains("exceeded the 4KB limit. String measured: {\"AB\":\"xxx"),
        "{text}"
    );
    let mut long = request(&"n".repeat(65));
    long["Code"] = json!({});
    let (status, body) = rig.ask("POST", f, long).await;
    let text = body["message"].as_str().unwrap();
    assert!(status == 400 && text.ends_with("Member must have length less than or equal to 64"), "{text}");
    let (status, body) = rig.ask("POST", f, request("not a name")).await;
    let text = body["message"].as_str().unwrap();
    assert!(status == 400 && text.starts_with("1 validation error detected: Value 'not a name' at 'functionName' failed to satisfy constraint: Member must satisfy regular expression pattern: (arn:"), "{text}");
}

#[tokio::test]
async fn an_archive_that_is_too_long() {
    let rig = rig();
    let failure = rig.functions.receive(source::Source::Archive(vec![0; 52_428_801])).await.unwrap_err();
    assert_eq!((failure.status(), failure.code()), (413, "RequestEntityTooLargeException"));
    assert_eq!(failure.message(), "Zipped size must be smaller than 52428800 bytes");
}

#[tokio::test]
async fn finding_and_changing() {
    let rig = rig();
    rig.create("f").await;
    let revision = "The Revision Id provided does not match the latest Revision Id. Call the GetFunction/GetAlias API to \
                    retrieve the latest Revision Id";
    let base = "/2015-03-31/functions";
    let nothing = || Value::Null;
    let mismatch = || json!({ "RevisionId": "other" });
    check(
        &rig,
        vec![
            ("GET", "/2015-03-31/functions/g", nothing(), 404, "Function not found: arn:aws:lambda:us-east-1:000000000000:function:g"),
            ("GET", "/2015-03-31/functions/f?Qualifier=7", nothing(), 404, "Function not found: arn:aws:lambda:us-east-1:000000000000:function:f:7"),
            ("GET", "/2015-03-31/functions/arn:aws:lambda:eu-west-1:000000000000:function:f", nothing(), 404, "Functions from 'eu-west-1' are not reachable in this region ('us-east-1')"),
            ("GET", "/2015-03-31/functions/f:1?Qualifier=2", nothing(), 400, "The derived qualifier from the function name does not match the specified qualifier."),
            ("PUT", "/2015-03-31/functions/f/configuration", mismatch(), 412, revision),
            ("PUT", "/2015-03-31/functions/f/code", mismatch(), 412, revision),
            ("POST", "/2015-03-31/functions/f/versions", mismatch(), 412, revision),
            ("DELETE", "/2015-03-31/functions/f?Qualifier=$LATEST", nothing(), 400, "$LATEST version cannot be deleted without deleting the function."),
            ("GET", "/2015-03-31/functions/f/policy", nothing(), 404, "The resource you requested does not exist."),
            ("GET", "/2019-09-25/functions/f/event-invoke-config", nothing(), 404, "The function arn:aws:lambda:us-east-1:000000000000:function:f:$LATEST doesn't have an EventInvokeConfig"),
            ("PUT", "/2019-09-25/functions/f/event-invoke-config", json!({}), 400, "You must specify at least one of error handling or destination setting."),
            ("PUT", "/2017-10-31/functions/f/concurrency", json!({ "ReservedConcurrentExecutions": 901 }), 400, "Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its minimum value of [100]."),
            ("GET", "/2015-03-31/functions/f/aliases/a", nothing(), 404, "Cannot find alias arn: arn:aws:lambda:us-east-1:000000000000:function:f:a"),
            ("POST", "/2015-03-31/functions/f/aliases", json!({ "Name": "a", "FunctionVersion": "9" }), 404, "Function not found: arn:aws:lambda:us-east-1:000000000000:function:f:9"),
            ("POST", "/2015-03-31/functions/f/aliases", json!({ "Name": "1", "FunctionVersion": "$LATEST" }), 400, "1 validation error detected: Value '1' at 'name' failed to satisfy constraint: Member must satisfy regular expression pattern: (?!^[0-9]+$)([a-zA-Z0-9-_]+)"),
            ("GET", "/2019-09-30/functions/f/provisioned-concurrency?Qualifier=$LATEST", nothing(), 400, "Provisioned Concurrency Configs cannot be applied to unpublished function versions."),
            ("POST", "/2020-04-22/code-signing-configs", json!({}), 400, "CreateCodeSigningConfig is not supported by this server"),
            ("POST", "/2021-11-15/functions/f/response-streaming-invocations", json!({}), 400, "InvokeWithResponseStream is not supported by this server"),
            ("GET", "/2015-03-31/nothing", nothing(), 404, "The operation is not known."),
        ],
    )
    .await;
    assert_eq!(rig.get(base).await["Functions"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn invoking() {
    let rig = rig();
    rig.create("f").await;
    let path = "/2015-03-31/functions/f/invocations";
    let answer = rig.answer("POST", path, Bytes::from_static(b"{no"), &[]).await;
    let text = String::from_utf8(answer.body.to_vec()).unwrap();
    let parse = "Could not parse request body into json: Could not parse payload into json: ";
    assert!(answer.status == 400 && text.contains(parse), "{text}");
    assert!(answer.headers.contains(&("x-amzn-errortype", "InvalidRequestContentException".to_owned())));
    let long = |bytes: usize| Bytes::from(format!("\"{}\"", "x".repeat(bytes - 2)));
    let large =
        |limit: usize| format!("Request must be smaller than {limit} bytes for the InvokeFunction operation");
    for (headers, limit) in [(&[][..], 6_291_456), (&[("x-amz-invocation-type", "Event")][..], 1_048_576)] {
        let answer = rig.answer("POST", path, long(limit + 1), headers).await;
        let text = String::from_utf8(answer.body.to_vec()).unwrap();
        assert!(answer.status == 413 && text.contains(&large(limit)), "{text}");
    }
    let answer = rig.answer("POST", path, Bytes::new(), &[("x-amz-invocation-type", "Later")]).await;
    assert_eq!(answer.status, 400);
}

#[tokio::test]
async fn permissions_tags_and_the_like() {
    let rig = rig();
    rig.create("f").await;
    let permission = json!({ "StatementId": "s", "Action": "lambda:InvokeFunction", "Principal": "s3.amazonaws.com", "SourceArn": "arn:aws:s3:::b" });
    let path = "/2015-03-31/functions/f/policy";
    let (status, answer) = rig.ask("POST", path, permission.clone()).await;
    assert_eq!(status, 201);
    let statement: Value = serde_json::from_str(answer["Statement"].as_str().unwrap()).unwrap();
    let expected = json!({
        "Sid": "s",
        "Effect": "Allow",
        "Principal": { "Service": "s3.amazonaws.com" },
        "Action": "lambda:InvokeFunction",
        "Resource": arn("f"),
        "Condition": { "ArnLike": { "AWS:SourceArn": "arn:aws:s3:::b" } },
    });
    assert_eq!(statement, expected);
    assert_eq!(rig.ask("POST", path, permission).await.0, 409);
    let policy: Value = serde_json::from_str(rig.get(path).await["Policy"].as_str().unwrap()).unwrap();
    assert_eq!(policy["Statement"], json!([expected]));
    assert_eq!(rig.ask("DELETE", &format!("{path}/s"), Value::Null).await.0, 204);
    assert_eq!(rig.ask("DELETE", &format!("{path}/s"), Value::Null).await.0, 404);

    let tags = format!("/2017-03-31/tags/{}", arn("f"));
    assert_eq!(rig.ask("POST", &tags, json!({ "Tags": { "a": "b", "c": "d" } })).await.0, 204);
    assert_eq!(rig.ask("DELETE", &format!("{tags}?tagKeys=a"), Value::Null).await.0, 204);
    assert_eq!(rig.get(&tags).await, json!({ "Tags": { "c": "d" } }));

    assert_eq!(rig.get("/2020-06-30/functions/f/code-signing-config").await, json!({ "FunctionName": "f" }));
    let runtime = rig.get("/2021-07-20/functions/f/runtime-management-config").await;
    assert_eq!(runtime, json!({ "UpdateRuntimeOn": "Auto", "FunctionArn": arn("f") }));
    assert_eq!(
        rig.get("/2024-08-31/functions/f/recursion-config").await,
        json!({ "RecursiveLoop": "Terminate" })
    );
    assert_eq!(rig.get("/2016-08-19/account-settings").await["AccountUsage"]["FunctionCount"], 1);
    let url = "/2021-10-31/functions/f/url";
    let (status, made) = rig.ask("POST", url, json!({ "AuthType": "NONE" })).await;
    assert_eq!((status, &made["InvokeMode"]), (201, &json!("BUFFERED")));
    assert_eq!(rig.get(url).await["FunctionUrl"], made["FunctionUrl"]);
    assert_eq!(rig.ask("DELETE", url, Value::Null).await.0, 204);
}

#[tokio::test]
async fn lists_come_in_pages() {
    let rig = rig();
    for number in 0..5 {
        rig.create(&format!("f{number}")).await;
    }
    let mut names = Vec::new();
    let mut path = format!("{FUNCTIONS}?MaxItems=2");
    loop {
        let page = rig.get(&path).await;
        let page_names = page["Functions"].as_array().unwrap().iter();
        names.extend(page_names.map(|function| function["FunctionName"].as_str().unwrap().to_owned()));
        let Some(marker) = page["NextMarker"].as_str() else { break };
        path = format!("{FUNCTIONS}?MaxItems=2&Marker={marker}");
    }
    assert_eq!(names, ["f0", "f1", "f2", "f3", "f4"]);
    assert_eq!(rig.ask("GET", &format!("{FUNCTIONS}?MaxItems=0"), Value::Null).await.0, 400);
    assert_eq!(rig.ask("GET", &format!("{FUNCTIONS}?Marker=***"), Value::Null).await.0, 400);
}
