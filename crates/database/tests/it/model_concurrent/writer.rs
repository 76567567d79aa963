//! A task that writes and reads, and notes what it was answered.

use super::Run;
use super::history::{History, Read, Span, Told, Write, count};
use super::tables::{PLACES, Place, RING, STILL, TABLES, id_of};
use super::{OPERATIONS, OPERATIONS_MAX};
use crate::dice::Dice;
use crate::world::Failure;
use serde_json::{Value, json};
use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use wire::Operation::{
    self, BatchWriteItem, DeleteItem, GetItem, PutItem, Query, TransactGetItems, TransactWriteItems,
    UpdateItem,
};

const CONDITION_FAILED: &str = "ConditionalCheckFailedException";

/// A writer.
pub(super) struct Writer {
    run: Arc<Run>,
    number: usize,
    dice: Dice,
    ids: usize,
    history: History,
}

/// A successful answer, where its records are, and when it was.
struct Answer {
    body: Value,
    position: Option<String>,
    span: Span,
}

impl Writer {
    pub(super) fn new(run: &Arc<Run>, number: usize, dice: Dice) -> Writer {
        Writer { run: Arc::clone(run), number, dice, ids: 0, history: History::default() }
    }

    /// Writes the items that stay as they are.
    pub(super) async fn preload(mut self, history: &mut History) {
        let places: Vec<Place> = STILL.map(|number| Place { table: 0, number }).collect();
        for places in places.chunks(25) {
            self.write_batch(places, 0).await;
        }
        history.extend(self.history);
    }

    /// Works until enough was done, and enough was seen.
    pub(super) async fn all(mut self) -> History {
        let mut done = 0;
        while done < OPERATIONS || (done < OPERATIONS_MAX && !self.run.seen.everything()) {
            if self.run.focus.load(Ordering::Relaxed) < TABLES.len() {
                self.put().await;
                count(&self.run.focused);
            } else {
                self.one().await;
                count(&self.run.operations);
                done += 1;
            }
            tokio::task::yield_now().await;
        }
        self.history
    }

    async fn one(&mut self) {
        match self.dice.roll(20) {
            0..=2 => self.put().await,
            3..=6 => self.update().await,
            7 | 8 => self.delete().await,
            9 | 10 => self.compare_and_put().await,
            11 => self.batch().await,
            12..=14 => self.transaction().await,
            15 => self.ring().await,
            16 | 17 => self.look_at_ring().await,
            18 => self.query().await,
            _ => drop(self.get().await),
        }
    }

    /// A place to write to; every other time a hot one.
    fn place(&mut self) -> Place {
        let focus = self.run.focus.load(Ordering::Relaxed);
        if focus < TABLES.len() {
            return Place { table: focus, number: 0 };
        }
        if self.dice.once_in(2) {
            let mut nth = self.dice.roll(TABLES.iter().map(|spec| u64::from(spec.hot)).sum()) as u16;
            for (table, spec) in TABLES.iter().enumerate() {
                if nth < spec.hot {
                    return Place { table, number: nth };
                }
                nth -= spec.hot;
            }
        }
        let table = self.dice.roll(TABLES.len() as u64) as usize;
        Place { table, number: self.dice.roll(PLACES.into()) as u16 }
    }

    fn places(&mut self, at_most: u64) -> Vec<Place> {
        let count = 2 + self.dice.roll(at_most - 1);
        let mut seen = HashSet::new();
        (0..count).map(|_| self.place()).filter(|place| seen.insert(*place)).collect()
    }

    fn id(&mut self) -> String {
        self.ids += 1;
        format!("{}-{}", self.number, self.ids)
    }

    /// A new item for a place, and its id.
    fn item(&mut self, place: Place) -> (String, Value) {
        let id = self.id();
        let mut item = place.key();
        item["v"] = json!({ "S": id });
        item["n"] = json!({ "N": self.dice.roll(1_000).to_string() });
        for name in ["g", "l"] {
            if !self.dice.once_in(4) {
                item[name] = json!({ "S": format!("{name}{}", self.dice.roll(3)) });
            }
        }
        (id, item)
    }

    async fn call(&self, operation: Operation, request: &Value) -> Result<Answer, Failure> {
        let began = self.run.stamp();
        let answer = self.run.world.reply(operation, request).await;
        let span = Span { began, ended: self.run.stamp() };
        answer.map(|(body, position)| Answer { body, position, span })
    }

    async fn ok(&self, operation: Operation, request: &Value) -> Answer {
        match self.call(operation, request).await {
            Ok(answer) => answer,
            Err(error) => panic!("{} of {request}: {error:?}", operation.name()),
        }
    }

    /// Notes a write of one item.
    fn wrote(&mut self, place: Place, id: Option<String>, (old, new): (Told, Told), answer: &Answer) {
        let position = answer.position.as_ref().map(|position| {
            let (shard, number) = position.split_once(':').unwrap();
            self.run.seen.note_write(place, shard, answer.span);
            (shard.to_owned(), number.to_owned())
        });
        self.history.writes.push(Write { place, id, old, new, span: answer.span, single: true, position });
    }

    /// Notes one of several writes of a request.
    fn wrote_together(&mut self, place: Place, id: Option<String>, new: Told, span: Span) {
        self.history.writes.push(Write {
            place,
            id,
            old: Told::Nothing,
            new,
            span,
            single: false,
            position: None,
        });
    }

    async fn put(&mut self) {
        let place = self.place();
        let (id, item) = self.item(place);
        let request = json!({ "TableName": place.spec().name, "Item": item, "ReturnValues": "ALL_OLD" });
        let answer = self.ok(PutItem, &request).await;
        let old = Told::Item(answer.body.get("Attributes").cloned());
        self.wrote(place, Some(id), (old, Told::Item(Some(item))), &answer);
    }

    async fn delete(&mut self) {
        let place = self.place();
        let mut request =
            json!({ "TableName": place.spec().name, "Key": place.key(), "ReturnValues": "ALL_OLD" });
        if self.dice.once_in(2) {
            request["ConditionExpression"] = json!("attribute_exists(pk)");
        }
        match self.call(DeleteItem, &request).await {
            Ok(answer) => {
                let old = Told::Item(answer.body.get("Attributes").cloned());
                self.wrote(place, None, (old, Told::Item(None)), &answer);
            }
            Err((code, text)) => assert_eq!(code, CONDITION_FAILED, "{text}"),
        }
    }

    /// An update that keeps the id before it.
    async fn update(&mut self) {
        let (place, id) = (self.place(), self.id());
        let g = json!({ "S": format!("g{}", self.dice.roll(3)) });
        let returned = *self.dice.one(&["ALL_NEW", "ALL_OLD", "UPDATED_OLD", "NONE"]);
        let mut request = update_of(place, &id);
        request["ReturnValues"] = json!(returned);
        request["UpdateExpression"] =
            json!("SET prev = if_not_exists(v, :none), v = :id, g = :g REMOVE l ADD n :one");
        request["ExpressionAttributeValues"][":g"] = g;
        let answer = self.ok(UpdateItem, &request).await;
        let item = answer.body.get("Attributes").cloned();
        let told = match returned {
            "ALL_NEW" => {
                let item = item.unwrap();
                let prev = Some(item["prev"]["S"].as_str().unwrap().to_owned());
                (Told::Id(prev.filter(|prev| prev != "none")), Told::Item(Some(item)))
            }
            "ALL_OLD" => (Told::Item(item), Told::Nothing),
            "UPDATED_OLD" => (Told::Id(item.map(|item| id_of(&item).to_owned())), Told::Nothing),
            _ => (Told::Nothing, Told::Nothing),
        };
        self.wrote(place, Some(id), told, &answer);
    }

    /// Reads an item, and replaces it if nobody was faster.
    async fn compare_and_put(&mut self) {
        let (place, old) = self.get().await;
        let (id, item) = self.item(place);
        let mut request = json!({ "TableName": place.spec().name, "Item": item });
        match &old {
            None => request["ConditionExpression"] = json!("attribute_not_exists(pk)"),
            Some(old) => {
                request["ConditionExpression"] = json!("v = :old");
                request["ExpressionAttributeValues"] = json!({ ":old": old["v"] });
            }
        }
        tokio::task::yield_now().await;
        match self.call(PutItem, &request).await {
            Ok(answer) => self.wrote(place, Some(id), (Told::Item(old), Told::Item(Some(item))), &answer),
            Err((code, text)) => {
                assert_eq!(code, CONDITION_FAILED, "{text}");
                count(&self.run.seen.conflicts);
            }
        }
    }

    async fn get(&mut self) -> (Place, Option<Value>) {
        let place = self.place();
        let request = json!({ "TableName": place.spec().name, "Key": place.key(), "ConsistentRead": true });
        let answer = self.ok(GetItem, &request).await;
        let item = answer.body.get("Item").cloned();
        let id = item.as_ref().map(|item| id_of(item).to_owned());
        self.history.reads.push(Read { place, id, span: answer.span });
        (place, item)
    }

    async fn batch(&mut self) {
        let places = self.places(8);
        self.write_batch(&places, 3).await;
    }

    /// Puts items to these places; deletes one in so many instead.
    async fn write_batch(&mut self, places: &[Place], one_in: u64) {
        let mut requests = json!({});
        let mut writes = Vec::new();
        for &place in places {
            let request = if one_in > 0 && self.dice.once_in(one_in) {
                writes.push((place, None, Told::Item(None)));
                json!({ "DeleteRequest": { "Key": place.key() } })
            } else {
                let (id, item) = self.item(place);
                writes.push((place, Some(id), Told::Item(Some(item.clone()))));
                json!({ "PutRequest": { "Item": item } })
            };
            match requests.get_mut(place.spec().name) {
                Some(of_table) => of_table.as_array_mut().unwrap().push(request),
                None => requests[place.spec().name] = json!([request]),
            }
        }
        let answer = self.ok(BatchWriteItem, &json!({ "RequestItems": requests })).await;
        assert_eq!(answer.body["UnprocessedItems"], json!({}));
        for (place, id, new) in writes {
            self.wrote_together(place, id, new, answer.span);
        }
    }

    /// One action of a transaction, and the id and the item that it leaves; no id where it only checks.
    fn action(&mut self, place: Place) -> (Value, Option<(Option<String>, Told)>) {
        let table = place.spec().name;
        let (kind, mut body, left) = match self.dice.roll(4) {
            0 => ("ConditionCheck", json!({ "TableName": table, "Key": place.key() }), None),
            1 => {
                ("Delete", json!({ "TableName": table, "Key": place.key() }), Some((None, Told::Item(None))))
            }
            2 => {
                let id = self.id();
                ("Update", update_of(place, &id), Some((Some(id), Told::Nothing)))
            }
            _ => {
                let (id, item) = self.item(place);
                let left = (Some(id), Told::Item(Some(item.clone())));
                ("Put", json!({ "TableName": table, "Item": item }), Some(left))
            }
        };
        if kind == "ConditionCheck" || self.dice.once_in(4) {
            let condition = *self.dice.one(&["attribute_exists(pk)", "attribute_not_exists(pk)"]);
            body["ConditionExpression"] = json!(condition);
        }
        (json!({ kind: body }), left)
    }

    async fn transaction(&mut self) {
        let (mut actions, mut left) = (Vec::new(), Vec::new());
        for place in self.places(5) {
            let (action, leaves) = self.action(place);
            actions.push(action);
            left.extend(leaves.map(|(id, new)| (place, id, new)));
        }
        let request = json!({ "TransactItems": actions });
        if let Some(answer) = self.transact(request).await {
            for (place, id, new) in left {
                self.wrote_together(place, id, new, answer.span);
            }
        }
    }

    /// Runs a transaction, now and then twice under one token; none where a condition cancels it.
    async fn transact(&mut self, mut request: Value) -> Option<Answer> {
        let run = Arc::clone(&self.run);
        // A token is forgotten after ten minutes, and must not be between the two.
        let _still = run.clock.read().await;
        let twice = self.dice.once_in(3);
        if twice {
            request["ClientRequestToken"] = json!(self.id());
        }
        match self.call(TransactWriteItems, &request).await {
            Ok(answer) => {
                if twice {
                    self.ok(TransactWriteItems, &request).await;
                }
                Some(answer)
            }
            Err((code, text)) => {
                assert_eq!(code, "TransactionCanceledException", "{text}");
                count(&self.run.seen.cancelled);
                None
            }
        }
    }

    /// A transaction that gives all places of the ring one id, or none of them.
    async fn ring(&mut self) {
        let id = self.id();
        let mut actions: Vec<Value> = Vec::new();
        for place in RING {
            actions.push(match self.dice.once_in(2) {
                true => json!({ "Update": update_of(place, &id) }),
                false => {
                    let mut item = place.key();
                    item["v"] = json!({ "S": id });
                    item["g"] = json!({ "S": "ring" });
                    json!({ "Put": { "TableName": place.spec().name, "Item": item } })
                }
            });
        }
        let doubtful = self.place();
        let check = json!({ "TableName": doubtful.spec().name, "Key": doubtful.key(),
            "ConditionExpression": "attribute_exists(pk)" });
        actions.push(json!({ "ConditionCheck": check }));
        if let Some(answer) = self.transact(json!({ "TransactItems": actions })).await {
            for place in RING {
                self.wrote_together(place, Some(id.clone()), Told::Nothing, answer.span);
            }
        }
    }

    /// All places of the ring have one id, in a transaction and in the snapshot of a query.
    async fn look_at_ring(&mut self) {
        let get = |place: Place| json!({ "Get": { "TableName": place.spec().name, "Key": place.key() } });
        let gets: Vec<Value> = RING.into_iter().map(get).collect();
        let answer = self.ok(TransactGetItems, &json!({ "TransactItems": gets })).await;
        let items = answer.body["Responses"].as_array().unwrap();
        let ids: BTreeSet<Option<String>> =
            items.iter().map(|item| item.get("Item").map(|item| id_of(item).to_owned())).collect();
        assert_eq!(ids.len(), 1, "a transaction is seen in part: {items:?}");
        for place in RING {
            let id = ids.first().unwrap().clone();
            self.history.reads.push(Read { place, id, span: answer.span });
        }
        let request = json!({ "TableName": RING[0].spec().name, "KeyConditionExpression": "pk = :pk",
            "ExpressionAttributeValues": { ":pk": RING[0].partition() } });
        let answer = self.ok(Query, &request).await;
        let ids: Vec<&str> = answer.body["Items"].as_array().unwrap().iter().map(id_of).collect();
        assert!(ids.is_empty() || ids.len() == 2 && ids[0] == ids[1], "seen in part: {ids:?}");
    }

    /// A page of an index holds entries of the partition asked for, and none of an item twice.
    async fn query(&mut self) {
        let indexed: Vec<usize> = (0..TABLES.len()).filter(|table| TABLES[*table].indexed).collect();
        let table = *self.dice.one(&indexed);
        let group = json!({ "S": format!("g{}", self.dice.roll(3)) });
        let request = json!({ "TableName": TABLES[table].name, "IndexName": "gsi",
            "KeyConditionExpression": "g = :g", "ExpressionAttributeValues": { ":g": group } });
        let answer = self.ok(Query, &request).await;
        let mut seen = HashSet::new();
        for item in answer.body["Items"].as_array().unwrap() {
            assert_eq!(item["g"], group);
            assert!(seen.insert(Place::of(table, item)), "two entries of one item: {item}");
        }
    }
}

/// An update that gives the item an id and keeps the one before.
fn update_of(place: Place, id: &str) -> Value {
    json!({
        "TableName": place.spec().name,
        "Key": place.key(),
        "UpdateExpression": "SET prev = if_not_exists(v, :none), v = :id ADD n :one",
        "ExpressionAttributeValues": {
            ":none": { "S": "none" }, ":id": { "S": id }, ":one": { "N": "1" },
        },
    })
}
