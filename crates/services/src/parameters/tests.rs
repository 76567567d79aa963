//! The service as clients see it.

use super::{Options, Parameters};
use database::Caller;
use environment::Environment;
use serde_json::{Value, json};
use std::sync::Arc;
use store::{AnyStore, Memory, Runner, Store};

const NOW_MS: u64 = 1_767_225_600_000;

struct World {
    store: Arc<AnyStore>,
    parameters: Parameters,
    shared: bool,
}

impl World {
    fn new(shared: bool) -> Self {
        let store = Arc::new(AnyStore::Memory(Memory::new(1 << 20)));
        store.create_space().unwrap();
        let parameters = open(&store, shared);
        Self { store, parameters, shared }
    }

    /// As after a restart.
    fn again(self) -> Self {
        let parameters = open(&self.store, self.shared);
        Self { parameters, ..self }
    }

    async fn ask(&self, region: &str, operation: &str, body: Value) -> (u16, Value) {
        let caller = Caller::new("000000000000", region);
        let answer = self.parameters.call(operation, &caller, body.to_string().as_bytes()).await;
        (answer.status, serde_json::from_slice(&answer.body).unwrap())
    }

    async fn done(&self, operation: &str, body: Value) -> Value {
        let (status, answer) = self.ask("us-east-1", operation, body).await;
        assert_eq!(status, 200, "{answer}");
        answer
    }

    async fn refused(&self, operation: &str, body: Value) -> String {
        let (status, answer) = self.ask("us-east-1", operation, body).await;
        assert_eq!(status, 400, "{answer}");
        answer["__type"].as_str().unwrap().to_owned()
    }

    async fn put(&self, name: &str, value: &str) {
        self.done("PutParameter", json!({"Name": name, "Value": value, "Type": "String"})).await;
    }
}

fn open(store: &Arc<AnyStore>, shared: bool) -> Parameters {
    let environment = Environment::simulated(7, NOW_MS);
    let space = store.spaces().into_iter().min().unwrap();
    let runner = Runner::new(Arc::clone(store), &environment).unwrap();
    Parameters::open(runner, space, Options { shared }, environment).unwrap()
}

fn names(answer: &Value) -> Vec<&str> {
    answer["Parameters"].as_array().unwrap().iter().map(|one| one["Name"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_parameter_lives() {
    let world = World::new(false);
    let request = json!({"Name": "/a/b", "Value": "x", "Type": "String", "Description": "d"});
    assert_eq!(world.done("PutParameter", request.clone()).await, json!({"Version": 1, "Tier": "Standard"}));
    assert_eq!(world.refused("PutParameter", request).await, "ParameterAlreadyExists");
    let again = json!({"Name": "/a/b", "Value": "y", "Overwrite": true});
    assert_eq!(world.done("PutParameter", again).await["Version"], 2);
    let world = world.again();
    let expected = json!({"Name": "/a/b", "Type": "String", "Value": "y", "Version": 2, "DataType": "text",
        "LastModifiedDate": 1_767_225_600, "ARN": "arn:aws:ssm:us-east-1:000000000000:parameter/a/b"});
    assert_eq!(world.done("GetParameter", json!({"Name": "/a/b"})).await["Parameter"], expected);
    let by_arn = json!({"Name": "arn:aws:ssm:us-east-1:000000000000:parameter/a/b:2"});
    assert_eq!(world.done("GetParameter", by_arn).await["Parameter"]["Selector"], ":2");
    assert_eq!(world.refused("GetParameter", json!({"Name": "/a/b:1"})).await, "ParameterVersionNotFound");
    let described = world.done("DescribeParameters", json!({})).await;
    assert_eq!(described["Parameters"][0]["Description"], "d");
    assert_eq!(world.ask("eu-west-1", "GetParameter", json!({"Name": "/a/b"})).await.0, 400);
    assert_eq!(world.parameters.value("000000000000", "us-east-1", "/a/b").as_deref(), Some("y"));
    world.done("DeleteParameter", json!({"Name": "/a/b"})).await;
    assert_eq!(world.refused("DeleteParameter", json!({"Name": "/a/b"})).await, "ParameterNotFound");
    let world = world.again();
    assert_eq!(world.refused("GetParameter", json!({"Name": "/a/b"})).await, "ParameterNotFound");
}

#[tokio::test]
async fn several_at_once() {
    let world = World::new(true);
    for name in ["/p/a", "/p/b", "/p/q/c", "/pq", "plain"] {
        world.put(name, name).await;
    }
    // Of all regions, where these are shared.
    let (_, found) =
        world.ask("eu-west-1", "GetParameters", json!({"Names": ["plain", "/p/a", "none"]})).await;
    assert_eq!((names(&found), &found["InvalidParameters"]), (vec!["plain", "/p/a"], &json!(["none"])));
    let below = world.done("GetParametersByPath", json!({"Path": "/p"})).await;
    assert_eq!(names(&below), ["/p/a", "/p/b"]);
    let below =
        world.done("GetParametersByPath", json!({"Path": "/p/", "Recursive": true, "MaxResults": 2})).await;
    assert_eq!(names(&below), ["/p/a", "/p/b"]);
    let rest = json!({"Path": "/p/", "Recursive": true, "MaxResults": 2, "NextToken": below["NextToken"]});
    let rest = world.done("GetParametersByPath", rest).await;
    assert_eq!((names(&rest), rest.get("NextToken")), (vec!["/p/q/c"], None));
    let filter = json!({"ParameterFilters": [{"Key": "Name", "Option": "BeginsWith", "Values": ["/p"]},
        {"Key": "Path", "Values": ["/p", "/"]}]});
    assert_eq!(names(&world.done("DescribeParameters", filter).await), ["/p/a", "/p/b", "/pq"]);
    let deleted = world.done("DeleteParameters", json!({"Names": ["/p/a", "none", "plain"]})).await;
    assert_eq!(deleted, json!({"DeletedParameters": ["/p/a", "plain"], "InvalidParameters": ["none"]}));
    assert_eq!(names(&world.done("DescribeParameters", json!({})).await), ["/p/b", "/p/q/c", "/pq"]);
}

#[tokio::test]
async fn secrets_and_tags() {
    let world = World::new(false);
    let secret =
        json!({"Name": "s", "Value": "clear", "Type": "SecureString", "Tags": [{"Key": "a", "Value": "1"}]});
    world.done("PutParameter", secret).await;
    assert_ne!(world.done("GetParameter", json!({"Name": "s"})).await["Parameter"]["Value"], "clear");
    let decrypted = json!({"Name": "s", "WithDecryption": true});
    assert_eq!(world.done("GetParameter", decrypted).await["Parameter"]["Value"], "clear");
    assert_eq!(world.done("DescribeParameters", json!({})).await["Parameters"][0]["KeyId"], "alias/aws/ssm");
    let of = |more: Value| {
        let mut request = json!({"ResourceType": "Parameter", "ResourceId": "s"});
        request.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        request
    };
    world.done("AddTagsToResource", of(json!({"Tags": [{"Key": "b", "Value": "2"}]}))).await;
    world.done("RemoveTagsFromResource", of(json!({"TagKeys": ["a"]}))).await;
    let world = world.again();
    assert_eq!(
        world.done("ListTagsForResource", of(json!({}))).await,
        json!({"TagList": [{"Key": "b", "Value": "2"}]})
    );
    let other = json!({"ResourceType": "Parameter", "ResourceId": "none"});
    assert_eq!(world.refused("ListTagsForResource", other).await, "InvalidResourceId");
}

#[tokio::test]
async fn the_bootstrap_is_there_before_anybody_bootstraps() {
    let world = World::new(false);
    let name = json!({"Name": "/cdk-bootstrap/hnb659fds/version"});
    assert_eq!(world.done("GetParameter", name.clone()).await["Parameter"]["Value"], "21");
    assert_eq!(names(&world.done("DescribeParameters", json!({})).await), Vec::<&str>::new());
    world.put("/cdk-bootstrap/hnb659fds/version", "33").await;
    assert_eq!(world.done("GetParameter", name.clone()).await["Parameter"]["Value"], "33");
    world.done("DeleteParameter", name.clone()).await;
    assert_eq!(world.done("GetParameter", name).await["Parameter"]["Value"], "21");
}

#[tokio::test]
async fn what_is_refused() {
    let world = World::new(false);
    let long = "x".repeat(4_097);
    let put = |more: Value| {
        let mut request = json!({"Name": "n", "Value": "v", "Type": "String"});
        request.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        request
    };
    let table = [
        ("GetParameter", json!({}), "ValidationException"),
        ("GetParameter", json!({"Name": 5}), "SerializationException"),
        ("GetParameters", json!({"Names": []}), "ValidationException"),
        ("GetParametersByPath", json!({"Path": "a"}), "ValidationException"),
        ("GetParametersByPath", json!({"Path": "/a", "NextToken": "?"}), "InvalidNextToken"),
        ("DescribeParameters", json!({"ParameterFilters": [{"Key": "Foo"}]}), "InvalidFilterKey"),
        (
            "DescribeParameters",
            json!({"ParameterFilters": [{"Key": "Name", "Option": "Foo"}]}),
            "InvalidFilterOption",
        ),
        ("PutParameter", json!({"Name": "n", "Value": "v"}), "ValidationException"),
        ("PutParameter", put(json!({"Name": "aws-x"})), "ValidationException"),
        ("PutParameter", put(json!({"Name": "/SSM/x"})), "ValidationException"),
        ("PutParameter", put(json!({"Name": "a/b"})), "ValidationException"),
        ("PutParameter", put(json!({"Name": "a b"})), "ValidationException"),
        ("PutParameter", put(json!({"Name": "n:1"})), "ValidationException"),
        ("PutParameter", put(json!({"Name": "/a".repeat(16)})), "HierarchyLevelLimitExceededException"),
        ("PutParameter", put(json!({"Value": ""})), "ValidationException"),
        ("PutParameter", put(json!({"Value": long})), "ValidationException"),
        ("PutParameter", put(json!({"Type": "Foo"})), "ValidationException"),
        ("PutParameter", put(json!({"AllowedPattern": "^[0-9]+$"})), "ParameterPatternMismatchException"),
        ("PutParameter", put(json!({"AllowedPattern": "("})), "InvalidAllowedPatternException"),
        ("PutParameter", put(json!({"Policies": "[]"})), "ValidationException"),
        (
            "PutParameter",
            put(json!({"Overwrite": true, "Tags": [{"Key": "a", "Value": ""}]})),
            "ValidationException",
        ),
        ("GetParameterHistory", json!({"Name": "n"}), "UnknownOperationException"),
    ];
    for (operation, request, code) in table {
        assert_eq!(world.refused(operation, request.clone()).await, code, "{operation} {request}");
    }
    let larger = put(json!({"Value": long, "Tier": "Intelligent-Tiering"}));
    assert_eq!(world.done("PutParameter", larger).await["Tier"], "Advanced");
}
