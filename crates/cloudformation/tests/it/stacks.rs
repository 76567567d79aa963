//! The stack of the orders app as CDK writes it, and a bootstrap in little.

use crate::Deployment;
use cloudformation::Value;
use cloudformation::changes::{Action, Replacement, Stack};

const ORDERS: &str = include_str!("../templates/orders.json");
const BOOTSTRAP: &str = include_str!("../templates/bootstrap.yaml");

const FUNCTION: &str = "Aggregate8E8FD8B5";
const MAPPING: &str = "AggregateDynamoDBEventSourceOrdersStackOrdersTable6E3710BBB70608F7";
const POLICY: &str = "AggregateServiceRoleDefaultPolicyCACE067F";
const QUEUE: &str = "Failed178E83A2";
const ROLE: &str = "AggregateServiceRole062E641C";
const TABLE: &str = "OrdersTable315BB997";

#[test]
fn orders_are_made_in_order() {
    let deployment = Deployment::new(ORDERS, &[]).unwrap();
    let expected = [vec![ROLE, "CDKMetadata", QUEUE, TABLE], vec![POLICY], vec![FUNCTION], vec![MAPPING]];
    assert_eq!(deployment.graph().order(), expected);
    let (stack, world) = deployment.deploy();
    let function = &stack.resources[FUNCTION].evaluated.properties;
    let table = "OrdersStack-OrdersTable315BB997-ABCDEFGHIJKL";
    assert_eq!(stack.resources[TABLE].physical_id, table);
    let variables = function.get("Environment").and_then(|environment| environment.get("Variables"));
    assert_eq!(variables.unwrap().to_json(), format!(r#"{{"TABLE":"{table}"}}"#));
    let mapping = &stack.resources[MAPPING].evaluated.properties;
    assert_eq!(mapping.get("EventSourceArn"), Some(&Value::String(format!("{table}.StreamArn"))));
    let role = stack.resources[ROLE].evaluated.properties.get("ManagedPolicyArns").unwrap();
    assert_eq!(role.to_json(), r#"["arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"]"#);
    let evaluation = deployment.evaluation();
    let outputs: Vec<String> = evaluation
        .outputs()
        .map(|(name, output)| {
            format!("{name}={}", evaluation.output(output, &world).unwrap().value.to_json())
        })
        .collect();
    assert_eq!(outputs, [format!("StreamArn=\"{table}.StreamArn\""), format!("TableName=\"{table}\"")]);
}

#[test]
fn orders_from_nothing_are_all_added() {
    let deployment = Deployment::new(ORDERS, &[]).unwrap();
    let changes = deployment.changes(&(Stack::default(), crate::World::default()));
    assert_eq!(changes.len(), 7);
    assert!(changes.iter().all(|change| change.action == Action::Add));
    let mapping = changes.iter().find(|change| change.logical_id == MAPPING).unwrap();
    let unknown: Vec<String> = mapping
        .after
        .as_ref()
        .unwrap()
        .properties
        .unknowns()
        .into_iter()
        .map(|reference| reference.to_string())
        .collect();
    assert_eq!(unknown, [FUNCTION.to_owned(), format!("{QUEUE}.Arn"), format!("{TABLE}.StreamArn")]);
}

#[test]
fn orders_that_change() {
    let deployed = Deployment::new(ORDERS, &[]).unwrap().deploy();
    let changes = |from: &str, to: &str| {
        assert!(ORDERS.contains(from), "{from}");
        let changes = Deployment::new(&ORDERS.replace(from, to), &[]).unwrap().changes(&deployed);
        let written = changes.iter().map(|change| {
            format!(
                "{:?} {} {:?}",
                change.action,
                change.logical_id,
                change.replacement.unwrap_or(Replacement::False)
            )
        });
        written.collect::<Vec<_>>()
    };
    assert!(changes("", "").is_empty());
    // Another code of the function, in place.
    assert_eq!(
        changes("batchItemFailures: []", "batchItemFailures: [ ]"),
        [format!("Modify {FUNCTION} False")]
    );
    assert_eq!(changes("\"BatchSize\": 100", "\"BatchSize\": 10"), [format!("Modify {MAPPING} False")]);
    // Another view makes another stream, and the mapping may have to follow.
    let expected = [
        format!("Modify {MAPPING} Conditional"),
        format!("Modify {POLICY} False"),
        format!("Modify {TABLE} False"),
    ];
    assert_eq!(changes("NEW_AND_OLD_IMAGES", "NEW_IMAGE"), expected);
    // Another key makes another table.
    let expected = [
        format!("Modify {FUNCTION} False"),
        format!("Modify {MAPPING} Conditional"),
        format!("Modify {POLICY} False"),
        format!("Modify {TABLE} True"),
    ];
    assert_eq!(changes("\"sk\"", "\"time\""), expected);
}

#[test]
fn the_version_of_the_bootstrap_is_checked() {
    let error = Deployment::new(&ORDERS.replace("hnb659fds", "other"), &[]).err().unwrap();
    assert_eq!(
        error.to_string(),
        "Unable to fetch parameters [/cdk-bootstrap/other/version] from parameter store for this account."
    );
}

#[test]
fn bootstrap_as_it_is_by_default() {
    let deployment = Deployment::new(BOOTSTRAP, &[]).unwrap();
    let (stack, world) = deployment.deploy();
    let made: Vec<&str> = stack.resources.keys().map(String::as_str).collect();
    assert_eq!(made, ["Alias", "Bucket", "BucketPolicy", "Key", "Role", "Version"]);
    let bucket = &stack.resources["Bucket"];
    assert_eq!(bucket.physical_id, "abc123-assets-000000000000-us-east-1");
    assert!(bucket.evaluated.properties.to_json().contains(r#""KMSMasterKeyID":"Key-id.Arn""#));
    assert!(bucket.evaluated.properties.to_json().contains(r#""BlockPublicAcls":true"#));
    let role = stack.resources["Role"].evaluated.properties.to_json();
    assert_eq!(
        role,
        r#"{"AssumeRolePolicyDocument":{"Statement":[{"Effect":"Allow","Principal":{"AWS":"000000000000"}}]}}"#
    );
    let evaluation = deployment.evaluation();
    let (_, output) = evaluation.outputs().find(|(name, _)| *name == "KeyArn").unwrap();
    let output = evaluation.output(output, &world).unwrap();
    assert_eq!(output.export.as_deref(), Some("CdkBootstrap-abc123-KeyArn"));
    assert!(deployment.changes(&(stack, world)).is_empty());
}

#[test]
fn bootstrap_with_a_key_of_its_own() {
    let given = [
        ("KeyId", "AWS_MANAGED_KEY"),
        ("TrustedAccounts", "111111111111,222222222222"),
        ("PublicAccessBlock", "false"),
    ];
    let deployment = Deployment::new(BOOTSTRAP, &given).unwrap();
    let (stack, _) = deployment.deploy();
    let made: Vec<&str> = stack.resources.keys().map(String::as_str).collect();
    assert_eq!(made, ["Bucket", "BucketPolicy", "Role", "Version"]);
    let bucket = stack.resources["Bucket"].evaluated.properties.to_json();
    assert!(!bucket.contains("KMSMasterKeyID") && !bucket.contains("PublicAccessBlock"), "{bucket}");
    let role = stack.resources["Role"].evaluated.properties.to_json();
    assert!(role.contains(r#"{"AWS":["111111111111","222222222222"]}"#), "{role}");
    // To that from the default: the key leaves, the bucket changes.
    let before = Deployment::new(BOOTSTRAP, &[]).unwrap().deploy();
    let changes = deployment.changes(&before);
    let written: Vec<String> =
        changes.iter().map(|change| format!("{:?} {}", change.action, change.logical_id)).collect();
    assert_eq!(written, ["Remove Alias", "Modify Bucket", "Remove Key", "Modify Role"]);
    let error = Deployment::new(BOOTSTRAP, &[("Qualifier", "no good")]).err().unwrap();
    assert_eq!(
        error.to_string(),
        "Parameter Qualifier failed to satisfy constraint: Qualifier must be an alphanumeric identifier of at most 10 characters"
    );
}
