//! What the operations answer.

use crate::world::{FUNCTION, World};
use lambda::api::event_source_mappings::Operation;
use serde_json::{Value, json};

fn request(stream: &str, members: Value) -> Value {
    let mut body = json!({"EventSourceArn": stream, "FunctionName": "f", "StartingPosition": "TRIM_HORIZON"});
    for (name, value) in members.as_object().unwrap() {
        match value {
            Value::Null => drop(body.as_object_mut().unwrap().remove(name)),
            value => body[name] = value.clone(),
        }
    }
    body
}

#[tokio::test]
async fn every_member_is_echoed_as_aws_does() {
    let world = World::in_memory();
    let stream = world.table().await;
    let (status, mut created) = world.ask(Operation::Create, request(&stream, json!({}))).await;
    assert_eq!(status, 202);
    let uuid = created["UUID"].take().as_str().unwrap().to_owned();
    let arn = format!("arn:aws:lambda:us-east-1:000000000000:event-source-mapping:{uuid}");
    assert_eq!(
        created,
        json!({
            "UUID": null, "EventSourceMappingArn": arn, "EventSourceArn": stream, "FunctionArn": FUNCTION,
            "BatchSize": 100, "BisectBatchOnFunctionError": false, "DestinationConfig": {"OnFailure": {}},
            "FunctionResponseTypes": [], "LastModified": 1_767_225_600.0,
            "LastProcessingResult": "No records processed", "MaximumBatchingWindowInSeconds": 0,
            "MaximumRecordAgeInSeconds": -1, "MaximumRetryAttempts": -1, "ParallelizationFactor": 1,
            "StartingPosition": "TRIM_HORIZON", "State": "Creating", "StateTransitionReason": "User action",
            "TumblingWindowInSeconds": 0,
        })
    );
    assert_eq!(world.show(&uuid).await["State"], "Enabled");
    let members = json!({
        "BatchSize": 5, "MaximumBatchingWindowInSeconds": 1, "ParallelizationFactor": 2,
        "MaximumRetryAttempts": 3, "MaximumRecordAgeInSeconds": 60, "BisectBatchOnFunctionError": true,
        "TumblingWindowInSeconds": 10, "FunctionResponseTypes": ["ReportBatchItemFailures"],
        "DestinationConfig": {"OnFailure": {"Destination": "arn:aws:sqs:us-east-1:000000000000:q"}},
        "FilterCriteria": {"Filters": [{"Pattern": "{\"eventName\":[\"INSERT\"]}"}]},
        "MetricsConfig": {"Metrics": ["EventCount"]}, "KMSKeyArn": "arn:aws:kms:us-east-1:000000000000:key/k",
    });
    let updated = world.update(&uuid, members.clone()).await;
    for (name, value) in members.as_object().unwrap() {
        assert_eq!(updated[name], *value, "{name}");
    }
    assert_eq!(updated["State"], "Updating");
    // With a key, lists do not show the filters.
    let (_, listed) = world.ask(Operation::List, Value::Null).await;
    assert_eq!(listed["EventSourceMappings"][0]["FilterCriteria"], Value::Null);
    assert_eq!(world.show(&uuid).await["FilterCriteria"], members["FilterCriteria"]);
    let back = json!({"DestinationConfig": {"OnFailure": {"Destination": ""}}, "FilterCriteria": {}, "KMSKeyArn": ""});
    let back = world.update(&uuid, back).await;
    assert_eq!((&back["DestinationConfig"], back.get("FilterCriteria")), (&json!({"OnFailure": {}}), None));
    assert_eq!(back["MaximumRetryAttempts"], 3);
}

#[tokio::test]
async fn qualifiers_are_kept() {
    let world = World::in_memory();
    let stream = world.table().await;
    let names = [
        ("f:$LATEST", format!("{FUNCTION}:$LATEST")),
        ("000000000000:function:f:1", format!("{FUNCTION}:1")),
        (FUNCTION, FUNCTION.to_owned()),
    ];
    for (name, arn) in names {
        world.functions.names.lock().unwrap().insert(arn.clone());
        let body = request(&stream, json!({"FunctionName": name, "Enabled": false}));
        let (status, created) = world.ask(Operation::Create, body).await;
        assert_eq!((status, &created["FunctionArn"]), (202, &json!(arn)), "{created}");
        assert_eq!(created["State"], "Disabled");
    }
}

#[tokio::test]
async fn what_is_refused_and_in_which_order() {
    let world = World::in_memory();
    let stream = world.table().await;
    let missing = "arn:aws:dynamodb:us-east-1:000000000000:table/none/stream/2025-01-01T00:00:00.000";
    let filter = |pattern: &str| json!({"FilterCriteria": {"Filters": [{"Pattern": pattern}]}});
    let success =
        json!({"DestinationConfig": {"OnSuccess": {"Destination": "arn:aws:sqs:r:000000000000:q"}}});
    let cases = [
        (json!({"EventSourceArn": null}), "Unrecognized event source."),
        (json!({"FunctionName": "g"}), "Function does not exist"),
        (json!({"EventSourceArn": missing}), "Stream not found: "),
        (json!({"FunctionName": "g", "EventSourceArn": missing}), "Function does not exist"),
        (
            json!({"StartingPosition": null}),
            "1 validation error detected: Value null at 'startingPosition' failed to satisfy constraint: Member must not be null.",
        ),
        (
            json!({"StartingPosition": "invalid"}),
            "1 validation error detected: Value 'invalid' at 'startingPosition' failed to satisfy constraint: Member must satisfy enum value set: [LATEST, AT_TIMESTAMP, TRIM_HORIZON]",
        ),
        (
            json!({"StartingPosition": "AT_TIMESTAMP", "StartingPositionTimestamp": 1}),
            "Unsupported starting position for arn type: ",
        ),
        (filter("{"), "Invalid filter pattern definition."),
        (filter(r#"{"a":"x"}"#), "Invalid filter pattern definition."),
        (success, "Unsupported DestinationConfig parameter for given event source mapping type."),
        (
            json!({"ProvisionedPollerConfig": {"MinimumPollers": 2}}),
            "Unsupported ProvisionedPollerConfig parameter",
        ),
        (json!({"Topics": ["t"]}), "Unsupported Topics parameter"),
        (json!({"FunctionName": null}), "1 validation error detected: Value null at 'functionName'"),
        (json!({"FunctionName": "a b"}), "1 validation error detected: Value 'a b' at 'functionName'"),
        (json!({"BatchSize": "x"}), "The body cannot be read"),
        (json!({"MetricsConfig": {"Metrics": ["KafkaMetrics"]}}), "The metric KafkaMetrics"),
        (
            json!({"DestinationConfig": {"OnFailure": {"Destination": "arn:aws:sqs:r:000000000000:q.fifo"}}}),
            "The destination ARN ",
        ),
    ];
    for (members, text) in cases {
        let (status, answer) = world.ask(Operation::Create, request(&stream, members.clone())).await;
        let message = answer["message"].as_str().unwrap_or_default();
        assert!(status == 400 && message.starts_with(text), "{members}: {status} {answer}");
    }
    assert!(world.mappings.all().is_empty());

    let uuid = world.map(&stream, json!({})).await;
    let (status, answer) = world.ask(Operation::Create, request(&stream, json!({}))).await;
    let text = format!(
        "The event source arn (\" {stream} \") and function (\" f \") provided mapping already exists. Please update or \
         delete the existing mapping with UUID {uuid}"
    );
    assert_eq!((status, answer), (409, json!({"Type": "User", "message": text})));

    let nobody = "00000000-0000-4000-8000-000000000000".to_owned();
    for operation in
        [Operation::Get(nobody.clone()), Operation::Update(nobody.clone()), Operation::Delete(nobody)]
    {
        let (status, answer) = world.ask(operation, Value::Null).await;
        let expected = json!({"Type": "User", "Message": "The resource you requested does not exist."});
        assert_eq!((status, answer), (404, expected));
    }
}

#[tokio::test]
async fn lists_are_filtered_and_paged() {
    let world = World::in_memory();
    let stream = world.table().await;
    for number in 0..5 {
        world.functions.names.lock().unwrap().insert(format!("{FUNCTION}:{number}"));
        world.map(&stream, json!({"FunctionName": format!("f:{number}"), "Enabled": false})).await;
    }
    let list = async |query: &[(&str, &str)]| world.ask_with(Operation::List, Value::Null, query).await.1;
    let count = |page: &Value| page["EventSourceMappings"].as_array().unwrap().len();
    assert_eq!(count(&list(&[("FunctionName", "f:3")]).await), 1);
    assert_eq!(count(&list(&[("FunctionName", "f")]).await), 5);
    assert_eq!(count(&list(&[("FunctionName", "g")]).await), 0);
    assert_eq!(count(&list(&[("EventSourceArn", &stream)]).await), 5);
    assert_eq!(count(&list(&[("EventSourceArn", "arn:aws:sqs:r:a:q")]).await), 0);
    let first = list(&[("MaxItems", "3")]).await;
    let marker = first["NextMarker"].as_str().unwrap();
    let second = list(&[("MaxItems", "3"), ("Marker", marker)]).await;
    assert_eq!((count(&first), count(&second), second.get("NextMarker")), (3, 2, None));
    let (status, _) = world.ask_with(Operation::List, Value::Null, &[("MaxItems", "0")]).await;
    assert_eq!(status, 400);
}

#[tokio::test]
async fn tags_are_kept_by_the_mappings_arn() {
    let world = World::in_memory();
    let stream = world.table().await;
    let uuid = world.map(&stream, json!({"Tags": {"a": "1", "b": "2"}})).await;
    let arn = world.show(&uuid).await["EventSourceMappingArn"].as_str().unwrap().to_owned();
    let (status, _) = world.ask(Operation::Tag(arn.clone()), json!({"Tags": {"c": "3", "a": "4"}})).await;
    assert_eq!(status, 204);
    let keys = [("tagKeys", "b"), ("tagKeys", "x")];
    let (status, _) = world.ask_with(Operation::Untag(arn.clone()), Value::Null, &keys).await;
    assert_eq!(status, 204);
    let (status, answer) = world.ask(Operation::ListTags(arn), Value::Null).await;
    assert_eq!((status, answer), (200, json!({"Tags": {"a": "4", "c": "3"}})));
}

#[tokio::test]
async fn pollers_and_limits_of_queues_are_stored_shown_and_taken_away() {
    let world = World::in_memory();
    let queue = world.queue("q", json!({})).await;
    let pollers = |minimum: u32, maximum: u32| json!({"MinimumPollers": minimum, "MaximumPollers": maximum});
    let uuid = world.map(&queue, json!({"ProvisionedPollerConfig": {"MinimumPollers": 5}})).await;
    assert_eq!(world.show(&uuid).await["ProvisionedPollerConfig"], pollers(5, 200));
    let told = world.update(&uuid, json!({"ProvisionedPollerConfig": {"MaximumPollers": 7}})).await;
    assert_eq!(told["ProvisionedPollerConfig"], pollers(5, 7));
    let limit = json!({"ScalingConfig": {"MaximumConcurrency": 3}});
    let rows = [
        (limit.clone(), "exclude each other"),
        (json!({"ProvisionedPollerConfig": {"MinimumPollers": 8}}), "not below MinimumPollers"),
        (json!({"ProvisionedPollerConfig": {"MinimumPollers": 1}}), "between 2 and 200"),
        (
            json!({"ProvisionedPollerConfig": {"MinimumPollers": 201}}),
            "provisionedPollerConfig.minimumPollers",
        ),
        (
            json!({"ProvisionedPollerConfig": {"PollerGroupName": "g"}}),
            "Unsupported PollerGroupName parameter",
        ),
        (json!({"KMSKeyArn": "key"}), "kMSKeyArn"),
    ];
    for (members, text) in rows {
        let (status, answer) = world.ask(Operation::Update(uuid.clone()), members.clone()).await;
        assert_eq!(status, 400, "{members}");
        assert!(answer.to_string().contains(text), "{members}: {answer}");
    }
    let told = world.update(&uuid, json!({"ProvisionedPollerConfig": {}})).await;
    assert_eq!(told.get("ProvisionedPollerConfig"), None);
    let told = world.update(&uuid, limit.clone()).await;
    assert_eq!(told["ScalingConfig"], limit["ScalingConfig"]);
    let told = world.update(&uuid, json!({"ScalingConfig": {}})).await;
    assert_eq!(told.get("ScalingConfig"), None);
}
