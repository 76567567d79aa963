//! A client: reads and writes the same few items as everybody else, and writes down what it was told.

use crate::book::{Pending, Shared, Told, Write};
use crate::plan::below;
use crate::tables::{FIRST, Key, group, item, write_of};
use crate::world::{Answer, World};
use crate::{Violation, lock};
use environment::Random;
use serde_json::{Value, json};
use wire::Operation;

/// A client of one life.
pub(crate) struct Client {
    pub(crate) name: String,
    pub(crate) world: World,
    pub(crate) random: Random,
    pub(crate) book: Shared,
    pub(crate) next: u64,
}

/// One item's part of a write.
struct Part {
    key: Key,
    name: Option<String>,
    request: Value,
}

/// Older than this, a token may be forgotten before a repetition is planned.
const TOKEN_AGE_MS: u64 = 9 * 60_000;

/// How often a transaction is repeated whose answer was lost.
const REPEATED_MAX: usize = 3;

impl Client {
    /// Does something.
    pub(crate) async fn step(&mut self) -> Result<(), Violation> {
        self.next += 1;
        match below(&self.random, 24) {
            0..=5 => self.put().await,
            6..=8 => self.update().await,
            9 | 10 => self.delete().await,
            11..=13 => self.transact().await,
            14 => self.batch().await,
            15 | 16 => self.get().await,
            17 => self.get_several().await,
            18 => self.query().await,
            19 => self.leave().await,
            20..=22 => self.contend().await,
            _ => self.scan().await,
        }
    }

    fn write_name(&self, part: u64) -> String {
        format!("{}-{}-{part}", self.name, self.next)
    }

    fn item(&self, key: &Key, name: &str) -> Value {
        item(key, name, &self.random, self.world.environment.clock.now_ms())
    }

    async fn put(&self) -> Result<(), Violation> {
        let mut part = self.put_of(Key::draw(&self.random), 0);
        self.add_condition(&mut part.request);
        self.single(Operation::PutItem, part).await
    }

    fn put_of(&self, key: Key, place: u64) -> Part {
        let name = self.write_name(place);
        let request = json!({
            "TableName": key.table, "Item": self.item(&key, &name), "ReturnValues": "ALL_OLD",
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        });
        Part { key, name: Some(name), request }
    }

    /// Two writes of one item at once. The second is refused wherever it meets the first, mostly in one commit:
    /// what it was shown then must not be lost with that commit.
    async fn contend(&self) -> Result<(), Violation> {
        let key = Key::draw(&self.random);
        let (first, mut second) = (self.put_of(key.clone(), 0), self.put_of(key, 1));
        second.request["ConditionExpression"] = json!("attribute_not_exists(pk)");
        let (first, second) =
            tokio::join!(self.single(Operation::PutItem, first), self.single(Operation::PutItem, second));
        first.and(second)
    }

    async fn update(&self) -> Result<(), Violation> {
        let (key, name) = (Key::draw(&self.random), self.write_name(0));
        let mut request = update_of(&key, &name, &group(&self.random));
        request["ReturnValues"] = json!("ALL_OLD");
        request["ReturnValuesOnConditionCheckFailure"] = json!("ALL_OLD");
        self.add_condition(&mut request);
        self.single(Operation::UpdateItem, Part { key, name: Some(name), request }).await
    }

    /// An update that leaves an item as it is: no record may come of it.
    async fn leave(&self) -> Result<(), Violation> {
        let key = Key::draw(&self.random);
        let request = json!({
            "TableName": key.table, "Key": key.json(), "ConditionExpression": "attribute_exists(w)",
            "UpdateExpression": "SET w = if_not_exists(w, pk), n = n",
        });
        let answer = self.world.ask(Operation::UpdateItem, &request).await;
        lock(&self.book).trace.note(format_args!("{} leaves {}: {answer}", self.name, key.text));
        match answer {
            Answer::Ok(_, positions) if !positions.is_empty() => {
                Err(Violation(format!("{request} changes nothing and has records at {positions:?}")))
            }
            _ => Ok(()),
        }
    }

    async fn delete(&self) -> Result<(), Violation> {
        let key = Key::draw(&self.random);
        let mut request = json!({
            "TableName": key.table, "Key": key.json(), "ReturnValues": "ALL_OLD",
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        });
        self.add_condition(&mut request);
        self.single(Operation::DeleteItem, Part { key, name: None, request }).await
    }

    fn add_condition(&self, request: &mut Value) {
        let condition = match below(&self.random, 6) {
            0 => "attribute_not_exists(pk)",
            1 => "attribute_exists(g)",
            _ => return,
        };
        request["ConditionExpression"] = json!(condition);
    }

    /// A write of one item, which shows the item as it was.
    async fn single(&self, operation: Operation, part: Part) -> Result<(), Violation> {
        let Part { key, name, request } = part;
        let floor = lock(&self.book).floor(&key);
        let answer = self.world.ask(operation, &request).await;
        let mut book = lock(&self.book);
        book.trace.note(format_args!("{} {} {}: {answer}", self.name, operation.name(), key.text));
        let (told, old) = match &answer {
            Answer::Ok(body, positions) => (Told::Done(positions.clone()), body.get("Attributes")),
            Answer::Refused(code, body) if code == "ConditionalCheckFailedException" => {
                book.counts.conditions_failed += 1;
                (Told::Refused, body.get("Item"))
            }
            Answer::Refused(..) => return Err(Violation(format!("{request} is refused: {answer}"))),
            Answer::Unsent => (Told::Refused, None),
            Answer::Lost => (Told::Unknown, None),
        };
        if told != Told::Unknown && answer != Answer::Unsent {
            book.shows(&key, old.and_then(write_of), floor, operation.name());
        }
        let transaction = None;
        book.wrote(Write { name, key, told, transaction, grouped: false, times_max: 1 });
        Ok(())
    }

    /// Two to four items, of both tables, each once.
    fn keys(&self) -> Vec<Key> {
        let mut keys: Vec<Key> = (0..2 + below(&self.random, 3)).map(|_| Key::draw(&self.random)).collect();
        keys.sort();
        keys.dedup();
        keys
    }

    async fn transact(&self) -> Result<(), Violation> {
        let mut parts = Vec::new();
        for (place, key) in self.keys().into_iter().enumerate() {
            let name = self.write_name(place as u64);
            let (kind, mut request, name) = match below(&self.random, 4) {
                0 => ("Delete", json!({ "TableName": key.table, "Key": key.json() }), None),
                1 => ("Update", update_of(&key, &name, &group(&self.random)), Some(name)),
                _ => ("Put", json!({ "TableName": key.table, "Item": self.item(&key, &name) }), Some(name)),
            };
            if below(&self.random, 6) == 0 {
                request["ConditionExpression"] = json!("attribute_exists(pk)");
            }
            parts.push(Part { key, name, request: json!({ kind: request }) });
        }
        let token = self.write_name(99);
        let items: Vec<&Value> = parts.iter().map(|part| &part.request).collect();
        let request = json!({ "ClientRequestToken": token, "TransactItems": items });
        let begun_ms = self.world.environment.clock.now_ms();
        let (mut told, mut times_max) = (Told::Unknown, 1);
        for attempt in 0..REPEATED_MAX {
            let answer = self.world.ask(Operation::TransactWriteItems, &request).await;
            lock(&self.book).trace.note(format_args!("{} transaction {token}: {answer}", self.name));
            if self.world.environment.clock.now_ms() - begun_ms > TOKEN_AGE_MS {
                times_max = attempt + 1;
            }
            told = self.told_of_transaction(&request, answer, attempt)?;
            if told != Told::Unknown || self.world.is_down() || times_max > 1 {
                break;
            }
        }
        self.wrote(parts, &told, Some(&token), times_max);
        if told == Told::Unknown && times_max == 1 {
            lock(&self.book).pending.push(Pending { token, request, begun_ms });
        }
        Ok(())
    }

    /// Asks again for the transactions whose answers were lost in the life before. While its token is known, one
    /// that happened is not done again, and one that is refused never happened.
    pub(crate) async fn ask_again(&self) {
        let pending = std::mem::take(&mut lock(&self.book).pending);
        let clock = self.world.environment.clock.clone();
        let is_young = |begun_ms: u64| clock.now_ms().saturating_sub(begun_ms) <= TOKEN_AGE_MS;
        for Pending { token, request, begun_ms } in pending {
            if !is_young(begun_ms) {
                continue;
            }
            let answer = self.world.ask(Operation::TransactWriteItems, &request).await;
            let known = is_young(begun_ms);
            let mut book = lock(&self.book);
            book.trace.note(format_args!("{} again {token}: {answer}", self.name));
            match answer {
                Answer::Ok(..) => {
                    book.counts.tokens_repeated += 1;
                    book.tells(&token, &Told::Done(Vec::new()), !known);
                }
                Answer::Refused(..) if known => book.tells(&token, &Told::Refused, false),
                Answer::Refused(..) | Answer::Lost => book.tells(&token, &Told::Unknown, !known),
                // It is as it was.
                Answer::Unsent => {}
            }
        }
    }

    fn told_of_transaction(
        &self,
        request: &Value,
        answer: Answer,
        attempt: usize,
    ) -> Result<Told, Violation> {
        let mut book = lock(&self.book);
        match answer {
            Answer::Ok(_, positions) => {
                book.counts.tokens_repeated += u64::from(attempt > 0);
                Ok(Told::Done(positions))
            }
            Answer::Refused(code, _) if code == "TransactionCanceledException" => {
                book.counts.transactions_cancelled += 1;
                // After a failed sync the disk may have what nobody sees before a restart.
                Ok(if attempt == 0 { Told::Refused } else { Told::Unknown })
            }
            Answer::Refused(..) => Err(Violation(format!("{request} is refused: {answer}"))),
            Answer::Unsent if attempt == 0 => Ok(Told::Refused),
            Answer::Unsent | Answer::Lost => Ok(Told::Unknown),
        }
    }

    async fn batch(&self) -> Result<(), Violation> {
        let mut parts = Vec::new();
        for (place, key) in self.keys().into_iter().enumerate() {
            let name = self.write_name(place as u64);
            let (request, name) = match below(&self.random, 3) {
                0 => (json!({ "DeleteRequest": { "Key": key.json() } }), None),
                _ => (json!({ "PutRequest": { "Item": self.item(&key, &name) } }), Some(name)),
            };
            parts.push(Part { key, name, request });
        }
        let mut tables = json!({});
        for part in &parts {
            if tables.get(part.key.table).is_none() {
                tables[part.key.table] = json!([]);
            }
            if let Some(requests) = tables[part.key.table].as_array_mut() {
                requests.push(part.request.clone());
            }
        }
        let request = json!({ "RequestItems": tables });
        let answer = self.world.ask(Operation::BatchWriteItem, &request).await;
        lock(&self.book).trace.note(format_args!("{} batch: {answer}", self.name));
        let told = match answer {
            Answer::Ok(body, positions) if body["UnprocessedItems"] == json!({}) => Told::Done(positions),
            Answer::Unsent => Told::Refused,
            Answer::Lost => Told::Unknown,
            other => return Err(Violation(format!("{request} ends in {other}"))),
        };
        self.wrote(parts, &told, None, 1);
        Ok(())
    }

    fn wrote(&self, parts: Vec<Part>, told: &Told, transaction: Option<&str>, times_max: usize) {
        let mut book = lock(&self.book);
        let several = parts.len() > 1;
        for Part { key, name, .. } in parts {
            // A batch's deletion is not told from the other positions of the batch.
            let told = match told {
                Told::Done(_) if several && name.is_none() => Told::Done(Vec::new()),
                told => told.clone(),
            };
            let transaction = transaction.map(str::to_owned);
            book.wrote(Write { name, key, told, transaction, grouped: true, times_max });
        }
    }

    async fn get(&self) -> Result<(), Violation> {
        let key = Key::draw(&self.random);
        let floor = lock(&self.book).floor(&key);
        let request = json!({ "TableName": key.table, "Key": key.json(), "ConsistentRead": true });
        let answer = self.world.ask(Operation::GetItem, &request).await;
        let mut book = lock(&self.book);
        book.trace.note(format_args!("{} get {}: {answer}", self.name, key.text));
        if let Answer::Ok(body, _) = &answer {
            book.shows(&key, body.get("Item").and_then(write_of), floor, "GetItem");
        }
        Ok(())
    }

    async fn get_several(&self) -> Result<(), Violation> {
        let keys = self.keys();
        let floors: Vec<u128> = keys.iter().map(|key| lock(&self.book).floor(key)).collect();
        let one = |key: &Key| json!({ "Get": { "TableName": key.table, "Key": key.json() } });
        let request = json!({ "TransactItems": keys.iter().map(one).collect::<Vec<_>>() });
        let answer = self.world.ask(Operation::TransactGetItems, &request).await;
        let mut book = lock(&self.book);
        book.trace.note(format_args!("{} get several: {answer}", self.name));
        if let Answer::Ok(body, _) = &answer {
            for ((place, key), floor) in keys.iter().enumerate().zip(floors) {
                let item = body["Responses"][place].get("Item");
                book.shows(key, item.and_then(write_of), floor, "TransactGetItems");
            }
        }
        Ok(())
    }

    async fn query(&self) -> Result<(), Violation> {
        let request = json!({
            "TableName": FIRST, "IndexName": "gsi", "KeyConditionExpression": "g = :g",
            "ExpressionAttributeValues": { ":g": group(&self.random) },
        });
        self.many(Operation::Query, &request).await
    }

    async fn scan(&self) -> Result<(), Violation> {
        self.many(Operation::Scan, &json!({ "TableName": FIRST })).await
    }

    async fn many(&self, operation: Operation, request: &Value) -> Result<(), Violation> {
        let floors = lock(&self.book).floors.clone();
        let answer = self.world.ask(operation, request).await;
        let mut book = lock(&self.book);
        book.trace.note(format_args!("{} {}: {answer}", self.name, operation.name()));
        if let Answer::Ok(body, _) = &answer {
            for item in body["Items"].as_array().map(Vec::as_slice).unwrap_or_default() {
                let key = Key::of(FIRST, item);
                let floor = floors.get(&key).copied().unwrap_or(0);
                book.shows(&key, write_of(item), floor, operation.name());
            }
        }
        Ok(())
    }
}

/// An update that leaves its name.
fn update_of(key: &Key, name: &str, group: &Value) -> Value {
    json!({
        "TableName": key.table, "Key": key.json(), "UpdateExpression": "SET w = :w, g = :g ADD n :one REMOVE l",
        "ExpressionAttributeValues": { ":w": { "S": name }, ":g": group, ":one": { "N": "1" } },
    })
}
