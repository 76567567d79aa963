//! The service as clients see it.

use super::{Call, Options, Roles};
use database::Caller;
use environment::Environment;
use std::fmt::Write as _;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;
use store::{AnyStore, Memory, Runner, Store};

const NOW_MS: u64 = 1_767_225_600_000;
const TRUST: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;
const ALLOWS: &str =
    r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"dynamodb:*","Resource":"*"}}"#;
const POLICY: &str = "arn:aws:iam::123456789012:policy/team/orders";
const BASIC: &str = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole";

type Members<'a> = Vec<(&'a str, &'a str)>;

struct World {
    store: Arc<AnyStore>,
    roles: Roles,
}

impl World {
    fn new() -> Self {
        let store = Arc::new(AnyStore::Memory(Memory::new(1 << 20)));
        store.create_space().unwrap();
        let roles = open(&store, false);
        Self { store, roles }
    }

    /// As after a restart.
    fn again(self) -> Self {
        Self { roles: open(&self.store, false), ..self }
    }

    async fn ask(&self, account: &str, members: &[(&str, &str)]) -> (u16, String) {
        let caller = Caller::new(account, "us-east-1");
        let body = form(members);
        let call = Call { caller: &caller, query: b"", body: body.as_bytes(), request_id: "id" };
        let answer = self.roles.call(&call).await;
        (answer.status, String::from_utf8(answer.body.to_vec()).unwrap())
    }

    async fn done(&self, action: &str, members: &[(&str, &str)]) -> String {
        let members = [&[("Action", action)], members].concat();
        let (status, body) = self.ask("123456789012", &members).await;
        assert_eq!(status, 200, "{members:?}: {body}");
        body
    }

    /// The status, the code and the message of a refusal.
    async fn refused(&self, action: &str, members: &[(&str, &str)]) -> (u16, String, String) {
        let members = [&[("Action", action)], members].concat();
        let (status, body) = self.ask("123456789012", &members).await;
        assert_ne!(status, 200, "{members:?}: {body}");
        (status, elements(&body, "Code").remove(0), elements(&body, "Message").remove(0))
    }

    async fn role(&self, name: &str) {
        self.done("CreateRole", &[("RoleName", name), ("AssumeRolePolicyDocument", TRUST)]).await;
    }
}

fn open(store: &Arc<AnyStore>, shared: bool) -> Roles {
    let environment = Environment::simulated(7, NOW_MS);
    let space = store.spaces().into_iter().min().unwrap();
    let runner = Runner::new(Arc::clone(store), &environment).unwrap();
    Roles::open(runner, space, Options { shared }, environment).unwrap()
}

fn form(members: &[(&str, &str)]) -> String {
    let mut form = String::new();
    for (name, value) in members {
        let _ = write!(form, "{name}={}&", super::document::encoded(value));
    }
    form
}

/// The texts of all elements of a name.
fn elements(body: &str, name: &str) -> Vec<String> {
    let (start, end) = (format!("<{name}>"), format!("</{name}>"));
    body.split(&start).skip(1).map(|rest| rest.split_once(&end).unwrap().0.to_owned()).collect()
}

#[tokio::test]
async fn a_role_lives() {
    let world = World::new();
    let members = [
        ("RoleName", "Orders"),
        ("Path", "/team/"),
        ("AssumeRolePolicyDocument", TRUST),
        ("Description", "d"),
        ("Tags.member.1.Key", "a"),
        ("Tags.member.1.Value", "b"),
    ];
    let made = world.done("CreateRole", &members).await;
    assert_eq!(elements(&made, "Arn"), ["arn:aws:iam::123456789012:role/team/Orders"]);
    assert_eq!(elements(&made, "CreateDate"), ["2026-01-01T00:00:00Z"]);
    assert_eq!(elements(&made, "MaxSessionDuration"), ["3600"]);
    assert_eq!(elements(&made, "AssumeRolePolicyDocument"), [super::document::encoded(TRUST)]);
    let id = elements(&made, "RoleId").remove(0);
    assert!(id.starts_with("AROA") && id.len() == 21, "{id}");
    let again = world.refused("CreateRole", &members).await;
    assert_eq!((again.0, again.1.as_str()), (409, "EntityAlreadyExists"));
    // Names that differ in case only are one.
    let other = [("RoleName", "orders"), ("AssumeRolePolicyDocument", TRUST)];
    assert_eq!(world.refused("CreateRole", &other).await.2, "Role with name Orders already exists.");
    world.done("UpdateRole", &[("RoleName", "Orders"), ("MaxSessionDuration", "7200")]).await;
    let trust = TRUST.replace("lambda", "states");
    world.done("UpdateAssumeRolePolicy", &[("RoleName", "Orders"), ("PolicyDocument", &trust)]).await;
    world
        .done("TagRole", &[("RoleName", "Orders"), ("Tags.member.1.Key", "c"), ("Tags.member.1.Value", "")])
        .await;
    world.done("UntagRole", &[("RoleName", "Orders"), ("TagKeys.member.1", "a")]).await;
    let world = world.again();
    let found = world.done("GetRole", &[("RoleName", "Orders")]).await;
    assert_eq!(elements(&found, "RoleId"), [id]);
    assert_eq!(elements(&found, "MaxSessionDuration"), ["7200"]);
    assert_eq!(elements(&found, "Description"), Vec::<String>::new());
    assert_eq!(elements(&found, "AssumeRolePolicyDocument"), [super::document::encoded(&trust)]);
    assert_eq!(elements(&found, "Key"), ["c"]);
    assert_eq!(elements(&world.done("ListRoleTags", &[("RoleName", "Orders")]).await, "Key"), ["c"]);
    let caller = Caller::new("123456789012", "eu-west-1");
    let arn = world.roles.role(&caller, "Orders").unwrap().arn;
    assert_eq!(arn, "arn:aws:iam::123456789012:role/team/Orders");
    // Other accounts have roles of their own.
    let (status, _) = world.ask("210987654321", &[("Action", "GetRole"), ("RoleName", "Orders")]).await;
    assert_eq!(status, 404);
    world.done("DeleteRole", &[("RoleName", "Orders")]).await;
    let (status, code, message) = world.again().refused("GetRole", &[("RoleName", "Orders")]).await;
    assert_eq!((status, code.as_str()), (404, "NoSuchEntity"));
    assert_eq!(message, "The role with name Orders cannot be found.");
}

#[tokio::test]
async fn policies_within_a_role() {
    let world = World::new();
    world.role("r").await;
    for name in ["b", "a"] {
        let members = [("RoleName", "r"), ("PolicyName", name), ("PolicyDocument", ALLOWS)];
        world.done("PutRolePolicy", &members).await;
    }
    let world = world.again();
    let names = world.done("ListRolePolicies", &[("RoleName", "r")]).await;
    assert_eq!(elements(&names, "member"), ["a", "b"]);
    let found = world.done("GetRolePolicy", &[("RoleName", "r"), ("PolicyName", "a")]).await;
    assert_eq!(elements(&found, "PolicyDocument"), [super::document::encoded(ALLOWS)]);
    let conflict = world.refused("DeleteRole", &[("RoleName", "r")]).await;
    assert_eq!((conflict.0, conflict.1.as_str()), (409, "DeleteConflict"));
    world.done("DeleteRolePolicy", &[("RoleName", "r"), ("PolicyName", "a")]).await;
    let gone = world.refused("DeleteRolePolicy", &[("RoleName", "r"), ("PolicyName", "a")]).await;
    assert_eq!(gone.1, "NoSuchEntity");
    world.done("DeleteRolePolicy", &[("RoleName", "r"), ("PolicyName", "b")]).await;
    world.done("DeleteRole", &[("RoleName", "r")]).await;
}

#[tokio::test]
async fn managed_policies() {
    let world = World::new();
    let members = [("PolicyName", "orders"), ("Path", "/team/"), ("PolicyDocument", ALLOWS)];
    let made = world.done("CreatePolicy", &members).await;
    assert_eq!(elements(&made, "Arn"), [POLICY]);
    assert_eq!(world.refused("CreatePolicy", &members).await.1, "EntityAlreadyExists");
    world.role("r").await;
    for arn in [POLICY, BASIC] {
        world.done("AttachRolePolicy", &[("RoleName", "r"), ("PolicyArn", arn)]).await;
    }
    let world = world.again();
    let attached = world.done("ListAttachedRolePolicies", &[("RoleName", "r")]).await;
    assert_eq!(elements(&attached, "PolicyArn"), [POLICY, BASIC]);
    assert_eq!(elements(&attached, "PolicyName"), ["orders", "AWSLambdaBasicExecutionRole"]);
    let found = world.done("GetPolicy", &[("PolicyArn", POLICY)]).await;
    assert_eq!(
        (elements(&found, "AttachmentCount"), elements(&found, "DefaultVersionId")),
        (vec!["1".to_owned()], vec!["v1".to_owned()])
    );
    let entities = world.done("ListEntitiesForPolicy", &[("PolicyArn", POLICY)]).await;
    assert_eq!(elements(&entities, "RoleName"), ["r"]);
    assert_eq!(world.refused("DeletePolicy", &[("PolicyArn", POLICY)]).await.1, "DeleteConflict");
    assert_eq!(world.refused("DeleteRole", &[("RoleName", "r")]).await.1, "DeleteConflict");
    for arn in [POLICY, BASIC] {
        world.done("DetachRolePolicy", &[("RoleName", "r"), ("PolicyArn", arn)]).await;
    }
    let again = world.refused("DetachRolePolicy", &[("RoleName", "r"), ("PolicyArn", BASIC)]).await;
    assert_eq!(again.1, "NoSuchEntity");
    world.done("DeletePolicy", &[("PolicyArn", POLICY)]).await;
    assert_eq!(world.refused("GetPolicy", &[("PolicyArn", POLICY)]).await.1, "NoSuchEntity");
}

#[tokio::test]
async fn versions_of_a_policy() {
    let world = World::new();
    world
        .done("CreatePolicy", &[("PolicyName", "orders"), ("Path", "/team/"), ("PolicyDocument", ALLOWS)])
        .await;
    let version = [("PolicyArn", POLICY), ("PolicyDocument", ALLOWS), ("SetAsDefault", "true")];
    for _ in 0..4 {
        world.done("CreatePolicyVersion", &version).await;
    }
    assert_eq!(world.refused("CreatePolicyVersion", &version).await.1, "LimitExceeded");
    let listed = world.done("ListPolicyVersions", &[("PolicyArn", POLICY)]).await;
    assert_eq!(elements(&listed, "VersionId"), ["v5", "v4", "v3", "v2", "v1"]);
    assert_eq!(elements(&listed, "IsDefaultVersion"), ["true", "false", "false", "false", "false"]);
    world.done("SetDefaultPolicyVersion", &[("PolicyArn", POLICY), ("VersionId", "v2")]).await;
    let default = world.refused("DeletePolicyVersion", &[("PolicyArn", POLICY), ("VersionId", "v2")]).await;
    assert_eq!(default.1, "DeleteConflict");
    assert_eq!(world.refused("DeletePolicy", &[("PolicyArn", POLICY)]).await.1, "DeleteConflict");
    world.done("DeletePolicyVersion", &[("PolicyArn", POLICY), ("VersionId", "v5")]).await;
    // A number is not given twice.
    let made = world.done("CreatePolicyVersion", &version).await;
    assert_eq!(elements(&made, "VersionId"), ["v6"]);
    let found = world.done("GetPolicyVersion", &[("PolicyArn", POLICY), ("VersionId", "v6")]).await;
    assert_eq!(elements(&found, "Document"), [super::document::encoded(ALLOWS)]);
    let aws = world.done("GetPolicyVersion", &[("PolicyArn", BASIC), ("VersionId", "v1")]).await;
    assert!(elements(&aws, "Document")[0].contains("logs%3APutLogEvents"), "{aws}");
    let not_ours = world.refused("DeletePolicy", &[("PolicyArn", BASIC)]).await;
    assert_eq!((not_ours.0, not_ours.1.as_str()), (403, "AccessDenied"));
}

#[tokio::test]
async fn pages() {
    let world = World::new();
    for number in 0..5 {
        world.role(&format!("role-{number}")).await;
    }
    let (mut names, mut marker) = (Vec::new(), None::<String>);
    for _ in 0..3 {
        let marker_of = marker.as_deref().map(|marker| ("Marker", marker));
        let members: Vec<_> = [("MaxItems", "2")].into_iter().chain(marker_of).collect();
        let page = world.done("ListRoles", &members).await;
        names.extend(elements(&page, "RoleName"));
        assert_eq!(elements(&page, "IsTruncated")[0], (names.len() < 5).to_string());
        marker = elements(&page, "Marker").pop();
    }
    assert_eq!(names, ["role-0", "role-1", "role-2", "role-3", "role-4"]);
    assert_eq!(marker, None);
    let own = world.done("ListPolicies", &[("Scope", "Local")]).await;
    assert_eq!(elements(&own, "PolicyName"), Vec::<String>::new());
    world.done("AttachRolePolicy", &[("RoleName", "role-0"), ("PolicyArn", BASIC)]).await;
    let used = world.done("ListPolicies", &[("OnlyAttached", "true")]).await;
    assert_eq!(elements(&used, "Arn"), [BASIC]);
}

#[tokio::test]
async fn boundaries_and_the_roles_of_services() {
    let world = World::new();
    world.role("r").await;
    world.done("PutRolePermissionsBoundary", &[("RoleName", "r"), ("PermissionsBoundary", BASIC)]).await;
    let found = world.done("GetRole", &[("RoleName", "r")]).await;
    assert_eq!(elements(&found, "PermissionsBoundaryArn"), [BASIC]);
    world.done("DeleteRolePermissionsBoundary", &[("RoleName", "r")]).await;
    let service = [("AWSServiceName", "replication.dynamodb.amazonaws.com")];
    let made = world.done("CreateServiceLinkedRole", &service).await;
    assert_eq!(
        elements(&made, "Arn"),
        [
            "arn:aws:iam::123456789012:role/aws-service-role/replication.dynamodb.amazonaws.com/AWSServiceRoleForDynamoDBReplication"
        ]
    );
    let name = [("RoleName", "AWSServiceRoleForDynamoDBReplication")];
    assert_eq!(world.refused("DeleteRole", &name).await.1, "UnmodifiableEntity");
    let task = elements(&world.done("DeleteServiceLinkedRole", &name).await, "DeletionTaskId").remove(0);
    let status = world.done("GetServiceLinkedRoleDeletionStatus", &[("DeletionTaskId", &task)]).await;
    assert_eq!(elements(&status, "Status"), ["SUCCEEDED"]);
    let profiles = world.done("ListInstanceProfilesForRole", &[("RoleName", "r")]).await;
    assert!(profiles.contains("<InstanceProfiles></InstanceProfiles>"), "{profiles}");
    let user = world.done("GetUser", &[]).await;
    assert_eq!(elements(&user, "Arn"), ["arn:aws:iam::123456789012:root"]);
}

#[tokio::test]
async fn accounts_may_share() {
    let World { store, .. } = World::new();
    let world = World { roles: open(&store, true), store };
    world.role("r").await;
    let (status, body) = world.ask("210987654321", &[("Action", "GetRole"), ("RoleName", "r")]).await;
    assert_eq!((status, elements(&body, "Arn")), (200, vec!["arn:aws:iam::123456789012:role/r".to_owned()]));
}

#[tokio::test]
async fn what_is_refused() {
    let world = World::new();
    world.role("r").await;
    let long = "x".repeat(65);
    let large = ALLOWS.replace("dynamodb:*", &"x".repeat(11_000));
    let no_principal = TRUST.replace("Principal", "Resource");
    let role = |document| vec![("RoleName", "new"), ("AssumeRolePolicyDocument", document)];
    let put = |document| [("RoleName", "r"), ("PolicyName", "p"), ("PolicyDocument", document)];
    let table: Vec<(&str, Members<'_>, &str)> = vec![
        ("", vec![], "MissingAction"),
        ("CreateUser", vec![], "InvalidAction"),
        ("CreateRole", vec![("RoleName", "new")], "ValidationError"),
        ("CreateRole", vec![("RoleName", "a b"), ("AssumeRolePolicyDocument", TRUST)], "ValidationError"),
        ("CreateRole", vec![("RoleName", &long), ("AssumeRolePolicyDocument", TRUST)], "ValidationError"),
        ("CreateRole", role("{"), "MalformedPolicyDocument"),
        ("CreateRole", role("[]"), "MalformedPolicyDocument"),
        ("CreateRole", role(r#"{"Version":"2012-10-17"}"#), "MalformedPolicyDocument"),
        ("CreateRole", role(r#"{"Version":"1999-01-01","Statement":[]}"#), "MalformedPolicyDocument"),
        ("CreateRole", role(&no_principal), "MalformedPolicyDocument"),
        ("CreateRole", [&role(TRUST)[..], &[("MaxSessionDuration", "60")]].concat(), "ValidationError"),
        ("CreateRole", [&role(TRUST)[..], &[("Path", "team")]].concat(), "ValidationError"),
        ("CreateRole", [&role(TRUST)[..], &[("Path", "/aws-service-role/x/")]].concat(), "InvalidInput"),
        ("CreateRole", [&role(TRUST)[..], &[("PermissionsBoundary", POLICY)]].concat(), "NoSuchEntity"),
        ("PutRolePolicy", put(TRUST).to_vec(), "MalformedPolicyDocument"),
        ("PutRolePolicy", put(&large).to_vec(), "LimitExceeded"),
        ("AttachRolePolicy", vec![("RoleName", "r"), ("PolicyArn", POLICY)], "NoSuchEntity"),
        (
            "AttachRolePolicy",
            vec![("RoleName", "r"), ("PolicyArn", "orders-that-are-no-arn")],
            "InvalidInput",
        ),
        ("GetPolicyVersion", vec![("PolicyArn", BASIC), ("VersionId", "v2")], "NoSuchEntity"),
        ("CreatePolicy", vec![("PolicyName", "p"), ("PolicyDocument", &large)], "LimitExceeded"),
        ("ListRoles", vec![("Marker", "?")], "ValidationError"),
        ("ListRoles", vec![("MaxItems", "0")], "ValidationError"),
        ("GetUser", vec![("UserName", "me")], "NoSuchEntity"),
        ("DeleteServiceLinkedRole", vec![("RoleName", "r")], "NoSuchEntity"),
    ];
    for (action, members, code) in table {
        assert_eq!(world.refused(action, &members).await.1, code, "{action} {members:?}");
    }
    let names = world.done("ListRoles", &[]).await;
    assert_eq!(elements(&names, "RoleName"), ["r"], "nothing was made");
}

#[tokio::test]
async fn a_role_is_there_although_its_client_has_gone() {
    let store = Arc::new(AnyStore::Memory(Memory::new(1 << 20)));
    let (space, environment) = (store.create_space().unwrap(), Environment::simulated(7, NOW_MS));
    // Commits that take a moment, as on a disk.
    let runner = Runner::grouped(Arc::clone(&store), &environment).unwrap();
    let roles = Roles::open(runner, space, Options::default(), environment).unwrap();
    let world = World { store, roles };
    let role = [("Action", "CreateRole"), ("RoleName", "R"), ("AssumeRolePolicyDocument", TRUST)];
    {
        let mut asked = std::pin::pin!(world.ask("123456789012", &role));
        std::future::poll_fn(|context| Poll::Ready(asked.as_mut().poll(context).is_pending())).await;
    }
    let caller = Caller::new("123456789012", "us-east-1");
    let there = async {
        while world.roles.role(&caller, "R").is_none() {
            environment::yield_now().await;
        }
    };
    assert!(tokio::time::timeout(Duration::from_secs(30), there).await.is_ok(), "nobody sees the role");
}
