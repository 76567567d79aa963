//! Random intents, each in three forms: with expressions, with the parameters from before them, and as a statement
//! of PartiQL. Each form runs against a database of its own: the effects, the answers and the stream records must
//! be the same. Only what all three can say is asked here; the pairs have wider tests of their own.

use super::{get as get_item, indexed_table, n, records, s, scan_all, timeless};
use crate::dice::Dice;
use crate::world::{World, with};
use serde_json::{Value, json};
use wire::Operation::{self, CreateTable, DeleteItem, ExecuteStatement, GetItem, PutItem, Query, UpdateItem};

/// One intent: a request with expressions, one from before them, and a statement.
struct Intent {
    operation: Operation,
    modern: Value,
    legacy: Value,
    statement: String,
    parameters: Vec<Value>,
}

/// A condition on `a`: as an expression, as an expectation, and as a statement's, with the values it compares with.
struct Condition {
    expression: &'static str,
    operator: &'static str,
    statement: &'static str,
    values: Vec<Value>,
}

const CONDITIONS: &[(&str, &str, &str, usize)] = &[
    ("a = :c0", "EQ", "a = ?", 1),
    ("a <> :c0", "NE", "a <> ?", 1),
    ("a < :c0", "LT", "a < ?", 1),
    ("a >= :c0", "GE", "a >= ?", 1),
    ("a BETWEEN :c0 AND :c1", "BETWEEN", "a BETWEEN ? AND ?", 2),
    ("a IN (:c0, :c1)", "IN", "a IN [?, ?]", 2),
    ("begins_with(a, :c0)", "BEGINS_WITH", "begins_with(a, ?)", 1),
    ("contains(a, :c0)", "CONTAINS", "contains(a, ?)", 1),
    ("attribute_exists(a)", "NOT_NULL", "a IS NOT MISSING", 0),
    ("attribute_not_exists(a)", "NULL", "a IS MISSING", 0),
];

fn condition(dice: &mut Dice) -> Condition {
    let (expression, operator, statement, count) = *dice.one(CONDITIONS);
    let is_text = dice.once_in(2) || operator == "BEGINS_WITH";
    let mut values: Vec<Value> =
        if is_text { ["a", "ab", "b"].map(s).to_vec() } else { [1, 2, 3].map(n).to_vec() };
    let first = dice.roll(2) as usize;
    values = values[first..first + count].to_vec();
    Condition { expression, operator, statement, values }
}

impl Condition {
    fn values(&self) -> Value {
        let named =
            self.values.iter().enumerate().map(|(index, value)| (format!(":c{index}"), value.clone()));
        Value::Object(named.collect())
    }

    fn expected(&self) -> Value {
        match self.values.as_slice() {
            [] => json!({ "ComparisonOperator": self.operator }),
            values => json!({ "ComparisonOperator": self.operator, "AttributeValueList": values }),
        }
    }
}

const WHERE_KEY: &str = "WHERE pk = ? AND sk = ?";

fn key(dice: &mut Dice) -> (Value, Vec<Value>) {
    let values = [s(dice.one::<&str>(&["p", "q"])), s(dice.one::<&str>(&["1", "2", "3"]))];
    (json!({ "pk": values[0], "sk": values[1] }), values.to_vec())
}

fn value(dice: &mut Dice) -> Value {
    match dice.roll(4) {
        0 => n(dice.roll(4) as i64),
        1 => json!({ "L": [s("a"), n(1)] }),
        2 => json!({ "SS": ["a", "b"] }),
        _ => s(dice.one::<&str>(&["a", "ab", "b"])),
    }
}

/// The values of an expression, where there are any.
fn valued(request: Value, values: Value) -> Value {
    let none = values.as_object().unwrap().is_empty();
    with(request, json!({ "ExpressionAttributeValues": if none { Value::Null } else { values } }))
}

fn insert(dice: &mut Dice) -> Intent {
    let (key, mut parameters) = key(dice);
    let (a, g) = (value(dice), s(dice.one::<&str>(&["x", "y"])));
    parameters.extend([a.clone(), g.clone()]);
    let plain = json!({ "TableName": "tab", "Item": with(key, json!({ "a": a, "g": g })) });
    Intent {
        operation: PutItem,
        modern: with(plain.clone(), json!({ "ConditionExpression": "attribute_not_exists(pk)" })),
        legacy: with(plain, json!({ "Expected": { "pk": { "Exists": false } } })),
        statement: "INSERT INTO tab VALUE {'pk': ?, 'sk': ?, 'a': ?, 'g': ?}".to_owned(),
        parameters,
    }
}

fn update(dice: &mut Dice) -> Intent {
    let ((key, keys), condition, set) = (key(dice), condition(dice), value(dice));
    let removes = dice.once_in(2);
    let (values, returning) =
        *dice.one(&[("ALL_OLD", "ALL OLD"), ("ALL_NEW", "ALL NEW"), ("UPDATED_NEW", "MODIFIED NEW")]);
    let plain = json!({ "TableName": "tab", "Key": key, "ReturnValues": values });
    let (removal, also) = if removes { (" REMOVE g", " REMOVE g") } else { ("", "") };
    let modern = json!({
        "UpdateExpression": format!("SET b = :v{removal}"),
        "ConditionExpression": format!("attribute_exists(pk) AND {}", condition.expression),
    });
    let mut updates = json!({ "b": { "Action": "PUT", "Value": set } });
    if removes {
        updates["g"] = json!({ "Action": "DELETE" });
    }
    let expected = json!({ "pk": { "ComparisonOperator": "NOT_NULL" }, "a": condition.expected() });
    Intent {
        operation: UpdateItem,
        modern: valued(with(plain.clone(), modern), with(condition.values(), json!({ ":v": set }))),
        legacy: with(plain, json!({ "AttributeUpdates": updates, "Expected": expected })),
        statement: format!(
            "UPDATE tab SET b = ?{also} {WHERE_KEY} AND {} RETURNING {returning} *",
            condition.statement
        ),
        parameters: [vec![set], keys, condition.values].concat(),
    }
}

fn delete(dice: &mut Dice) -> Intent {
    let ((key, keys), condition) = (key(dice), condition(dice));
    let plain = json!({ "TableName": "tab", "Key": key, "ReturnValues": "ALL_OLD" });
    let modern = with(plain.clone(), json!({ "ConditionExpression": condition.expression }));
    Intent {
        operation: DeleteItem,
        modern: valued(modern, condition.values()),
        legacy: with(plain, json!({ "Expected": { "a": condition.expected() } })),
        statement: format!("DELETE FROM tab {WHERE_KEY} AND {} RETURNING ALL OLD *", condition.statement),
        parameters: [keys, condition.values].concat(),
    }
}

fn get(dice: &mut Dice) -> Intent {
    let (key, parameters) = key(dice);
    let plain = json!({ "TableName": "tab", "Key": key, "ConsistentRead": true });
    Intent {
        operation: GetItem,
        modern: with(plain.clone(), json!({ "ProjectionExpression": "sk, a, b" })),
        legacy: with(plain, json!({ "AttributesToGet": ["sk", "a", "b"] })),
        statement: format!("SELECT sk, a, b FROM tab {WHERE_KEY}"),
        parameters,
    }
}

fn query(dice: &mut Dice) -> Intent {
    let (partition, condition) = (s(dice.one::<&str>(&["p", "q"])), condition(dice));
    let plain = json!({ "TableName": "tab", "ConsistentRead": true });
    let modern = json!({
        "KeyConditionExpression": "pk = :pk AND sk > :sk", "FilterExpression": condition.expression,
    });
    let one = |operator: &str, value: &Value| json!({ "ComparisonOperator": operator, "AttributeValueList": [value] });
    let legacy = json!({
        "KeyConditions": { "pk": one("EQ", &partition), "sk": one("GT", &s("1")) },
        "QueryFilter": { "a": condition.expected() },
    });
    let keys = json!({ ":pk": partition, ":sk": s("1") });
    Intent {
        operation: Query,
        modern: valued(with(plain.clone(), modern), with(condition.values(), keys)),
        legacy: with(plain, legacy),
        statement: format!("SELECT * FROM tab WHERE pk = ? AND sk > ? AND {}", condition.statement),
        parameters: [vec![partition, s("1")], condition.values].concat(),
    }
}

/// The items that an answer holds, or the error: one that is there already is a condition that fails.
fn told(answer: Result<Value, (String, String)>) -> Result<Value, String> {
    match answer {
        Ok(answer) => Ok(match (answer.get("Items"), answer.get("Attributes").or(answer.get("Item"))) {
            (Some(items), _) => items.clone(),
            (None, Some(item)) => json!([item]),
            (None, None) => json!([]),
        }),
        Err((code, _)) if code == "DuplicateItemException" => {
            Err("ConditionalCheckFailedException".to_owned())
        }
        Err((code, _)) => Err(code),
    }
}

#[tokio::test]
async fn three_forms_of_an_intent_do_the_same() {
    let (mut done, mut failed, mut recorded) = (0, 0, 0);
    for seed in 0..10 {
        let worlds = [World::in_memory(), World::in_memory(), World::in_memory()];
        for world in &worlds {
            world.ok(CreateTable, indexed_table()).await;
        }
        let mut dice = Dice(seed);
        for step in 0..150 {
            let make = *dice.one(&[insert, insert, update, update, delete, get, query]);
            let intent = make(&mut dice);
            // A statement that deletes what is not there does nothing, whatever its condition; a request fails.
            if intent.operation == DeleteItem
                && get_item(&worlds[0], intent.modern["Key"].clone()).await.is_null()
            {
                continue;
            }
            let statement = json!({
                "Statement": intent.statement, "Parameters": intent.parameters, "ConsistentRead": true,
            });
            let modern = told(worlds[0].call(intent.operation, intent.modern.clone()).await);
            let legacy = told(worlds[1].call(intent.operation, intent.legacy.clone()).await);
            let stated = told(worlds[2].call(ExecuteStatement, statement.clone()).await);
            let what =
                || format!("seed {seed}, step {step}: {}, {}, {statement}", intent.modern, intent.legacy);
            assert_eq!(legacy, modern, "{}", what());
            assert_eq!(stated, modern, "{}", what());
            match modern {
                Ok(_) => done += 1,
                Err(code) if code == "ConditionalCheckFailedException" => failed += 1,
                Err(code) => panic!("{}: {code}", what()),
            }
        }
        let mut all = Vec::new();
        for world in &worlds {
            let items = scan_all(world, json!({ "ConsistentRead": true })).await;
            let indexed = scan_all(world, json!({ "IndexName": "gsi" })).await;
            all.push((items, indexed, timeless(&records(world).await)));
        }
        assert_eq!(all[1], all[0], "seed {seed}");
        assert_eq!(all[2], all[0], "seed {seed}");
        recorded += all[0].2.len();
    }
    // Otherwise the comparison would say little.
    assert!(done > 200 && failed > 200 && recorded > 200, "{done}, {failed}, {recorded}");
}
