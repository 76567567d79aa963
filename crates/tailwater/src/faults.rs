//! `/_tailwater/faults`: adding faults, listing and clearing them; and what they do to requests at the front door of
//! DynamoDB. What they do to readers of streams is in `streams`, to functions and mappings in `lambda`.

use crate::dynamodb::{asked, refusal};
use bytes::Bytes;
use database::{Caller, Database, Reply, Subject};
use environment::Faults;
use environment::faults::{Fault, Fired, Kind, Place, Scopes, Shown};
use serde_json::{Map, Value, json};
use server::{OwnEndpoint, Request};
use std::sync::Arc;
use std::time::Duration;
use wire::operation::Class;
use wire::{ApiError, ErrorCode, Operation};

/// `/_tailwater/faults`. Where other machines reach the server, faults are not to be had unless somebody wants that.
pub(crate) fn endpoint(database: &Arc<Database>, allowed: bool) -> OwnEndpoint {
    let faults = database.environment().faults.clone();
    Arc::new(move |request: Request| {
        let faults = faults.clone();
        let verb = request.path().rsplit('/').next().unwrap_or_default().to_owned();
        // What changes something is not asked for by GET, which any web page may send without telling where from.
        let changes = matches!(verb.as_str(), "add" | "clear");
        if request.head().method() != "POST" && changes {
            return refusal(405, "say POST to change something").into();
        }
        if !allowed && verb == "add" {
            let text = "other machines can reach this server, so it takes no faults unless it is started with --allow-faults";
            return refusal(403, text).into();
        }
        asked(request, |_, question| async move {
            match verb.as_str() {
                "faults" | "list" => Ok(json!({ "faults": listed(&faults.all()) })),
                "add" => add(&faults, &question),
                "clear" => clear(&faults, &question),
                other => Err(ApiError::validation(format!(
                    "there is nothing like {other} to do about faults: add, list, clear"
                ))),
            }
        })
    })
}

pub(crate) fn add(faults: &Faults, question: &Value) -> Result<Value, ApiError> {
    let fault = fault(question).map_err(ApiError::validation)?;
    let added = faults.add(fault).map_err(|error| ApiError::validation(error.to_string()))?;
    let (fault, kind) = (added.id, added.fault.kind.name());
    tracing::warn!(fault, kind, "a fault is added");
    Ok(one(&added))
}

fn clear(faults: &Faults, question: &Value) -> Result<Value, ApiError> {
    let id = match &question["id"] {
        Value::Null => None,
        id => Some(id.as_u64().ok_or_else(|| ApiError::validation("id is the number of a fault"))?),
    };
    let cleared = faults.clear(id);
    match id {
        Some(id) if cleared.is_empty() => {
            Err(ApiError::resource_not_found(format!("there is no fault {id}")))
        }
        _ => Ok(json!({ "cleared": listed(&cleared) })),
    }
}

/// All members that a question may have.
pub(crate) const MEMBERS: [&str; 14] = [
    "kind",
    "ms",
    "operation",
    "table",
    "shard",
    "function",
    "mapping",
    "account",
    "region",
    "times",
    "after",
    "probability",
    "seed",
    "for_ms",
];

/// The fault that a question asks for.
pub(crate) fn fault(question: &Value) -> Result<Fault, String> {
    let members = question.as_object().ok_or("say {\"kind\": ...}")?;
    if let Some(other) = members.keys().find(|name| !MEMBERS.contains(&name.as_str())) {
        return Err(format!("{other} is none of {}", MEMBERS.join(", ")));
    }
    let kinds = || Kind::ALL.iter().map(|kind| kind.name()).collect::<Vec<_>>().join(", ");
    let kind = text(members, "kind")?.ok_or_else(|| format!("kind is missing, one of {}", kinds()))?;
    let kind = Kind::parse(&kind).ok_or_else(|| format!("{kind} is no kind of fault: {}", kinds()))?;
    let mut fault = Fault::new(kind);
    fault.ms = number(members, "ms")?.unwrap_or(0);
    for which in Scopes::ALL {
        *fault.scope.get_mut(which) = text(members, which.name())?;
    }
    fault.when.times = number(members, "times")?;
    fault.when.after = number(members, "after")?.unwrap_or(0);
    fault.when.seed = number(members, "seed")?.unwrap_or(0);
    fault.when.for_ms = number(members, "for_ms")?;
    fault.when.probability = match members.get("probability") {
        None | Some(Value::Null) => None,
        Some(chance) => Some(chance.as_f64().ok_or("probability is a number")?),
    };
    fault.check().map_err(|error| error.to_string())?;
    check_operation(&fault)?;
    Ok(fault)
}

/// Refuses an operation that there is not, or that faults of this kind never strike.
fn check_operation(fault: &Fault) -> Result<(), String> {
    let Some(name) = &fault.scope.operation else { return Ok(()) };
    let operation = Operation::ALL.iter().find(|operation| operation.name() == name);
    let operation = operation.ok_or_else(|| {
        format!("{name} is no operation of DynamoDB or DynamoDB Streams; they are written as PutItem is")
    })?;
    let struck = match fault.kind {
        Kind::FailWrite | Kind::LoseAnswer => operation.class() == Class::Write,
        Kind::DuplicateBatch | Kind::Trim => *operation == Operation::GetRecords,
        _ => true,
    };
    let kind = fault.kind.name();
    if struck { Ok(()) } else { Err(format!("{kind} never strikes {name}")) }
}

fn text(members: &Map<String, Value>, name: &str) -> Result<Option<String>, String> {
    match members.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(format!("{name} is a string")),
    }
}

fn number(members: &Map<String, Value>, name: &str) -> Result<Option<u64>, String> {
    match members.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => {
            value.as_u64().map(Some).ok_or_else(|| format!("{name} is a whole number, not below 0"))
        }
    }
}

fn listed(faults: &[Shown]) -> Vec<Value> {
    faults.iter().map(one).collect()
}

/// A fault as it is shown: what was asked for, as it was asked for, and what became of it.
fn one(shown: &Shown) -> Value {
    let (fault, scope, when) = (&shown.fault, &shown.fault.scope, &shown.fault.when);
    let mut out = json!({ "id": shown.id, "kind": fault.kind.name() });
    for which in Scopes::ALL {
        if let Some(value) = scope.get(which) {
            out[which.name()] = json!(value);
        }
    }
    let after = (when.after > 0).then_some(when.after);
    let ms = (fault.ms > 0).then_some(fault.ms);
    for (name, value) in [("ms", ms), ("times", when.times), ("after", after), ("for_ms", when.for_ms)] {
        if let Some(value) = value {
            out[name] = json!(value);
        }
    }
    if let Some(probability) = when.probability {
        out["probability"] = json!(probability);
        out["seed"] = json!(when.seed);
    }
    out["added_ms"] = json!(shown.added_ms);
    out["matched"] = json!(shown.matched);
    out["fired"] = json!(shown.fired);
    out["state"] = json!(if shown.over { "over" } else { "on" });
    out
}

/// Runs an operation where faults may strike it.
pub(crate) async fn call(
    database: &Arc<Database>,
    operation: Operation,
    caller: &Caller,
    body: Bytes,
) -> Result<Reply, ApiError> {
    let environment = database.environment();
    let subject = Subject::of(operation, &body);
    let tables: Vec<&str> = subject.tables.iter().map(String::as_str).collect();
    let place = Place {
        operation: Some(operation.name()),
        tables: &tables,
        shard: subject.shard.as_deref(),
        account: Some(&caller.account),
        region: Some(&caller.region),
        ..Place::default()
    };
    let strikes = |kind| strikes(&environment.faults, kind, &place);
    if let Some(Fired { ms, .. }) = strikes(Kind::Delay) {
        environment.clock.sleep(Duration::from_millis(ms)).await;
    }
    if strikes(Kind::Throttle).is_some() {
        return Err(throttled(operation));
    }
    if subject.writes && strikes(Kind::FailWrite).is_some() {
        return Err(failed());
    }
    let reply = database.call(operation, caller, body).await?;
    if subject.writes && strikes(Kind::LoseAnswer).is_some() {
        return Err(failed());
    }
    Ok(reply)
}

fn strikes(faults: &Faults, kind: Kind, place: &Place<'_>) -> Option<Fired> {
    let fired = faults.fires(kind, place)?;
    let (fault, kind, operation) = (fired.id, kind.name(), place.operation);
    tracing::info!(fault, kind, operation, "a fault strikes a request");
    Some(fired)
}

fn failed() -> ApiError {
    ApiError::internal_server_error("Internal server error")
}

/// What AWS answers where there is too much of an operation, of the errors that it declares for it.
fn throttled(operation: Operation) -> ApiError {
    match code(operation) {
        ErrorCode::ProvisionedThroughputExceeded => ApiError::provisioned_throughput_exceeded(
            "The level of configured provisioned throughput for the table was exceeded. Consider increasing your \
             provisioning level with the UpdateTable API.",
        ),
        code => ApiError::new(code, "Rate exceeded"),
    }
}

fn code(operation: Operation) -> ErrorCode {
    use Operation as O;
    match operation {
        O::BatchGetItem
        | O::BatchWriteItem
        | O::DeleteItem
        | O::ExecuteStatement
        | O::ExecuteTransaction
        | O::GetItem
        | O::PutItem
        | O::Query
        | O::Scan
        | O::TransactGetItems
        | O::TransactWriteItems
        | O::UpdateItem => ErrorCode::ProvisionedThroughputExceeded,
        O::CreateBackup
        | O::CreateGlobalTable
        | O::CreateTable
        | O::DeleteBackup
        | O::DeleteResourcePolicy
        | O::DeleteTable
        | O::DescribeExport
        | O::DisableKinesisStreamingDestination
        | O::EnableKinesisStreamingDestination
        | O::ExportTableToPointInTime
        | O::GetRecords
        | O::ImportTable
        | O::ListExports
        | O::ListImports
        | O::PutResourcePolicy
        | O::RestoreTableFromBackup
        | O::RestoreTableToPointInTime
        | O::TagResource
        | O::UntagResource
        | O::UpdateGlobalTableSettings
        | O::UpdateKinesisStreamingDestination
        | O::UpdateTable
        | O::UpdateTableReplicaAutoScaling
        | O::UpdateTimeToLive => ErrorCode::LimitExceeded,
        _ => ErrorCode::Throttling,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use environment::Clock;
    use proptest::prelude::*;

    #[test]
    fn a_fault_is_shown_as_it_was_asked_for() {
        let faults = Faults::new(Clock::simulated(5));
        let question = json!({
            "kind": "throttle", "operation": "GetRecords", "table": "dogs", "shard": "shardId-1",
            "account": "123456789012", "region": "eu-west-1",
            "times": 3, "after": 1, "probability": 0.5, "seed": 7, "for_ms": 1_000,
        });
        let mut shown = add(&faults, &question).unwrap();
        for (name, value) in [
            ("id", json!(1)),
            ("matched", json!(0)),
            ("fired", json!(0)),
            ("state", json!("on")),
            ("added_ms", json!(5)),
        ] {
            assert_eq!(shown.as_object_mut().unwrap().remove(name), Some(value), "{name}");
        }
        assert_eq!(shown, question);
        assert_eq!(clear(&faults, &json!({ "id": 1 })).unwrap()["cleared"][0]["kind"], "throttle");
        assert!(clear(&faults, &json!({ "id": 1 })).is_err());
        assert_eq!(clear(&faults, &json!({})).unwrap(), json!({ "cleared": [] }));
    }

    #[test]
    fn what_makes_no_sense_is_refused_with_a_reason() {
        for (question, reason) in [
            (json!({}), "kind is missing, one of duplicate-batch, "),
            (json!([]), "say {"),
            (json!({ "kind": "nonsense" }), "nonsense is no kind of fault: duplicate-batch, "),
            (json!({ "kind": 1 }), "kind is a string"),
            (json!({ "kind": "throttle", "tabel": "dogs" }), "tabel is none of kind, "),
            (json!({ "kind": "throttle", "operation": "putItem" }), "putItem is no operation"),
            (json!({ "kind": "fail-write", "operation": "GetItem" }), "fail-write never strikes GetItem"),
            (json!({ "kind": "trim", "operation": "PutItem" }), "trim never strikes PutItem"),
            (json!({ "kind": "empty-page", "function": "f" }), "empty-page cannot be limited to a function"),
            (json!({ "kind": "throttle", "times": -1 }), "times is a whole number"),
            (json!({ "kind": "throttle", "times": "1" }), "times is a whole number"),
            (json!({ "kind": "throttle", "probability": 2 }), "the probability must be"),
            (json!({ "kind": "delay" }), "delay needs milliseconds"),
            (json!({ "kind": "throttle", "ms": 5 }), "throttle takes no milliseconds"),
        ] {
            let error = fault(&question).unwrap_err();
            assert!(error.starts_with(reason), "{question}: {error}");
        }
    }

    #[test]
    fn each_operation_is_throttled_with_an_error_that_it_declares() {
        assert_eq!(code(Operation::PutItem), ErrorCode::ProvisionedThroughputExceeded);
        assert_eq!(code(Operation::GetRecords), ErrorCode::LimitExceeded);
        assert_eq!(code(Operation::DescribeStream), ErrorCode::Throttling);
        assert_eq!(code(Operation::BatchExecuteStatement), ErrorCode::Throttling);
        assert_eq!(code(Operation::CreateTable), ErrorCode::LimitExceeded);
        let named = Operation::ALL.iter().filter(|operation| code(**operation) != ErrorCode::Throttling);
        assert_eq!(named.count(), 36);
    }

    /// A question that makes sense more often than not.
    fn asked() -> impl Strategy<Value = Value> {
        let values = prop_oneof![
            any::<u64>().prop_map(Value::from),
            (0.0..1.5_f64).prop_map(Value::from),
            "[a-zA-Z0-9]{0,4}".prop_map(Value::from),
            Just(Value::from("PutItem")),
            Just(Value::Null),
        ];
        let kinds = prop::sample::select(Kind::ALL.iter().map(|kind| kind.name()).collect::<Vec<_>>());
        let members = prop::collection::btree_map(prop::sample::select(MEMBERS.to_vec()), values, 0..4);
        (kinds, members).prop_map(|(kind, members)| {
            let mut question: Map<String, Value> =
                members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
            question.entry("kind").or_insert_with(|| kind.into());
            Value::Object(question)
        })
    }

    proptest! {
        #[test]
        fn what_is_taken_is_shown_so_that_it_can_be_asked_for_again(question in asked()) {
            let faults = Faults::new(Clock::simulated(5));
            let Ok(mut shown) = add(&faults, &question) else { return Ok(()) };
            let members = shown.as_object_mut().unwrap();
            members.retain(|name, _| MEMBERS.contains(&name.as_str()));
            prop_assert_eq!(fault(&shown).unwrap(), fault(&question).unwrap(), "{}", question);
        }
    }
}
