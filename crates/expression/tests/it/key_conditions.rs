//! Key conditions and their faults.

use crate::notation::{b, bindings, n, s};
use expression::{
    Bindings, ConditionAst, ExpressionError, ExpressionKind, KeyAttribute, KeyClauses, KeyCondition,
    RangeCondition,
};
use item::{KeyKind, Value};
use std::sync::Arc;

const PK: KeyAttribute<'_> = KeyAttribute { name: "pk", kind: KeyKind::S };
const SK: KeyAttribute<'_> = KeyAttribute { name: "sk", kind: KeyKind::N };

fn clauses(text: &str) -> Result<KeyClauses, ExpressionError> {
    KeyClauses::bind(&ConditionAst::parse(ExpressionKind::KeyCondition, text)?, &mut bindings())
}

fn on_table(text: &str) -> Result<KeyCondition, String> {
    let clauses = clauses(text).map_err(|error| error.to_string())?;
    clauses.against(&[PK], &[SK]).map_err(|error| error.to_string())
}

fn value(value: Value) -> Arc<Value> {
    Arc::new(value)
}

#[test]
fn ranges() {
    let range = |text: &str| on_table(text).unwrap().range;
    assert_eq!(range("pk = :s AND sk < :n"), Some(RangeCondition::Less(value(n(5)))));
    assert_eq!(range("sk <= :n AND pk = :s"), Some(RangeCondition::LessOrEqual(value(n(5)))));
    assert_eq!(range("(pk = :s) AND (sk > :n)"), Some(RangeCondition::Greater(value(n(5)))));
    assert_eq!(range("(:s = pk AND :n <= sk)"), Some(RangeCondition::GreaterOrEqual(value(n(5)))));
    assert_eq!(
        range("pk = :s AND sk BETWEEN :n AND :m"),
        Some(RangeCondition::Between(value(n(5)), value(n(9))))
    );
    let whole = on_table("pk = :s AND sk = :n").unwrap();
    assert_eq!((whole.sort, whole.range), (vec![value(n(5))], None));
    let whole = on_table("pk = :s").unwrap();
    assert_eq!((whole.partition, whole.sort, whole.range), (vec![value(s("abc"))], Vec::new(), None));
    let sort = [KeyAttribute { name: "sk", kind: KeyKind::B }];
    let begins = clauses("pk = :s and begins_with(sk, :b)").unwrap().against(&[PK], &sort).unwrap();
    assert_eq!(begins.range, Some(RangeCondition::BeginsWith(value(b(b"xyz")))));
}

#[test]
fn faults_without_a_table() {
    let own = |message: &str| format!("Invalid KeyConditionExpression: {message}");
    let operand = |operator: &str, code: &str| {
        own(&format!(
            "Incorrect operand type for operator or function; operator or function: {operator}, operand type: {code}"
        ))
    };
    let one_per_key = own("KeyConditionExpressions must only contain one condition per key");
    let cases = [
        ("", own("The expression can not be empty;")),
        ("pk = :s x", own("Syntax error; token: \"x\", near: \":s x\"")),
        ("pk = :s AND name = :s", own("Attribute name is a reserved keyword; reserved keyword: name")),
        (
            "pk = :v",
            own("An expression attribute value used in expression is not defined; attribute value: :v"),
        ),
        ("pk = :s AND begins_with(sk, :n)", operand("begins_with", "N")),
        ("pk = :s AND sk < :t", operand("<", "BOOL")),
        ("pk = :s AND sk BETWEEN :null AND :n", operand("BETWEEN", "NULL")),
        ("pk = :s AND :map >= sk", operand("<=", "M")),
        (
            "pk = :s AND sk BETWEEN :m AND :n",
            own(
                "The BETWEEN operator requires upper bound to be greater than or equal to lower bound; lower bound \
                 operand: AttributeValue: {N:9}, upper bound operand: AttributeValue: {N:5}",
            ),
        ),
        ("pk = :s AND pk = :s", one_per_key.clone()),
        ("pk = :s AND sk > :n AND sk < :m", one_per_key.clone()),
        ("pk = :s AND pk = :s AND begins_with(sk, :n)", one_per_key),
        ("begins_with(sk, :n) AND pk = :s AND pk = :s", operand("begins_with", "N")),
        ("pk.a = :s", own("KeyConditionExpressions cannot have conditions on nested attributes")),
        ("pk[0] < :s", own("KeyConditionExpressions cannot have conditions on nested attributes")),
        ("size(pk) = :n", own("KeyConditionExpressions cannot contain nested operations")),
        ("pk = :s OR sk = :n", "Invalid operator used in KeyConditionExpression: OR".to_owned()),
        ("NOT pk = :s", "Invalid operator used in KeyConditionExpression: NOT".to_owned()),
        ("pk <> :s", "Invalid operator used in KeyConditionExpression: <>".to_owned()),
        ("pk IN (:s)", "Invalid operator used in KeyConditionExpression: IN".to_owned()),
        (
            "attribute_exists(pk)",
            "Invalid operator used in KeyConditionExpression: attribute_exists".to_owned(),
        ),
        (
            "pk = :s AND contains(sk, :s)",
            "Invalid operator used in KeyConditionExpression: contains".to_owned(),
        ),
        (
            "pk = sk",
            "Invalid condition in KeyConditionExpression: Multiple attribute names used in one condition".to_owned(),
        ),
        (
            ":s = :n",
            "Invalid condition in KeyConditionExpression: No key attribute specified".to_owned(),
        ),
        (
            "begins_with(:s, pk)",
            "Invalid condition in KeyConditionExpression: begins_with operator must have the key attribute as its \
             first operand"
                .to_owned(),
        ),
    ];
    for (text, message) in cases {
        assert_eq!(clauses(text).unwrap_err().to_string(), message, "{text}");
    }
}

#[test]
fn faults_with_a_table() {
    let type_mismatch =
        "One or more parameter values were invalid: Condition parameter type does not match schema type";
    let cases = [
        ("sk = :n", "Query condition missed key schema element: pk"),
        ("pk = :s AND other1 = :s", "Query condition missed key schema element: sk"),
        ("pk > :s", "Query key condition not supported"),
        ("begins_with(pk, :s) AND sk = :n", "Query key condition not supported"),
        (
            "pk = :s AND sk = :n AND x = :n",
            "The number of query conditions (3) exceeds the number of key attributes defined in the schema (2)",
        ),
        ("pk = :n", type_mismatch),
        ("pk = :t", type_mismatch),
        ("pk = :s AND sk = :s", type_mismatch),
        ("pk = :s AND begins_with(sk, :s)", type_mismatch),
        ("pk = :s AND sk BETWEEN :s AND :z", type_mismatch),
        (
            "pk = :e",
            "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an \
             empty string value. Key: pk",
        ),
    ];
    for (text, message) in cases {
        assert_eq!(on_table(text).unwrap_err(), message, "{text}");
    }
    let hash_only = clauses("pk = :s AND sk = :n").unwrap().against(&[PK], &[]);
    assert_eq!(
        hash_only.unwrap_err().to_string(),
        "The number of query conditions (2) exceeds the number of key attributes defined in the schema (1)"
    );
}

/// A key of two partition and three sort attributes, all numbers.
fn on_index(text: &str) -> Result<KeyCondition, String> {
    let attribute = |name| KeyAttribute { name, kind: KeyKind::N };
    let values = (1..=6).map(|at| (format!(":{at}"), n(at))).collect();
    let mut bindings = Bindings::new(None, Some(values)).unwrap();
    let ast = ConditionAst::parse(ExpressionKind::KeyCondition, text).unwrap();
    let clauses = KeyClauses::bind(&ast, &mut bindings).unwrap();
    let partition = ["h1", "h2"].map(attribute);
    let sort = ["a", "b", "c"].map(attribute);
    clauses.against(&partition, &sort).map_err(|error| error.to_string())
}

#[test]
fn several_attributes() {
    let numbers = |numbers: &[i64]| numbers.iter().map(|number| value(n(*number))).collect::<Vec<_>>();
    let whole = on_index("b = :4 AND h2 = :2 AND c > :5 AND h1 = :1 AND a = :3").unwrap();
    assert_eq!(whole.partition, numbers(&[1, 2]));
    assert_eq!(whole.sort, numbers(&[3, 4]));
    assert_eq!(whole.range, Some(RangeCondition::Greater(value(n(5)))));
    let leading = on_index("h1 = :1 AND h2 = :2 AND a = :3").unwrap();
    assert_eq!((leading.sort, leading.range), (numbers(&[3]), None));
    let cases = [
        ("h1 = :1", "HASH key attributes h2 must have equality conditions specified in the query"),
        (
            "h1 > :1 AND a = :1",
            "HASH key attributes h1, h2 must have equality conditions specified in the query",
        ),
        (
            "h1 = :1 AND h2 = :2 AND c = :3",
            "RANGE key attributes a, b must have equality conditions specified in the query because a condition \
             is present on key attribute c",
        ),
        (
            "h1 = :1 AND h2 = :2 AND a > :3 AND b = :3",
            "RANGE key attributes a must have equality conditions specified in the query because a condition is \
             present on key attribute b",
        ),
        (
            "h1 = :1 AND h2 = :2 AND a = :3 AND b = :4 AND c = :5 AND d = :6",
            "The number of query conditions (6) exceeds the number of key attributes defined in the schema (5)",
        ),
    ];
    for (text, message) in cases {
        assert_eq!(on_index(text).unwrap_err(), message, "{text}");
    }
}
