//! Random requests in both forms, each form against a database of its own: the answers, the items and the records
//! must be the same.

use crate::data::{indexed_table, n, records, s, scan_all, timeless};
use crate::dice::Dice;
use crate::world::{World, with};
use serde_json::{Map, Value, json};
use wire::Operation::{
    self, BatchGetItem, CreateTable, DeleteItem, GetItem, PutItem, Query, Scan, UpdateItem,
};

/// One intent, as a legacy request and as one with expressions.
struct Twin {
    operation: Operation,
    legacy: Value,
    modern: Value,
}

/// Expressions in the making: their names and values get placeholders.
#[derive(Default)]
struct Placeholders {
    names: Map<String, Value>,
    values: Map<String, Value>,
}

impl Placeholders {
    fn name(&mut self, name: &str) -> String {
        let placeholder = format!("#n{}", self.names.len());
        self.names.insert(placeholder.clone(), json!(name));
        placeholder
    }

    fn value(&mut self, value: &Value) -> String {
        let placeholder = format!(":v{}", self.values.len());
        self.values.insert(placeholder.clone(), value.clone());
        placeholder
    }

    fn put_into(self, request: &mut Value) {
        if !self.names.is_empty() {
            request["ExpressionAttributeNames"] = Value::Object(self.names);
        }
        if !self.values.is_empty() {
            request["ExpressionAttributeValues"] = Value::Object(self.values);
        }
    }
}

/// Attributes that items have or lack; `g`, `l` and `n` are keys of indexes, a dot is part of a name.
const NAMES: [&str; 7] = ["a", "b", "x.y", "list", "g", "l", "n"];

trait Intents {
    fn text(&mut self, of: &[&str]) -> Value;
    fn key(&mut self) -> Value;
    fn scalar(&mut self) -> Value;
    fn value(&mut self) -> Value;
    fn item(&mut self) -> Value;
    fn names(&mut self, most: u64) -> Vec<&'static str>;
    fn comparison(&mut self) -> (&'static str, Vec<Value>);
}

impl Intents for Dice {
    fn text(&mut self, of: &[&str]) -> Value {
        let text: &&str = self.one(of);
        s(text)
    }

    fn key(&mut self) -> Value {
        json!({ "pk": s(&format!("p{}", self.roll(2))), "sk": s(&format!("s{}", self.roll(3))) })
    }

    fn scalar(&mut self) -> Value {
        match self.roll(4) {
            0 => n(self.roll(4) as i64 - 1),
            1 => json!({ "B": *self.one(&["YQ==", "YWI=", ""]) }),
            _ => self.text(&["", "a", "ab", "b"]),
        }
    }

    fn value(&mut self) -> Value {
        match self.roll(9) {
            0 => json!({ "SS": *self.one(&[&["a"][..], &["a", "b"], &["b", "c"]]) }),
            1 => json!({ "NS": *self.one(&[&["1"][..], &["1", "2.0"], &["3"]]) }),
            2 => json!({ "L": [self.scalar(), self.scalar()] }),
            3 => json!({ "M": { "k": self.scalar() } }),
            4 => json!({ "BOOL": self.once_in(2) }),
            5 => json!({ "NULL": true }),
            _ => self.scalar(),
        }
    }

    fn item(&mut self) -> Value {
        let mut item = self.key();
        for name in ["a", "b", "x.y"] {
            if self.roll(3) > 0 {
                item[name] = self.value();
            }
        }
        item["list"] = json!({ "L": [n(1)] });
        for name in ["g", "l"] {
            if self.once_in(2) {
                item[name] = self.text(&["1", "2"]);
            }
        }
        if self.once_in(2) {
            item["n"] = n(self.roll(3) as i64);
        }
        item
    }

    fn names(&mut self, most: u64) -> Vec<&'static str> {
        let mut names = Vec::new();
        for _ in 0..=self.roll(most) {
            let name = *self.one(&NAMES);
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names
    }

    fn comparison(&mut self) -> (&'static str, Vec<Value>) {
        let operator = *self.one(&[
            "EQ",
            "NE",
            "LE",
            "LT",
            "GE",
            "GT",
            "NOT_NULL",
            "NULL",
            "CONTAINS",
            "NOT_CONTAINS",
            "BEGINS_WITH",
            "IN",
            "BETWEEN",
        ]);
        let values = match operator {
            "NULL" | "NOT_NULL" => vec![],
            "EQ" | "NE" => vec![self.value()],
            "BEGINS_WITH" => vec![self.text(&["", "a", "ab"])],
            "IN" => vec![s("a"), self.text(&["b", "c"])],
            "BETWEEN" if self.once_in(2) => vec![n(0), n(self.roll(3) as i64)],
            "BETWEEN" => vec![s("a"), self.text(&["a", "b"])],
            _ => vec![self.scalar()],
        };
        (operator, values)
    }
}

/// The expression of a comparison.
fn expression(placeholders: &mut Placeholders, name: &str, operator: &str, values: &[Value]) -> String {
    let name = placeholders.name(name);
    let values: Vec<String> = values.iter().map(|value| placeholders.value(value)).collect();
    let infix = |symbol: &str| format!("{name} {symbol} {}", values[0]);
    match operator {
        "EQ" => infix("="),
        "NE" => infix("<>"),
        "LE" => infix("<="),
        "LT" => infix("<"),
        "GE" => infix(">="),
        "GT" => infix(">"),
        "NOT_NULL" => format!("attribute_exists({name})"),
        "NULL" => format!("attribute_not_exists({name})"),
        "CONTAINS" => format!("contains({name}, {})", values[0]),
        "NOT_CONTAINS" => format!("attribute_exists({name}) AND NOT contains({name}, {})", values[0]),
        "BEGINS_WITH" => format!("begins_with({name}, {})", values[0]),
        "IN" => format!("{name} IN ({})", values.join(", ")),
        "BETWEEN" => format!("{name} BETWEEN {} AND {}", values[0], values[1]),
        other => panic!("no such operator: {other}"),
    }
}

impl Twin {
    fn new(operation: Operation, request: Value) -> Twin {
        Twin { operation, legacy: request.clone(), modern: request }
    }

    /// Conditions on some of the names, under these parameters.
    fn conditions(
        &mut self,
        dice: &mut Dice,
        placeholders: &mut Placeholders,
        parameters: (&str, &str),
        names: &[&str],
    ) {
        let (mut legacy, mut texts) = (Map::new(), Vec::new());
        for name in names {
            let short = parameters.0 == "Expected" && dice.once_in(3);
            let (operator, values) = match (short, dice.once_in(2)) {
                (true, true) => ("NULL", vec![]),
                (true, false) => ("EQ", vec![dice.value()]),
                (false, _) => dice.comparison(),
            };
            let condition = match (short, values.first()) {
                (true, None) => json!({ "Exists": false }),
                (true, Some(value)) if dice.once_in(2) => json!({ "Value": value, "Exists": true }),
                (true, Some(value)) => json!({ "Value": value }),
                (false, None) => json!({ "ComparisonOperator": operator }),
                (false, Some(_)) => json!({ "ComparisonOperator": operator, "AttributeValueList": values }),
            };
            legacy.insert((*name).to_owned(), condition);
            texts.push(format!("({})", expression(placeholders, name, operator, &values)));
        }
        let mut joint = "AND";
        if names.len() > 1 && dice.roll(3) > 0 {
            joint = *dice.one(&["AND", "OR"]);
            self.legacy["ConditionalOperator"] = json!(joint);
        }
        let text = texts.join(&format!(" {joint} "));
        self.legacy[parameters.0] = Value::Object(legacy);
        self.modern[parameters.1] = json!(text);
    }

    /// `AttributesToGet`, in half of all cases.
    fn projection(&mut self, dice: &mut Dice, placeholders: &mut Placeholders) {
        if dice.once_in(2) {
            let names = dice.names(3);
            let texts: Vec<String> = names.iter().map(|name| placeholders.name(name)).collect();
            self.legacy["AttributesToGet"] = json!(names);
            self.modern["ProjectionExpression"] = json!(texts.join(", "));
        }
    }

    fn updates(&mut self, dice: &mut Dice, placeholders: &mut Placeholders) {
        let mut legacy = Map::new();
        let mut sections: [(&str, Vec<String>); 4] =
            [("SET", vec![]), ("REMOVE", vec![]), ("ADD", vec![]), ("DELETE", vec![])];
        for name in dice.names(3) {
            let placeholder = placeholders.name(name);
            let (action, value, section, text) = match dice.roll(6) {
                0 => ("DELETE", None, 1, placeholder),
                1 => {
                    let value = dice.one(&[json!({ "SS": ["a", "c"] }), json!({ "NS": ["1"] })]).clone();
                    let text = format!("{placeholder} {}", placeholders.value(&value));
                    ("DELETE", Some(value), 3, text)
                }
                2 => {
                    let value = json!({ "L": [dice.scalar()] });
                    let none = placeholders.value(&json!({ "L": [] }));
                    let more = placeholders.value(&value);
                    let text =
                        format!("{placeholder} = list_append(if_not_exists({placeholder}, {none}), {more})");
                    ("ADD", Some(value), 0, text)
                }
                3 => {
                    let value =
                        dice.one(&[n(2), n(-1), json!({ "SS": ["b", "d"] }), json!({ "NS": ["9"] })]).clone();
                    let text = format!("{placeholder} {}", placeholders.value(&value));
                    ("ADD", Some(value), 2, text)
                }
                _ => {
                    let value = if ["g", "l"].contains(&name) { s("2") } else { dice.value() };
                    let text = format!("{placeholder} = {}", placeholders.value(&value));
                    ("PUT", Some(value), 0, text)
                }
            };
            let mut update = Map::new();
            if action != "PUT" || dice.once_in(2) {
                update.insert("Action".to_owned(), json!(action));
            }
            update.extend(value.map(|value| ("Value".to_owned(), value)));
            legacy.insert(name.to_owned(), Value::Object(update));
            sections[section].1.push(text);
        }
        self.legacy["AttributeUpdates"] = Value::Object(legacy);
        let texts = sections.iter().filter(|(_, actions)| !actions.is_empty());
        let texts: Vec<String> =
            texts.map(|(section, actions)| format!("{section} {}", actions.join(", "))).collect();
        self.modern["UpdateExpression"] = json!(texts.join(" "));
    }

    /// `KeyConditions` on the table or on an index.
    fn key_conditions(&mut self, dice: &mut Dice, placeholders: &mut Placeholders) {
        let (index, partition, sort) =
            *dice.one(&[(None, "pk", "sk"), (Some("lsi"), "pk", "l"), (Some("gsi"), "g", "n")]);
        let partition_value = if partition == "pk" { s(&format!("p{}", dice.roll(2))) } else { s("2") };
        let mut legacy = json!({
            partition: { "ComparisonOperator": "EQ", "AttributeValueList": [partition_value] },
        });
        let mut text = expression(placeholders, partition, "EQ", &[partition_value]);
        if dice.roll(3) > 0 {
            let operator = *dice.one(&["EQ", "LE", "LT", "GE", "GT", "BETWEEN", "BEGINS_WITH"]);
            let value = |number: u64| match sort {
                "n" => n(number as i64),
                "l" => s(&number.to_string()),
                _ => s(&format!("s{number}")),
            };
            let values = match operator {
                "BETWEEN" => vec![value(0), value(dice.roll(3))],
                "BEGINS_WITH" => vec![dice.text(&["s", "s1", "2"])],
                _ => vec![value(dice.roll(3))],
            };
            text = format!("{text} AND {}", expression(placeholders, sort, operator, &values));
            legacy[sort] = json!({ "ComparisonOperator": operator, "AttributeValueList": values });
        }
        self.legacy["KeyConditions"] = legacy;
        self.modern["KeyConditionExpression"] = json!(text);
        if let Some(index) = index {
            self.both("IndexName", json!(index));
        }
    }

    /// A parameter that both forms have.
    fn both(&mut self, name: &str, value: Value) {
        self.legacy[name] = value.clone();
        self.modern[name] = value;
    }

    fn random(dice: &mut Dice) -> Twin {
        let mut placeholders = Placeholders::default();
        let table = || json!({ "TableName": "tab", "ReturnConsumedCapacity": "INDEXES" });
        let mut twin = match dice.roll(8) {
            0 | 1 => Twin::new(PutItem, with(table(), json!({ "Item": dice.item() }))),
            2 => Twin::new(DeleteItem, with(table(), json!({ "Key": dice.key() }))),
            3 | 4 => Twin::new(UpdateItem, with(table(), json!({ "Key": dice.key() }))),
            5 => Twin::new(GetItem, with(table(), json!({ "Key": dice.key() }))),
            6 => Twin::new(Query, table()),
            _ => Twin::new(Scan, table()),
        };
        match twin.operation {
            GetItem => twin.projection(dice, &mut placeholders),
            Query | Scan => {
                let is_query = twin.operation == Query;
                if is_query {
                    twin.key_conditions(dice, &mut placeholders);
                }
                let filter = if is_query { "QueryFilter" } else { "ScanFilter" };
                if dice.once_in(2) {
                    let names = dice.names(2);
                    twin.conditions(dice, &mut placeholders, (filter, "FilterExpression"), &names);
                }
                twin.projection(dice, &mut placeholders);
            }
            operation => {
                if operation == UpdateItem {
                    twin.updates(dice, &mut placeholders);
                    let values = *dice.one(&["NONE", "ALL_OLD", "ALL_NEW", "UPDATED_OLD", "UPDATED_NEW"]);
                    twin.both("ReturnValues", json!(values));
                } else {
                    twin.both("ReturnValues", json!(*dice.one(&["NONE", "ALL_OLD"])));
                }
                twin.both("ReturnValuesOnConditionCheckFailure", json!("ALL_OLD"));
                if dice.once_in(2) {
                    let names = dice.names(2);
                    let parameters = ("Expected", "ConditionExpression");
                    twin.conditions(dice, &mut placeholders, parameters, &names);
                }
            }
        }
        placeholders.put_into(&mut twin.modern);
        twin
    }
}

#[tokio::test]
async fn both_forms_of_an_intent_do_the_same() {
    let (mut outcomes, mut recorded) = ([0; 3], 0);
    for seed in 0..12 {
        let (old, new) = (World::in_memory(), World::in_memory());
        for world in [&old, &new] {
            world.ok(CreateTable, indexed_table()).await;
        }
        let mut dice = Dice(seed);
        for step in 0..150 {
            let twin = Twin::random(&mut dice);
            let answer = old.call(twin.operation, twin.legacy.clone()).await;
            let expected = new.call(twin.operation, twin.modern.clone()).await;
            let what = format!("seed {seed}, step {step}: {} and {}", twin.legacy, twin.modern);
            match (answer, expected) {
                (Ok(answer), Ok(expected)) => {
                    assert_eq!(answer, expected, "{what}");
                    outcomes[0] += 1;
                }
                (Err((code, text)), Err((expected, other))) => {
                    assert_eq!(code, expected, "{what}: {text}, {other}");
                    outcomes[1 + usize::from(code == "ConditionalCheckFailedException")] += 1;
                }
                (answer, expected) => panic!("{what}: {answer:?}, {expected:?}"),
            }
        }
        let everything = || json!({ "ConsistentRead": true });
        assert_eq!(scan_all(&old, everything()).await, scan_all(&new, everything()).await, "seed {seed}");
        for index in ["lsi", "gsi", "inc"] {
            let whole = || json!({ "IndexName": index });
            assert_eq!(scan_all(&old, whole()).await, scan_all(&new, whole()).await, "seed {seed}, {index}");
        }
        let (old, new) = (timeless(&records(&old).await), timeless(&records(&new).await));
        assert_eq!(old, new, "seed {seed}");
        recorded += old.len();
    }
    // Otherwise the comparison would say little.
    assert!(outcomes.iter().all(|count| *count > 50) && recorded > 300, "{outcomes:?}, {recorded}");
}

#[tokio::test]
async fn batches_get_the_same_attributes() {
    let world = World::in_memory();
    world.ok(CreateTable, indexed_table()).await;
    let mut dice = Dice(5);
    let mut keys: Vec<Value> = Vec::new();
    for _ in 0..20 {
        let item = dice.item();
        let key = json!({ "pk": item["pk"], "sk": item["sk"] });
        if !keys.contains(&key) {
            keys.push(key);
        }
        world.ok(PutItem, json!({ "TableName": "tab", "Item": item })).await;
    }
    for _ in 0..20 {
        let names = dice.names(3);
        let mut placeholders = Placeholders::default();
        let texts: Vec<String> = names.iter().map(|name| placeholders.name(name)).collect();
        let mut modern = json!({ "Keys": keys, "ProjectionExpression": texts.join(", ") });
        placeholders.put_into(&mut modern);
        let legacy = json!({ "Keys": keys, "AttributesToGet": names });
        let request = |part: Value| json!({ "RequestItems": { "tab": part } });
        let expected = world.ok(BatchGetItem, request(modern)).await;
        assert!(!expected["Responses"]["tab"].as_array().unwrap().is_empty());
        assert_eq!(world.ok(BatchGetItem, request(legacy)).await, expected, "{names:?}");
    }
}
