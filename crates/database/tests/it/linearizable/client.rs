//! A client: does something to the items that everybody uses, and notes when, and what it was answered. At times it goes
//! away before the answer is there.

use super::TABLE;
use super::checker::Span;
use super::items::{Change, Condition, Item, Items, Operation, Part, Told};
use crate::dice::Dice;
use crate::world::World;
use bytes::Bytes;
use serde_json::{Value, json};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use wire::Operation as Asked;

/// Items of a partition.
const KEYS: u64 = 3;

/// One answer of so many is not waited for.
const LOST: u64 = 30;

/// What clients share.
pub(crate) struct Shared {
    pub(crate) world: World,
    /// Counts up: what began after something else had ended has the greater stamp. Writes are named by them, too.
    pub(crate) stamps: AtomicU64,
}

impl Shared {
    fn stamp(&self) -> u64 {
        self.stamps.fetch_add(1, Ordering::SeqCst)
    }
}

/// A client.
pub(crate) struct Client {
    pub(crate) shared: Arc<Shared>,
    pub(crate) partition: String,
    pub(crate) dice: Dice,
    /// A write that it saw, for conditions.
    pub(crate) seen: u64,
}

impl Client {
    /// Does so many things.
    pub(crate) async fn work(mut self, operations: usize) -> Vec<Span<Operation>> {
        let mut history = Vec::with_capacity(operations);
        for _ in 0..operations {
            history.extend(self.step().await);
        }
        history
    }

    async fn step(&mut self) -> Option<Span<Operation>> {
        let began = self.shared.stamp();
        let operation = match self.dice.roll(12) {
            0..=4 => self.write_one(began).await,
            5..=6 => self.write_several(began).await,
            7..=8 => self.get().await,
            9..=10 => self.get_several().await,
            _ => self.get_all().await,
        };
        let is_lost = matches!(&operation, Some(Operation::Write(_, Told::Nothing)));
        let ended = (!is_lost).then(|| self.shared.stamp());
        operation.map(|operation| Span { operation, began, ended })
    }

    /// Asks; `None` where it goes away before it is answered. An error is its body.
    async fn ask(&mut self, asked: Asked, request: Value) -> Option<Result<Value, Value>> {
        let shared = Arc::clone(&self.shared);
        let goes = self.dice.once_in(LOST);
        let World { database, caller, .. } = &shared.world;
        let mut call = pin!(database.call(asked, caller, Bytes::from(request.to_string())));
        let answer = if goes {
            // It waits for a turn of everybody else, and no longer.
            tokio::select! {
                biased;
                answer = &mut call => answer,
                () = environment::yield_now() => return None,
            }
        } else {
            call.await
        };
        let told = |body: &[u8]| serde_json::from_slice(body).unwrap();
        Some(answer.map(|reply| told(&reply.body)).map_err(|error| told(&error.to_body())))
    }

    fn part(&mut self, key: u64, write: u64) -> Part {
        let change = match self.dice.roll(5) {
            0..=1 => Change::Put(write),
            2..=3 => Change::Update(write),
            _ => Change::Delete,
        };
        let condition = match self.dice.roll(6) {
            0 => Condition::Exists,
            1 => Condition::IsMissing,
            2 => Condition::IsOf(self.seen),
            _ => Condition::Nothing,
        };
        Part { key, change, condition }
    }

    async fn write_one(&mut self, write: u64) -> Option<Operation> {
        let key = self.dice.roll(KEYS);
        let part = self.part(key, write);
        let (asked, mut request) = request(&self.partition, part);
        request["ReturnValues"] = json!("ALL_OLD");
        request["ReturnValuesOnConditionCheckFailure"] = json!("ALL_OLD");
        let answer = self.ask(asked, request).await;
        let told = match answer {
            None => Told::Nothing,
            Some(Ok(answer)) => Told::Done(Some(item(answer.get("Attributes")))),
            Some(Err(error)) => {
                assert_eq!(code_of(&error), "ConditionalCheckFailedException");
                Told::Refused(Some(item(error.get("Item"))))
            }
        };
        Some(Operation::Write(vec![part], told))
    }

    async fn write_several(&mut self, write: u64) -> Option<Operation> {
        let mut parts: Vec<Part> = self.keys().into_iter().map(|key| self.part(key, write)).collect();
        if self.dice.once_in(3) {
            parts[0].change = Change::Check;
            parts[0].condition = Condition::Exists;
        }
        let action = |part: &Part| {
            let (asked, request) = request(&self.partition, *part);
            let name = match (part.change, asked) {
                (Change::Check, _) => "ConditionCheck",
                (_, Asked::PutItem) => "Put",
                (_, Asked::UpdateItem) => "Update",
                _ => "Delete",
            };
            json!({ name: request })
        };
        let actions: Vec<Value> = parts.iter().map(action).collect();
        let answer = self.ask(Asked::TransactWriteItems, json!({ "TransactItems": actions })).await;
        let told = match answer {
            None => Told::Nothing,
            Some(Ok(_)) => Told::Done(None),
            Some(Err(error)) => {
                assert_eq!(code_of(&error), "TransactionCanceledException");
                assert!(error.to_string().contains("ConditionalCheckFailed"), "{error}");
                Told::Refused(None)
            }
        };
        Some(Operation::Write(parts, told))
    }

    /// Two or three, each once.
    fn keys(&mut self) -> Vec<u64> {
        let left_out = self.dice.roll(KEYS + 1);
        (0..KEYS).filter(|key| *key != left_out).collect()
    }

    async fn get(&mut self) -> Option<Operation> {
        let key = self.dice.roll(KEYS);
        let request =
            json!({ "TableName": TABLE, "Key": key_of(&self.partition, key), "ConsistentRead": true });
        let answer = self.ask(Asked::GetItem, request).await?.unwrap();
        let item = item(answer.get("Item"));
        self.seen = item.map_or(self.seen, |item| item.write);
        Some(Operation::Read(vec![(key, item)]))
    }

    async fn get_several(&mut self) -> Option<Operation> {
        let keys = self.keys();
        let get = |key: &u64| json!({ "Get": { "TableName": TABLE, "Key": key_of(&self.partition, *key) } });
        let request = json!({ "TransactItems": keys.iter().map(get).collect::<Vec<_>>() });
        let answer = self.ask(Asked::TransactGetItems, request).await?.unwrap();
        let shown = answer["Responses"].as_array().unwrap();
        let read = keys.iter().zip(shown).map(|(key, shown)| (*key, item(shown.get("Item")))).collect();
        Some(Operation::Read(read))
    }

    async fn get_all(&mut self) -> Option<Operation> {
        let request = json!({
            "TableName": TABLE, "ConsistentRead": true, "KeyConditionExpression": "pk = :p",
            "ExpressionAttributeValues": { ":p": { "S": self.partition } },
        });
        let answer = self.ask(Asked::Query, request).await?.unwrap();
        let one = |shown: &Value| Some((number(&shown["sk"])?, item(Some(shown))?));
        let all: Items = answer["Items"].as_array().unwrap().iter().filter_map(one).collect();
        Some(Operation::ReadAll(all))
    }
}

fn key_of(partition: &str, key: u64) -> Value {
    json!({ "pk": { "S": partition }, "sk": { "N": key.to_string() } })
}

/// The request of a write of one item.
fn request(partition: &str, part: Part) -> (Asked, Value) {
    let mut request = json!({ "TableName": TABLE });
    let mut values = json!({});
    let asked = match part.change {
        Change::Put(write) => {
            let mut item = key_of(partition, part.key);
            item["w"] = json!({ "N": write.to_string() });
            request["Item"] = item;
            Asked::PutItem
        }
        Change::Update(write) => {
            request["Key"] = key_of(partition, part.key);
            request["UpdateExpression"] = json!("SET w = :w ADD c :one");
            values[":w"] = json!({ "N": write.to_string() });
            values[":one"] = json!({ "N": "1" });
            Asked::UpdateItem
        }
        Change::Delete | Change::Check => {
            request["Key"] = key_of(partition, part.key);
            Asked::DeleteItem
        }
    };
    let condition = match part.condition {
        Condition::Nothing => None,
        Condition::Exists => Some("attribute_exists(pk)"),
        Condition::IsMissing => Some("attribute_not_exists(pk)"),
        Condition::IsOf(write) => {
            values[":seen"] = json!({ "N": write.to_string() });
            Some("w = :seen")
        }
    };
    if let Some(condition) = condition {
        request["ConditionExpression"] = json!(condition);
    }
    if values != json!({}) {
        request["ExpressionAttributeValues"] = values;
    }
    (asked, request)
}

fn code_of(error: &Value) -> &str {
    error["__type"].as_str().unwrap().rsplit('#').next().unwrap()
}

fn number(value: &Value) -> Option<u64> {
    value["N"].as_str()?.parse().ok()
}

fn item(shown: Option<&Value>) -> Option<Item> {
    let shown = shown?;
    Some(Item { write: number(&shown["w"])?, count: number(&shown["c"]).unwrap_or(0) })
}
