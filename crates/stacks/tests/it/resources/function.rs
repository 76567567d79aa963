//! Functions, and what belongs to them.

use super::{Rig, assert_holds, attributes, rig, with};
use crate::services::{dynamodb, functions, put_archive, queues};
use serde_json::{Value, json};
use wire::Operation;

const FUNCTION: &str = "AWS::Lambda::Function";
const VERSION: &str = "AWS::Lambda::Version";
const ALIAS: &str = "AWS::Lambda::Alias";
const PERMISSION: &str = "AWS::Lambda::Permission";
const LAYER: &str = "AWS::Lambda::LayerVersion";
const LAYER_PERMISSION: &str = "AWS::Lambda::LayerVersionPermission";
const MAPPING: &str = "AWS::Lambda::EventSourceMapping";
const INVOKE_CONFIG: &str = "AWS::Lambda::EventInvokeConfig";
const URL: &str = "AWS::Lambda::Url";
const ARN: &str = "arn:aws:lambda:us-east-1:000000000000:function:f";

fn inline(code: &str) -> Value {
    json!({
        "Code": { "ZipFile": code },
        "Handler": "index.handler",
        "Role": "arn:aws:iam::000000000000:role/r",
        "Runtime": "nodejs22.x",
    })
}

async fn get(rig: &Rig, path: &str) -> Value {
    functions(&rig.services, "GET", path, Value::Null).await
}

async fn configuration(rig: &Rig) -> Value {
    get(rig, "/2015-03-31/functions/f/configuration").await
}

/// The files of the code.
async fn files(rig: &Rig) -> Value {
    functions(&rig.services, "POST", "/2015-03-31/functions/f/invocations", json!({})).await
}

#[tokio::test]
async fn code_from_the_template_and_from_a_bucket() {
    let rig = rig();
    let made = rig.create(FUNCTION, "f", &inline("one")).await.unwrap();
    assert_eq!(made.physical_id, "f");
    let of_snap_start =
        json!({ "SnapStartResponse.ApplyOn": "None", "SnapStartResponse.OptimizationStatus": "Off" });
    assert_eq!(attributes(&made), with(&of_snap_start, json!({ "Arn": ARN })));
    assert_eq!(files(&rig).await, json!({ "index.js": "one" }));
    assert!(rig.refused(FUNCTION, "f", &inline("one")).await.contains("HandlerErrorCode: AlreadyExists"));
    rig.updated(FUNCTION, "f", &inline("one"), &inline("two")).await;
    assert_eq!(files(&rig).await, json!({ "index.js": "two" }));
    let revision = configuration(&rig).await["RevisionId"].clone();
    let tagged = with(&inline("two"), json!({ "Tags": [{ "Key": "a", "Value": "b" }] }));
    rig.updated(FUNCTION, "f", &inline("two"), &tagged).await;
    assert_eq!(configuration(&rig).await["RevisionId"], revision, "nothing but the tags is touched");
    let tags = get(&rig, "/2015-03-31/functions/f").await;
    assert_eq!(tags["Tags"], json!({ "a": "b", "team": "blue" }));
    put_archive(&rig.services, ("assets", "v1.zip"), ("index.js", "three")).await;
    let stored = with(&inline(""), json!({ "Code": { "S3Bucket": "assets", "S3Key": "v1.zip" } }));
    rig.updated(FUNCTION, "f", &tagged, &stored).await;
    assert_eq!(files(&rig).await, json!({ "index.js": "three" }));
    let python = with(&inline("four"), json!({ "Runtime": "python3.13" }));
    rig.updated(FUNCTION, "f", &stored, &python).await;
    assert_eq!(files(&rig).await, json!({ "index.py": "four" }));
    rig.deleted(FUNCTION, "f", &python).await;
    assert_eq!(configuration(&rig).await["status"], 404);
}

/// A change of properties, where it shows, how, and how it is without it.
type Step = (Value, &'static str, Value, Value);

fn settings() -> Vec<Step> {
    let dead = "arn:aws:sqs:us-east-1:000000000000:dead";
    let key = "arn:aws:kms:us-east-1:000000000000:key/k";
    vec![
        (json!({ "Timeout": "7" }), "/Timeout", json!(7), json!(3)),
        (json!({ "MemorySize": "512" }), "/MemorySize", json!(512), json!(128)),
        (json!({ "Description": "d" }), "/Description", json!("d"), json!("")),
        (
            json!({ "Environment": { "Variables": { "AB": 1, "CD": true } } }),
            "/Environment",
            json!({ "Variables": { "AB": "1", "CD": "true" } }),
            json!(null),
        ),
        (
            json!({ "EphemeralStorage": { "Size": "1024" } }),
            "/EphemeralStorage/Size",
            json!(1024),
            json!(512),
        ),
        (
            json!({ "TracingConfig": { "Mode": "Active" } }),
            "/TracingConfig/Mode",
            json!("Active"),
            json!("PassThrough"),
        ),
        (
            json!({ "DeadLetterConfig": { "TargetArn": dead } }),
            "/DeadLetterConfig/TargetArn",
            json!(dead),
            json!(null),
        ),
        (
            json!({ "LoggingConfig": { "LogFormat": "JSON" } }),
            "/LoggingConfig/LogFormat",
            json!("JSON"),
            json!("Text"),
        ),
        (json!({ "KmsKeyArn": key }), "/KMSKeyArn", json!(key), json!(null)),
        (
            json!({ "SnapStart": { "ApplyOn": "PublishedVersions" } }),
            "/SnapStart/ApplyOn",
            json!("PublishedVersions"),
            json!("None"),
        ),
        (
            json!({ "VpcConfig": { "SubnetIds": ["s"], "SecurityGroupIds": ["g"] } }),
            "/VpcConfig/SubnetIds",
            json!(["s"]),
            json!([]),
        ),
        (json!({ "Architectures": ["arm64"] }), "/Architectures", json!(["arm64"]), json!(["x86_64"])),
    ]
}

#[tokio::test]
async fn each_setting_of_a_function_is_changed_in_place_and_back() {
    let rig = rig();
    rig.made(FUNCTION, "f", &inline("x")).await;
    let dead = json!({ "QueueName": "dead" });
    queues(&rig.services, "CreateQueue", dead).await;
    for (change, pointer, changed, back) in settings() {
        let after = with(&inline("x"), change.clone());
        rig.updated(FUNCTION, "f", &inline("x"), &after).await;
        let shown = configuration(&rig).await;
        assert_eq!(*shown.pointer(pointer).unwrap_or(&Value::Null), changed, "{change}: {shown}");
        rig.updated(FUNCTION, "f", &after, &inline("x")).await;
        let shown = configuration(&rig).await;
        let found = shown.pointer(pointer).unwrap_or(&Value::Null);
        assert!(*found == back || (back == json!([]) && found.is_null()), "{change} back: {shown}");
    }
    let beside = with(
        &inline("x"),
        json!({
            "ReservedConcurrentExecutions": "4", "RecursiveLoop": "Allow",
            "RuntimeManagementConfig": { "UpdateRuntimeOn": "FunctionUpdate" },
        }),
    );
    rig.updated(FUNCTION, "f", &inline("x"), &beside).await;
    let reserved = get(&rig, "/2019-09-30/functions/f/concurrency").await;
    assert_eq!(reserved, json!({ "ReservedConcurrentExecutions": 4 }));
    let recursion = get(&rig, "/2024-08-31/functions/f/recursion-config").await;
    assert_eq!(recursion["RecursiveLoop"], "Allow");
    let runtime = get(&rig, "/2021-07-20/functions/f/runtime-management-config").await;
    assert_eq!(runtime["UpdateRuntimeOn"], "FunctionUpdate");
    rig.updated(FUNCTION, "f", &beside, &inline("x")).await;
    assert_eq!(get(&rig, "/2019-09-30/functions/f/concurrency").await, json!({}));
}

#[tokio::test]
async fn what_a_function_is_refused_for() {
    let rig = rig();
    let image = with(&inline("x"), json!({ "Code": { "ImageUri": "i" } }));
    let cases = [
        (image, "The property Code.ImageUri is not supported by this server"),
        (with(&inline("x"), json!({ "ImageConfig": {} })), "The property ImageConfig is not supported"),
        (with(&inline("x"), json!({ "Timeout": 901 })), "(Service: Lambda, Status Code: 400)"),
        (
            with(&inline("x"), json!({ "Runtime": "provided.al2023" })),
            "ZipFile can only be used when Runtime",
        ),
        (with(&inline("x"), json!({ "Code": { "S3Bucket": "none", "S3Key": "k" } })), "(Service: Lambda"),
        (
            with(&inline("x"), json!({ "Timeout": "soon" })),
            "#/Timeout: expected type: Integer, found: String",
        ),
    ];
    for (properties, expected) in cases {
        let told = rig.refused(FUNCTION, "f", &properties).await;
        assert!(told.contains(expected), "{told}");
    }
}

#[tokio::test]
async fn versions_and_aliases() {
    let rig = rig();
    rig.made(FUNCTION, "f", &inline("one")).await;
    let version = json!({ "FunctionName": "f", "Description": "first" });
    let made = rig.create(VERSION, "", &version).await.unwrap();
    let first = format!("{ARN}:1");
    assert_eq!(
        (made.physical_id.as_str(), attributes(&made)),
        (first.as_str(), json!({ "Version": "1", "FunctionArn": first }))
    );
    let told = rig.refused(VERSION, "", &version).await;
    assert!(told.contains("A version for this Lambda function exists ( 1 ). Modify the function"), "{told}");
    rig.updated(FUNCTION, "f", &inline("one"), &inline("two")).await;
    let provisioned = json!({ "FunctionName": ARN, "ProvisionedConcurrencyConfig": { "ProvisionedConcurrentExecutions": "2" } });
    let second = rig.made(VERSION, "", &provisioned).await;
    assert_eq!(second, format!("{ARN}:2"));
    let requested = "RequestedProvisionedConcurrentExecutions";
    let of_version = get(&rig, "/2019-09-30/functions/f/provisioned-concurrency?Qualifier=2").await;
    assert_eq!(of_version[requested], 2);

    let alias = json!({ "FunctionName": "f", "Name": "live", "FunctionVersion": "1" });
    let made = rig.create(ALIAS, "", &alias).await.unwrap();
    let live = format!("{ARN}:live");
    assert_eq!((made.physical_id.as_str(), attributes(&made)), (live.as_str(), json!({ "AliasArn": live })));
    let routed = with(
        &alias,
        json!({
            "Description": "d",
            "RoutingConfig": { "AdditionalVersionWeights": [{ "FunctionVersion": "2", "FunctionWeight": "0.25" }] },
            "ProvisionedConcurrencyConfig": { "ProvisionedConcurrentExecutions": 1 },
        }),
    );
    rig.updated(ALIAS, &live, &alias, &routed).await;
    let shown = get(&rig, "/2015-03-31/functions/f/aliases/live").await;
    let expected = json!({ "FunctionVersion": "1", "Description": "d", "RoutingConfig": { "AdditionalVersionWeights": { "2": 0.25 } } });
    assert_holds(&shown, &expected);
    let moved = with(&alias, json!({ "FunctionVersion": "2" }));
    rig.updated(ALIAS, &live, &routed, &moved).await;
    let shown = get(&rig, "/2015-03-31/functions/f/aliases/live").await;
    assert_holds(&shown, &json!({ "FunctionVersion": "2", "Description": "" }));
    assert!(
        shown.get("RoutingConfig").is_none_or(|routing| routing["AdditionalVersionWeights"] == json!({}))
    );
    assert_eq!(
        get(&rig, "/2019-09-30/functions/f/provisioned-concurrency?Qualifier=live").await["status"],
        404
    );
    rig.deleted(ALIAS, &live, &moved).await;
    rig.deleted(VERSION, &first, &version).await;
    assert_eq!(get(&rig, "/2015-03-31/functions/f/configuration?Qualifier=1").await["status"], 404);
    rig.deleted(FUNCTION, "f", &inline("two")).await;
    rig.deleted(ALIAS, &live, &moved).await;
    rig.deleted(VERSION, &second, &provisioned).await;
}

#[tokio::test]
async fn permissions_and_calls_that_nobody_waits_for() {
    let rig = rig();
    rig.made(FUNCTION, "f", &inline("x")).await;
    let properties = json!({
        "FunctionName": ARN, "Action": "lambda:InvokeFunction", "Principal": "sns.amazonaws.com",
        "SourceArn": "arn:aws:sns:us-east-1:000000000000:t",
    });
    let id = rig.made(PERMISSION, "", &properties).await;
    assert_eq!(id, "Stack-Thing-0A1B2C3D0000");
    let policy = get(&rig, "/2015-03-31/functions/f/policy").await;
    assert!(policy["Policy"].as_str().unwrap().contains(&format!("\"Sid\":\"{id}\"")));
    rig.deleted(PERMISSION, &id, &properties).await;
    assert_eq!(get(&rig, "/2015-03-31/functions/f/policy").await["status"], 404);

    let config = json!({ "FunctionName": "f", "Qualifier": "$LATEST", "MaximumRetryAttempts": "1" });
    let id = rig.made(INVOKE_CONFIG, "", &config).await;
    assert!(rig.refused(INVOKE_CONFIG, "", &config).await.contains("HandlerErrorCode: AlreadyExists"));
    let other = with(&config, json!({ "MaximumRetryAttempts": null, "MaximumEventAgeInSeconds": 60 }));
    rig.updated(INVOKE_CONFIG, &id, &config, &other).await;
    let shown = get(&rig, "/2019-09-25/functions/f/event-invoke-config").await;
    assert_eq!((&shown["MaximumEventAgeInSeconds"], shown.get("MaximumRetryAttempts")), (&json!(60), None));
    rig.deleted(INVOKE_CONFIG, &id, &other).await;

    let url = json!({ "TargetFunctionArn": ARN, "AuthType": "NONE", "Cors": { "AllowOrigins": ["*"], "MaxAge": "9" } });
    let made = rig.create(URL, "", &url).await.unwrap();
    let shown = get(&rig, "/2021-10-31/functions/f/url").await;
    assert_eq!(attributes(&made), json!({ "FunctionArn": ARN, "FunctionUrl": shown["FunctionUrl"] }));
    assert_eq!(shown["Cors"]["MaxAge"], 9);
    let other = with(&url, json!({ "Cors": null, "InvokeMode": "RESPONSE_STREAM" }));
    rig.updated(URL, &made.physical_id, &url, &other).await;
    let shown = get(&rig, "/2021-10-31/functions/f/url").await;
    assert_eq!((&shown["InvokeMode"], shown.get("Cors")), (&json!("RESPONSE_STREAM"), None));
    rig.deleted(URL, &made.physical_id, &other).await;
}

#[tokio::test]
async fn layers() {
    let rig = rig();
    put_archive(&rig.services, ("assets", "l.zip"), ("lib.js", "l")).await;
    let properties = json!({
        "Content": { "S3Bucket": "assets", "S3Key": "l.zip" }, "CompatibleRuntimes": ["nodejs22.x"], "LicenseInfo": "MIT",
    });
    let made = rig.create(LAYER, "lib", &properties).await.unwrap();
    let arn = "arn:aws:lambda:us-east-1:000000000000:layer:lib:1";
    assert_eq!((made.physical_id.as_str(), attributes(&made)), (arn, json!({ "LayerVersionArn": arn })));
    let used = with(&inline("x"), json!({ "Layers": [arn] }));
    rig.made(FUNCTION, "f", &used).await;
    assert_eq!(configuration(&rig).await["Layers"][0]["Arn"], arn);
    rig.updated(FUNCTION, "f", &used, &inline("x")).await;
    assert!(configuration(&rig).await.get("Layers").is_none_or(|layers| *layers == json!([])));
    let permission = json!({ "Action": "lambda:GetLayerVersion", "LayerVersionArn": arn, "Principal": "*" });
    let id = rig.made(LAYER_PERMISSION, "", &permission).await;
    assert_eq!(id, format!("{arn}#Stack-Thing-0A1B2C3D0000"));
    let policy = get(&rig, "/2018-10-31/layers/lib/versions/1/policy").await;
    assert!(policy["Policy"].as_str().unwrap().contains("lambda:GetLayerVersion"));
    rig.deleted(LAYER_PERMISSION, &id, &permission).await;
    rig.deleted(LAYER, arn, &properties).await;
    rig.deleted(LAYER_PERMISSION, &id, &permission).await;
}

#[tokio::test]
async fn a_mapping_of_a_stream() {
    let rig = rig();
    rig.made(FUNCTION, "f", &inline("x")).await;
    let request = json!({
        "TableName": "orders", "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{ "AttributeName": "pk", "AttributeType": "S" }],
        "KeySchema": [{ "AttributeName": "pk", "KeyType": "HASH" }],
        "StreamSpecification": { "StreamEnabled": true, "StreamViewType": "NEW_IMAGE" },
    });
    dynamodb(&rig.services, Operation::CreateTable, request).await;
    let table = dynamodb(&rig.services, Operation::DescribeTable, json!({ "TableName": "orders" })).await;
    let properties = json!({
        "EventSourceArn": table["Table"]["LatestStreamArn"], "FunctionName": "f",
        "StartingPosition": "TRIM_HORIZON", "BatchSize": "10", "Tags": [{ "Key": "a", "Value": "b" }],
    });
    let made = rig.create(MAPPING, "", &properties).await.unwrap();
    let id = made.physical_id.clone();
    let arn = format!("arn:aws:lambda:us-east-1:000000000000:event-source-mapping:{id}");
    assert_eq!(attributes(&made), json!({ "Id": id, "EventSourceMappingArn": arn }));
    let shown = async || get(&rig, &format!("/2015-03-31/event-source-mappings/{id}")).await;
    assert_holds(&shown().await, &json!({ "State": "Enabled", "BatchSize": 10 }));
    assert_eq!(
        get(&rig, &format!("/2017-03-31/tags/{arn}")).await["Tags"],
        json!({ "a": "b", "team": "blue" })
    );
    assert!(rig.refused(MAPPING, "", &properties).await.contains("HandlerErrorCode: AlreadyExists"));
    let changed = with(
        &properties,
        json!({
            "BatchSize": "20", "Enabled": "false", "MaximumRetryAttempts": "3", "MaximumRecordAgeInSeconds": 60,
            "BisectBatchOnFunctionError": "true", "ParallelizationFactor": 2, "TumblingWindowInSeconds": "5",
            "MaximumBatchingWindowInSeconds": 1, "FunctionResponseTypes": ["ReportBatchItemFailures"],
            "FilterCriteria": { "Filters": [{ "Pattern": "{\"eventName\":[\"INSERT\"]}" }] },
            "MetricsConfig": { "Metrics": ["EventCount"] },
            "DestinationConfig": { "OnFailure": { "Destination": "arn:aws:sqs:us-east-1:000000000000:dead" } },
        }),
    );
    rig.updated(MAPPING, &id, &properties, &changed).await;
    assert_holds(
        &shown().await,
        &json!({
            "State": "Disabled", "BatchSize": 20, "MaximumRetryAttempts": 3, "MaximumRecordAgeInSeconds": 60,
            "BisectBatchOnFunctionError": true, "ParallelizationFactor": 2, "TumblingWindowInSeconds": 5,
            "MaximumBatchingWindowInSeconds": 1, "FunctionResponseTypes": ["ReportBatchItemFailures"],
            "FilterCriteria": { "Filters": [{ "Pattern": "{\"eventName\":[\"INSERT\"]}" }] },
            "DestinationConfig": { "OnFailure": { "Destination": "arn:aws:sqs:us-east-1:000000000000:dead" } },
        }),
    );
    let bare = with(&properties, json!({ "BatchSize": null, "Tags": null }));
    rig.updated(MAPPING, &id, &changed, &bare).await;
    let back = shown().await;
    assert_holds(
        &back,
        &json!({
            "State": "Enabled", "BatchSize": 100, "MaximumRetryAttempts": -1, "MaximumRecordAgeInSeconds": -1,
            "BisectBatchOnFunctionError": false, "ParallelizationFactor": 1, "TumblingWindowInSeconds": 0,
            "MaximumBatchingWindowInSeconds": 0, "FunctionResponseTypes": [], "DestinationConfig": { "OnFailure": {} },
        }),
    );
    assert_eq!(back.get("FilterCriteria"), None);
    rig.deleted(MAPPING, &id, &bare).await;
    assert_eq!(shown().await["status"], 404);
    let kafka = with(&properties, json!({ "Topics": ["t"] }));
    assert!(rig.refused(MAPPING, "", &kafka).await.contains("The property Topics is not supported"));
}

#[tokio::test]
async fn a_mapping_of_a_queue() {
    let rig = rig();
    rig.made(FUNCTION, "f", &inline("x")).await;
    queues(&rig.services, "CreateQueue", json!({ "QueueName": "q" })).await;
    let arn = "arn:aws:sqs:us-east-1:000000000000:q";
    let plain = json!({ "EventSourceArn": arn, "FunctionName": ARN });
    let scaled = with(&plain, json!({ "ScalingConfig": { "MaximumConcurrency": "3" }, "BatchSize": 5 }));
    let id = rig.made(MAPPING, "", &scaled).await;
    let shown = async || get(&rig, &format!("/2015-03-31/event-source-mappings/{id}")).await;
    assert_holds(&shown().await, &json!({ "BatchSize": 5, "ScalingConfig": { "MaximumConcurrency": 3 } }));
    rig.updated(MAPPING, &id, &scaled, &plain).await;
    let back = shown().await;
    assert_eq!((&back["BatchSize"], back.get("ScalingConfig")), (&json!(10), None));
    rig.deleted(MAPPING, &id, &plain).await;
}
