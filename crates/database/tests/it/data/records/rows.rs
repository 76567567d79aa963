//! The table of writes and the records that they make.

use super::{Expected, Place};
use serde_json::{Value, json};
use wire::Operation::{
    self, BatchExecuteStatement, BatchWriteItem, DeleteItem, ExecuteStatement, ExecuteTransaction, PutItem,
    TransactWriteItems, UpdateItem,
};

/// A request, and the code of the error that answers it; empty where it succeeds.
pub(super) type Call = (Operation, Value, &'static str);

/// A row: items of this kind, and then these writes, make these records.
pub(super) struct Row {
    /// The row.
    pub(super) what: &'static str,
    /// The items that are there before: the number of their key, and the rest of them.
    pub(super) given: Vec<(usize, Value)>,
    /// The writes.
    pub(super) calls: fn(&Place<'_>) -> Vec<Call>,
    /// The records.
    pub(super) expected: Vec<Expected>,
}

const CONDITION_FAILED: &str = "ConditionalCheckFailedException";
const CANCELLED: &str = "TransactionCanceledException";
const INVALID: &str = "ValidationException";

fn row(
    what: &'static str,
    given: Vec<(usize, Value)>,
    calls: fn(&Place<'_>) -> Vec<Call>,
    expected: Vec<Expected>,
) -> Row {
    Row { what, given, calls, expected }
}

/// An item with one number.
fn x(value: i64) -> Value {
    json!({ "x": { "N": value.to_string() } })
}

/// An item with nothing but its key.
fn bare() -> Value {
    json!({})
}

fn insert(new: Value) -> Vec<Expected> {
    vec![(0, "INSERT", None, Some(new))]
}

fn modify(old: Value, new: Value) -> Vec<Expected> {
    vec![(0, "MODIFY", Some(old), Some(new))]
}

fn values(value: Value) -> Value {
    json!({ ":v": value })
}

fn number(value: i64) -> Value {
    values(json!({ "N": value.to_string() }))
}

/// Every row.
pub(super) fn all() -> Vec<Row> {
    let groups =
        [puts(), updates(), silent_updates(), deletes(), refused(), batches(), transactions(), spellings()];
    groups.into_iter().flatten().chain(indexed()).chain(statements()).chain(several_statements()).collect()
}

fn puts() -> Vec<Row> {
    vec![
        row("put of a new item", vec![], |place| vec![(PutItem, place.put(0, &x(1)), "")], insert(x(1))),
        row(
            "put over a different item",
            vec![(0, json!({ "x": { "N": "1" }, "gone": { "S": "soon" } }))],
            |place| vec![(PutItem, place.put(0, &x(2)), "")],
            modify(json!({ "x": { "N": "1" }, "gone": { "S": "soon" } }), x(2)),
        ),
        row(
            "put of the same item",
            vec![(0, x(1))],
            |place| vec![(PutItem, place.put(0, &x(1)), "")],
            vec![],
        ),
        row("put of a key alone", vec![], |place| vec![(PutItem, place.put(0, &bare()), "")], insert(bare())),
        row(
            "put of a key alone, again",
            vec![(0, bare())],
            |place| vec![(PutItem, place.put(0, &bare()), "")],
            vec![],
        ),
    ]
}

fn updates() -> Vec<Row> {
    vec![
        row(
            "SET on nothing",
            vec![],
            |place| vec![(UpdateItem, place.update(0, "SET x = :v", number(1)), "")],
            insert(x(1)),
        ),
        row(
            "ADD on nothing",
            vec![],
            |place| vec![(UpdateItem, place.update(0, "ADD x :v", number(3)), "")],
            insert(x(3)),
        ),
        row(
            "update without an expression on nothing",
            vec![],
            |place| vec![(UpdateItem, place.update(0, "", Value::Null), "")],
            insert(bare()),
        ),
        row(
            "REMOVE on nothing",
            vec![],
            |place| vec![(UpdateItem, place.update(0, "REMOVE x", Value::Null), "")],
            vec![],
        ),
        row(
            "SET of another value",
            vec![(0, x(1))],
            |place| vec![(UpdateItem, place.update(0, "SET x = :v", number(2)), "")],
            modify(x(1), x(2)),
        ),
        row(
            "ADD",
            vec![(0, x(1))],
            |place| vec![(UpdateItem, place.update(0, "ADD x :v", number(4)), "")],
            modify(x(1), x(5)),
        ),
        row(
            "REMOVE of the last attribute",
            vec![(0, x(5))],
            |place| vec![(UpdateItem, place.update(0, "REMOVE x", Value::Null), "")],
            modify(x(5), bare()),
        ),
        row(
            "DELETE of the last element",
            vec![(0, json!({ "s": { "SS": ["a"] } }))],
            |place| {
                let element = values(json!({ "SS": ["a"] }));
                vec![(UpdateItem, place.update(0, "DELETE s :v", element), "")]
            },
            modify(json!({ "s": { "SS": ["a"] } }), bare()),
        ),
    ]
}

fn silent_updates() -> Vec<Row> {
    vec![
        row(
            "SET of the same value",
            vec![(0, x(1))],
            |place| vec![(UpdateItem, place.update(0, "SET x = :v", values(json!({ "N": "1.0" }))), "")],
            vec![],
        ),
        row(
            "ADD of zero",
            vec![(0, x(1))],
            |place| vec![(UpdateItem, place.update(0, "ADD x :v", number(0)), "")],
            vec![],
        ),
        row(
            "REMOVE of what is not there",
            vec![(0, x(1))],
            |place| vec![(UpdateItem, place.update(0, "REMOVE y", Value::Null), "")],
            vec![],
        ),
        row(
            "DELETE of an element that is not there",
            vec![(0, json!({ "s": { "SS": ["a"] } }))],
            |place| {
                let element = values(json!({ "SS": ["b"] }));
                vec![
                    (UpdateItem, place.update(0, "DELETE s :v", element.clone()), ""),
                    (UpdateItem, place.update(0, "DELETE y :v", element), ""),
                ]
            },
            vec![],
        ),
        row(
            "ADD of an element that is there",
            vec![(0, json!({ "s": { "SS": ["a", "b"] } }))],
            |place| vec![(UpdateItem, place.update(0, "ADD s :v", values(json!({ "SS": ["b"] }))), "")],
            vec![],
        ),
        row(
            "update without an expression",
            vec![(0, x(1))],
            |place| vec![(UpdateItem, place.update(0, "", Value::Null), "")],
            vec![],
        ),
    ]
}

fn deletes() -> Vec<Row> {
    vec![
        row(
            "delete",
            vec![(0, x(2))],
            |place| vec![(DeleteItem, place.delete(0), "")],
            vec![(0, "REMOVE", Some(x(2)), None)],
        ),
        row(
            "delete of a key alone",
            vec![(0, bare())],
            |place| vec![(DeleteItem, place.delete(0), "")],
            vec![(0, "REMOVE", Some(bare()), None)],
        ),
        row("delete of nothing", vec![], |place| vec![(DeleteItem, place.delete(0), "")], vec![]),
    ]
}

fn refused() -> Vec<Row> {
    vec![
        row(
            "failed conditions",
            vec![(0, x(1))],
            |place| {
                let guarded = |mut request: Value| {
                    request["ConditionExpression"] = json!("attribute_exists(nix)");
                    request
                };
                vec![
                    (PutItem, guarded(place.put(0, &x(2))), CONDITION_FAILED),
                    (UpdateItem, guarded(place.update(0, "REMOVE x", Value::Null)), CONDITION_FAILED),
                    (DeleteItem, guarded(place.delete(0)), CONDITION_FAILED),
                    (DeleteItem, guarded(place.delete(1)), CONDITION_FAILED),
                ]
            },
            vec![],
        ),
        row(
            "a cancelled transaction",
            vec![(0, x(1))],
            |place| {
                let mut check = place.delete(1);
                check["ConditionExpression"] = json!("attribute_exists(pk)");
                let actions = json!([
                    { "Put": place.put(0, &x(2)) },
                    { "ConditionCheck": check },
                    { "Put": place.put(2, &x(2)) },
                ]);
                vec![(TransactWriteItems, json!({ "TransactItems": actions }), CANCELLED)]
            },
            vec![],
        ),
        row(
            "validation errors",
            vec![(0, x(1))],
            |place| {
                vec![
                    (UpdateItem, place.update(0, "SET x = nix", Value::Null), INVALID),
                    (UpdateItem, place.update(0, "ADD x :v", values(json!({ "SS": ["a"] }))), INVALID),
                    (UpdateItem, place.update(0, "SET pk = :v", values(json!({ "S": "a" }))), INVALID),
                    (PutItem, place.put(0, &json!({ "x": { "SS": [] } })), INVALID),
                ]
            },
            vec![],
        ),
    ]
}

fn batches() -> Vec<Row> {
    let batch: fn(&Place<'_>) -> Vec<Call> = |place| {
        let put = |number, more| json!({ "PutRequest": { "Item": place.item(number, &more) } });
        let delete = |number| json!({ "DeleteRequest": { "Key": place.key(number) } });
        // Of these, the put of what is there and the delete of what is not have no effect.
        let requests = json!([delete(3), put(0, x(1)), delete(4), put(1, x(7)), put(2, x(2))]);
        vec![(BatchWriteItem, json!({ "RequestItems": { place.case.table.clone(): requests } }), "")]
    };
    vec![row(
        "a batch",
        vec![(1, x(1)), (2, x(2)), (3, x(3))],
        batch,
        vec![
            (3, "REMOVE", Some(x(3)), None),
            (0, "INSERT", None, Some(x(1))),
            (1, "MODIFY", Some(x(1)), Some(x(7))),
        ],
    )]
}

fn transactions() -> Vec<Row> {
    let transaction: fn(&Place<'_>) -> Vec<Call> = |place| {
        let mut check = place.delete(4);
        check["ConditionExpression"] = json!("attribute_exists(pk)");
        let actions = json!([
            { "Delete": place.delete(3) },
            { "ConditionCheck": check },
            { "Put": place.put(0, &x(1)) },
            { "Delete": place.delete(5) },
            { "Update": place.update(1, "SET x = :v", number(7)) },
            { "Put": place.put(2, &x(2)) },
            { "Update": place.update(6, "REMOVE x", Value::Null) },
            { "Update": place.update(7, "SET x = :v", number(8)) },
        ]);
        let token = format!("{} {}", place.row, place.case.table);
        let request = json!({ "TransactItems": actions, "ClientRequestToken": token });
        // The second time nothing happens, by the token.
        vec![(TransactWriteItems, request.clone(), ""), (TransactWriteItems, request, "")]
    };
    vec![row(
        "a transaction, twice",
        vec![(1, x(1)), (2, x(2)), (3, x(3)), (4, x(4))],
        transaction,
        vec![
            (3, "REMOVE", Some(x(3)), None),
            (0, "INSERT", None, Some(x(1))),
            (1, "MODIFY", Some(x(1)), Some(x(7))),
            (7, "INSERT", None, Some(x(8))),
        ],
    )]
}

/// Items that are equal, or not, by value and not by spelling.
fn spellings() -> Vec<Row> {
    let first = || {
        json!({ "m": { "M": { "a": { "N": "1" }, "b": { "S": "" } } }, "s": { "NS": ["1", "20"] },
            "list": { "L": [{ "N": "1" }, { "BOOL": true }] } })
    };
    let turned = || {
        json!({ "m": { "M": { "a": { "N": "1" }, "b": { "S": "" } } }, "s": { "NS": ["1", "20"] },
            "list": { "L": [{ "BOOL": true }, { "N": "1" }] } })
    };
    vec![
        row(
            "put of the same item in another spelling",
            vec![(0, first())],
            |place| {
                let same = json!({ "s": { "NS": ["2e1", "1.00"] }, "list": { "L": [{ "N": "01" }, { "BOOL": true }] },
                    "m": { "M": { "b": { "S": "" }, "a": { "N": "1.0" } } } });
                vec![(PutItem, place.put(0, &same), "")]
            },
            vec![],
        ),
        row(
            "put with another order of a list",
            vec![(0, first())],
            |place| {
                let turned = json!({ "m": { "M": { "a": { "N": "1" }, "b": { "S": "" } } }, "s": { "NS": ["1", "20"] },
                    "list": { "L": [{ "BOOL": true }, { "N": "1" }] } });
                vec![(PutItem, place.put(0, &turned), "")]
            },
            modify(first(), turned()),
        ),
        row(
            "put with another type of value",
            vec![(0, x(1))],
            |place| vec![(PutItem, place.put(0, &json!({ "x": { "S": "1" } })), "")],
            modify(x(1), json!({ "x": { "S": "1" } })),
        ),
    ]
}

/// What indexes do beside makes no record, and their keys are attributes like any other.
fn indexed() -> Vec<Row> {
    let item = |g: &str, l: &str| json!({ "g": { "S": g }, "l": { "S": l } });
    vec![
        row(
            "an entry that comes",
            vec![(0, bare())],
            |place| {
                let entry = json!({ ":g": { "S": "g1" }, ":l": { "S": "l1" } });
                vec![(UpdateItem, place.update(0, "SET g = :g, l = :l", entry), "")]
            },
            modify(bare(), item("g1", "l1")),
        ),
        row(
            "an entry that moves",
            vec![(0, item("g1", "l1"))],
            |place| {
                let entry = json!({ ":g": { "S": "g2" }, ":l": { "S": "l2" } });
                vec![(UpdateItem, place.update(0, "SET g = :g, l = :l", entry), "")]
            },
            modify(item("g1", "l1"), item("g2", "l2")),
        ),
        row(
            "an entry that goes",
            vec![(0, item("g1", "l1"))],
            |place| vec![(UpdateItem, place.update(0, "REMOVE g, l", Value::Null), "")],
            modify(item("g1", "l1"), bare()),
        ),
    ]
}

/// PartiQL, one statement after the other.
fn statements() -> Vec<Row> {
    vec![
        row(
            "INSERT of a new item, and again",
            vec![],
            |place| {
                let insert = place.insert(0, &x(1));
                vec![
                    (ExecuteStatement, insert.clone(), ""),
                    (ExecuteStatement, insert, "DuplicateItemException"),
                ]
            },
            insert(x(1)),
        ),
        row(
            "UPDATE to another value, and to the same",
            vec![(0, x(1))],
            |place| {
                let update = place.on_pinned(0, ("UPDATE", "SET x = 2", ""));
                vec![(ExecuteStatement, update.clone(), ""), (ExecuteStatement, update, "")]
            },
            modify(x(1), x(2)),
        ),
        row(
            "UPDATE of nothing, and on a condition that does not hold",
            vec![(1, x(1))],
            |place| {
                let missing = place.on_pinned(0, ("UPDATE", "SET x = 2", ""));
                let failing = place.on_pinned(1, ("UPDATE", "SET x = 2", " AND x = 5"));
                vec![
                    (ExecuteStatement, missing, CONDITION_FAILED),
                    (ExecuteStatement, failing, CONDITION_FAILED),
                ]
            },
            vec![],
        ),
        row(
            "DELETE, and again",
            vec![(0, x(1))],
            |place| {
                let delete = place.on_pinned(0, ("DELETE FROM", "", ""));
                vec![(ExecuteStatement, delete.clone(), ""), (ExecuteStatement, delete, "")]
            },
            vec![(0, "REMOVE", Some(x(1)), None)],
        ),
    ]
}

/// PartiQL, several statements in one request: an INSERT, an UPDATE that changes nothing and one that changes
/// something, a DELETE of something and one of nothing.
fn several_statements() -> Vec<Row> {
    let given = || vec![(1, x(1)), (2, x(1)), (3, x(1))];
    let expected = || {
        vec![
            (0, "INSERT", None, Some(x(1))),
            (2, "MODIFY", Some(x(1)), Some(x(2))),
            (3, "REMOVE", Some(x(1)), None),
        ]
    };
    let batch: fn(&Place<'_>) -> Vec<Call> =
        |place| vec![(BatchExecuteStatement, json!({ "Statements": place.several() }), "")];
    let transaction: fn(&Place<'_>) -> Vec<Call> =
        |place| vec![(ExecuteTransaction, json!({ "TransactStatements": place.several() }), "")];
    let cancelled: fn(&Place<'_>) -> Vec<Call> = |place| {
        let failing = place.on_pinned(5, ("UPDATE", "SET x = 1", ""));
        let mut all = place.several();
        all.as_array_mut().unwrap().push(failing);
        vec![(ExecuteTransaction, json!({ "TransactStatements": all }), CANCELLED)]
    };
    vec![
        row("a batch of statements", given(), batch, expected()),
        row("a transaction of statements", given(), transaction, expected()),
        row("a transaction of statements, cancelled", given(), cancelled, vec![]),
    ]
}

impl Place<'_> {
    /// An INSERT of an item.
    fn insert(&self, number: usize, more: &Value) -> Value {
        let statement = format!("INSERT INTO \"{}\" VALUE ?", self.case.table);
        json!({ "Statement": statement, "Parameters": [{ "M": self.item(number, more) }] })
    }

    /// The statements of [`several_statements`].
    fn several(&self) -> Value {
        json!([
            self.insert(0, &x(1)),
            self.on_pinned(1, ("UPDATE", "SET x = 1", "")),
            self.on_pinned(2, ("UPDATE", "SET x = x + 1", "")),
            self.on_pinned(3, ("DELETE FROM", "", "")),
            self.on_pinned(4, ("DELETE FROM", "", "")),
        ])
    }

    /// A statement on the item of this key: its verb, its changes, and what its condition has beside the key.
    fn on_pinned(&self, number: usize, (verb, changes, more): (&str, &str, &str)) -> Value {
        let key = self.key(number);
        let names: Vec<&String> = key.as_object().unwrap().keys().collect();
        let parameters: Vec<&Value> = names.iter().map(|name| &key[name.as_str()]).collect();
        let clause: Vec<String> = names.iter().map(|name| format!("{name} = ?")).collect();
        let statement =
            format!("{verb} \"{}\" {changes} WHERE {}{more}", self.case.table, clause.join(" AND "));
        json!({ "Statement": statement, "Parameters": parameters })
    }
}
