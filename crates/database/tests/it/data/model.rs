//! Random operations on few keys, beside a naive model: the items, what the indexes hold, the item counts, and
//! that the stream, replayed over nothing, gives the table.

use super::{indexed_table, n, query_all, records, s, scan_all, worlds_with};
use crate::dice::Dice;
use crate::world::{World, with};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use wire::Operation::{BatchWriteItem, DeleteItem, GetItem, PutItem, TransactWriteItems, UpdateItem};

/// Items by their keys as text.
type Model = BTreeMap<String, Value>;

trait Items {
    fn key(&mut self) -> Value;
    fn item(&mut self) -> Value;
}

impl Items for Dice {
    fn key(&mut self) -> Value {
        json!({ "pk": s(&format!("p{}", self.roll(3))), "sk": s(&format!("s{}", self.roll(4))) })
    }

    fn item(&mut self) -> Value {
        let mut item = self.key();
        for (name, sides) in [("g", 3), ("l", 3), ("a", 4), ("b", 4)] {
            if self.roll(3) > 0 {
                item[name] = s(&format!("{name}{}", self.roll(sides)));
            }
        }
        if self.roll(3) > 0 {
            item["n"] = n(self.roll(5) as i64 - 2);
        }
        item
    }
}

fn name_of(item: &Value) -> String {
    format!("{} {}", item["pk"]["S"], item["sk"]["S"])
}

fn key_of(item: &Value) -> Value {
    json!({ "pk": item["pk"], "sk": item["sk"] })
}

struct Run {
    world: World,
    dice: Dice,
    model: Model,
    refused: usize,
    cancelled: usize,
    moved: usize,
}

impl Run {
    async fn step(&mut self) {
        match self.dice.roll(10) {
            0 | 1 => self.put().await,
            2 => self.delete().await,
            3..=5 => self.update().await,
            6 => self.batch().await,
            7 => self.transaction().await,
            8 => self.conditional().await,
            _ => self.read().await,
        }
    }

    async fn put(&mut self) {
        let item = self.dice.item();
        let answer = self
            .world
            .ok(PutItem, json!({ "TableName": "tab", "Item": item, "ReturnValues": "ALL_OLD" }))
            .await;
        let old = self.model.insert(name_of(&item), item);
        assert_eq!(answer.get("Attributes"), old.as_ref());
    }

    async fn delete(&mut self) {
        let key = self.dice.key();
        let answer = self
            .world
            .ok(DeleteItem, json!({ "TableName": "tab", "Key": key, "ReturnValues": "ALL_OLD" }))
            .await;
        assert_eq!(answer.get("Attributes"), self.model.remove(&name_of(&key)).as_ref());
    }

    async fn update(&mut self) {
        let key = self.dice.key();
        let place = name_of(&key);
        let mut request = json!({ "TableName": "tab", "Key": key, "ReturnValues": "ALL_NEW" });
        let mut item = self.model.get(&place).cloned().unwrap_or_else(|| key.clone());
        let exists = self.model.contains_key(&place);
        match self.dice.roll(4) {
            0 => {
                let value = s(&format!("g{}", self.dice.roll(3)));
                self.moved += usize::from(item.get("g").is_some_and(|old| *old != value));
                request["UpdateExpression"] = json!("SET g = :v");
                request["ExpressionAttributeValues"] = json!({ ":v": value });
                item["g"] = value;
            }
            1 => {
                let add = self.dice.roll(3) as i64;
                let old: i64 = item["n"]["N"].as_str().map_or(0, |old| old.parse().unwrap());
                request["UpdateExpression"] = json!("ADD n :v");
                request["ExpressionAttributeValues"] = json!({ ":v": n(add) });
                item["n"] = n(old + add);
            }
            2 => {
                request["UpdateExpression"] = json!("REMOVE g, a");
                if !exists {
                    let answer = self.world.ok(UpdateItem, request).await;
                    assert_eq!(answer, json!({}), "nothing is made of a removal");
                    return;
                }
                item = with(item, json!({ "g": null, "a": null }));
            }
            _ => {
                request["UpdateExpression"] = json!("SET b = if_not_exists(a, :v), l = :v");
                request["ExpressionAttributeValues"] = json!({ ":v": s("l1") });
                item["b"] = item.get("a").cloned().unwrap_or_else(|| s("l1"));
                item["l"] = s("l1");
            }
        }
        let answer = self.world.ok(UpdateItem, request).await;
        assert_eq!(answer["Attributes"], item);
        self.model.insert(place, item);
    }

    async fn batch(&mut self) {
        let mut requests = BTreeMap::new();
        for _ in 0..=self.dice.roll(6) {
            let item = self.dice.item();
            let request = match self.dice.roll(3) {
                0 => json!({ "DeleteRequest": { "Key": key_of(&item) } }),
                _ => json!({ "PutRequest": { "Item": item } }),
            };
            requests.insert(name_of(&item), request);
        }
        let all: Vec<&Value> = requests.values().collect();
        self.world.ok(BatchWriteItem, json!({ "RequestItems": { "tab": all } })).await;
        for (place, request) in requests {
            match request.get("PutRequest") {
                Some(put) => self.model.insert(place, put["Item"].clone()),
                None => self.model.remove(&place),
            };
        }
    }

    async fn transaction(&mut self) {
        let (mut actions, mut after, mut holds) = (BTreeMap::new(), self.model.clone(), true);
        for _ in 0..=self.dice.roll(4) {
            let item = self.dice.item();
            let (place, key) = (name_of(&item), key_of(&item));
            if actions.contains_key(&place) {
                continue;
            }
            let exists = self.model.contains_key(&place);
            let action = match self.dice.roll(3) {
                0 => {
                    after.insert(place.clone(), item.clone());
                    json!({ "Put": { "TableName": "tab", "Item": item } })
                }
                1 => {
                    holds &= exists;
                    after.remove(&place);
                    json!({ "Delete": { "TableName": "tab", "Key": key, "ConditionExpression": "attribute_exists(pk)" } })
                }
                _ => {
                    holds &= !exists;
                    json!({ "ConditionCheck": { "TableName": "tab", "Key": key, "ConditionExpression": "attribute_not_exists(pk)" } })
                }
            };
            actions.insert(place, action);
        }
        let all: Vec<&Value> = actions.values().collect();
        let answer = self.world.call(TransactWriteItems, json!({ "TransactItems": all })).await;
        assert_eq!(answer.is_ok(), holds, "{answer:?}");
        match holds {
            true => self.model = after,
            false => self.cancelled += 1,
        }
    }

    async fn conditional(&mut self) {
        let item = self.dice.item();
        let bound = self.dice.roll(4) as i64 - 1;
        let request = json!({
            "TableName": "tab", "Item": item, "ConditionExpression": "attribute_not_exists(pk) OR n < :n",
            "ExpressionAttributeValues": { ":n": n(bound) },
        });
        let place = name_of(&item);
        let number = |old: &Value| old["n"]["N"].as_str().map(|old| old.parse::<i64>().unwrap());
        let holds = self.model.get(&place).is_none_or(|old| number(old).is_some_and(|old| old < bound));
        let answer = self.world.call(PutItem, request).await;
        assert_eq!(answer.is_ok(), holds);
        match holds {
            true => drop(self.model.insert(place, item)),
            false => self.refused += 1,
        }
    }

    async fn read(&mut self) {
        let key = self.dice.key();
        let answer = self.world.ok(GetItem, json!({ "TableName": "tab", "Key": key })).await;
        assert_eq!(answer.get("Item"), self.model.get(&name_of(&key)));
    }

    async fn check(&self) {
        let items: Vec<Value> = self.model.values().cloned().collect();
        assert_eq!(by_name(scan_all(&self.world, json!({ "Limit": 5 })).await.0), self.model);
        let keys = ["pk", "sk"];
        self.check_index("gsi", &items, &["g", "n"], None).await;
        self.check_index("inc", &items, &["g"], Some(&[&keys[..], &["g", "a"]].concat())).await;
        self.check_index("lsi", &items, &["l"], Some(&[&keys[..], &["l"]].concat())).await;
        self.check_partitions(&items).await;
        let table = self.world.describe("tab").await;
        assert_eq!(table["ItemCount"], json!(items.len()));
        assert_eq!(self.replayed().await, self.model);
    }

    async fn check_index(&self, index: &str, items: &[Value], needs: &[&str], holds: Option<&[&str]>) {
        let held = |item: &Value| match holds {
            None => item.clone(),
            Some(names) => {
                names.iter().filter_map(|name| Some(((*name).to_owned(), item.get(name)?.clone()))).collect()
            }
        };
        let inside = items.iter().filter(|item| needs.iter().all(|name| item.get(name).is_some()));
        let expected: Model = inside.map(|item| (name_of(item), held(item))).collect();
        let entries = scan_all(&self.world, json!({ "IndexName": index, "Limit": 3 })).await.0;
        assert_eq!(entries.len(), expected.len(), "{index}: {entries:?}");
        assert_eq!(by_name(entries), expected, "{index}");
        let table = self.world.describe("tab").await;
        let indexes = [&table["GlobalSecondaryIndexes"], &table["LocalSecondaryIndexes"]];
        let mut indexes = indexes.into_iter().flat_map(|indexes| indexes.as_array().unwrap());
        let described = indexes.find(|described| described["IndexName"] == index).unwrap();
        assert_eq!(described["ItemCount"], json!(expected.len()), "{index}");
    }

    /// Each partition of `gsi`, by number, in both directions.
    async fn check_partitions(&self, items: &[Value]) {
        for g in 0..3 {
            let g = format!("g{g}");
            let request = json!({
                "IndexName": "gsi", "KeyConditionExpression": "g = :g AND n >= :n", "Limit": 2,
                "ExpressionAttributeValues": { ":g": s(&g), ":n": n(0) },
            });
            let number = |item: &Value| item["n"]["N"].as_str().map(|text| text.parse::<i64>().unwrap());
            let inside = |item: &&Value| item["g"] == s(&g) && number(item).is_some_and(|number| number >= 0);
            let mut expected: Vec<i64> = items.iter().filter(inside).filter_map(number).collect();
            expected.sort_unstable();
            let numbers = |entries: Vec<Value>| entries.iter().filter_map(number).collect::<Vec<i64>>();
            assert_eq!(numbers(query_all(&self.world, request.clone()).await.0), expected);
            expected.reverse();
            let back = with(request, json!({ "ScanIndexForward": false }));
            assert_eq!(numbers(query_all(&self.world, back).await.0), expected);
        }
    }

    /// The table that the stream tells of, whose old images must be what was there.
    async fn replayed(&self) -> Model {
        let mut table = Model::new();
        for record in records(&self.world).await {
            let data = &record["dynamodb"];
            let place = name_of(&data["Keys"]);
            let old = match data.get("NewImage") {
                Some(new) => {
                    assert_ne!(data.get("OldImage"), Some(new), "a record of nothing");
                    table.insert(place, new.clone())
                }
                None => table.remove(&place),
            };
            assert_eq!(data.get("OldImage"), old.as_ref());
            let name = match (data.get("OldImage"), data.get("NewImage")) {
                (None, _) => "INSERT",
                (Some(_), Some(_)) => "MODIFY",
                (Some(_), None) => "REMOVE",
            };
            assert_eq!(record["eventName"], name);
        }
        table
    }
}

fn by_name(items: Vec<Value>) -> Model {
    items.into_iter().map(|item| (name_of(&item), item)).collect()
}

#[tokio::test]
async fn random_operations_agree_with_a_naive_table() {
    for (seed, world) in (1..).zip(worlds_with(indexed_table()).await) {
        let mut run =
            Run { world, dice: Dice(seed), model: Model::new(), refused: 0, cancelled: 0, moved: 0 };
        for step in 1..=600 {
            run.step().await;
            if step % 100 == 0 {
                run.check().await;
            }
        }
        assert!(run.refused > 5 && run.cancelled > 5 && run.moved > 5, "the run saw too little");
    }
}
