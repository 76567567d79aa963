//! Statements that are refused, in AWS's words, and what the grammar lets pass.

use super::*;
use crate::key_condition::KeyAttribute;
use crate::tree::ConditionNode;
use item::{KeyKind, Map, Number, Value};

const W: &str = "Statement wasn't well formed, can't be processed: ";

fn parse_error(text: &str) -> String {
    Statement::parse(text).map(|statement| format!("{statement:?}")).unwrap_err().to_string()
}

/// What is wrong with a statement, parsed and lowered.
fn error(text: &str, parameters: Vec<Value>) -> String {
    let statement = match Statement::parse(text) {
        Ok(statement) => statement,
        Err(error) => return error.to_string(),
    };
    let lowering = Lowering::new(parameters);
    let lowered = match statement {
        Statement::Select(Select { condition, .. }) | Statement::Exists(Select { condition, .. }) => {
            lowering.condition(&condition.unwrap()).map(drop)
        }
        Statement::Insert(insert) => lowering.item(&insert.item).map(drop),
        Statement::Update(update) => lowering.update(&update.changes).map(drop),
        Statement::Delete(delete) => lowering.condition(&delete.condition.unwrap()).map(drop),
    };
    lowered.map_or_else(|error| error.to_string(), |()| "fine".to_owned())
}

#[test]
fn what_is_not_well_formed() {
    let nested = format!("SELECT * FROM t WHERE {}a = 1{}", "(".repeat(200), ")".repeat(200));
    for (text, detail) in [
        ("SELECT * FROM t WHERE a = 1 b", "Unexpected token after expression"),
        ("SELECT * FROM t ORDER BY a WHERE a = 1", "Unexpected token after expression"),
        ("DELETE FROM t WHERE a = 1 ORDER BY a", "Unexpected token after expression"),
        ("INSERT INTO t AS x VALUE {'a': 1}", "Unexpected token after expression"),
        ("UPDATE t REMOVE a, b WHERE pk = 1", "Unexpected token after expression"),
        ("SELECT * FROM t WHERE a = 1x", ""),
        ("SELECT * FROM t # comment", ""),
        ("SELECT * FROM t /* open", ""),
        (
            "SELECT * FROM t; SELECT * FROM t",
            "Unexpected token after semicolon. (Only one query is allowed.)",
        ),
        ("SELECT * FROM t WHERE a = ]", "Unexpected term"),
        ("SELECT * FROM t WHERE a =", "Missing right-hand side expression of infix operator"),
        ("SELECT * FROM t WHERE a = 1 AND", "Missing right-hand side expression of infix operator"),
        ("SELECT * FROM t WHERE = 1", "Unexpected operator"),
        ("SELECT * FROM t WHERE a LIKE 'x'", "Unexpected operator"),
        ("SELECT * FROM t WHERE a = inner", "Unexpected keyword"),
        ("UPDATE t SET 1 = 2 WHERE pk = 1", "Expected identifier for simple path"),
        ("UPDATE t REMOVE WHERE pk = 1", "Expected identifier for simple path"),
        ("SELECT * FROM t WHERE a[0 = 1", "Expected RIGHT_BRACKET"),
        ("SELECT * FROM t WHERE a BETWEEN 1 OR 2", "Expected AND keyword"),
        ("SELECT * FROM t WHERE a.inner = 1", "Invalid path dot component"),
        ("SELECT a FRM t", "Expected FROM keyword"),
    ] {
        let expected = format!("{W}{detail}");
        let found = parse_error(text);
        // `SELECT a FRM` reads as another name for the column.
        assert!(
            found == expected || (text.contains("FRM") && found == "Aliasing is not supported"),
            "{text}: {found}"
        );
    }
    assert_eq!(parse_error(&nested), "Nesting Levels have exceeded supported limits under root");
}

#[test]
fn what_is_no_statement() {
    for (text, expected) in [
        ("a", "Unsupported operation: Id"),
        ("a.b", "Unsupported operation: Path"),
        ("1", "Unsupported operation: Lit"),
        ("[1]", "Unsupported operation: List"),
        ("a = 1", "EXISTS can only be used in ExecuteTransaction write requests."),
        ("size(a)", "EXISTS can only be used in ExecuteTransaction write requests."),
        ("SELECT * FROM t x", "Aliasing is not supported"),
        ("SELECT * FROM t AS x WHERE a = 1", "Aliasing is not supported"),
        ("UPDATE t x SET a = 1 WHERE pk = 1", "Aliasing is not supported"),
        ("DELETE FROM t x WHERE pk = 1", "Aliasing is not supported"),
        ("SELECT * FROM a.b.c", "A path may contain at most 2 components in the FROM clause"),
        ("SELECT size(a) FROM t", "Unexpected path component at 1:8:4"),
        (
            "DELETE FROM t WHERE pk = 1 RETURNING ALL NEW *",
            "Invalid returning clause: RETURNING ALL NEW *. Only RETURNING ALL OLD * is allowed in DELETE statements.",
        ),
    ] {
        assert_eq!(parse_error(text), expected, "{text}");
    }
}

#[test]
fn comments_semicolons_and_case() {
    let plain = Statement::parse("SELECT \"a\" FROM \"t\".\"i\" WHERE a = 1 ORDER BY a DESC");
    assert!(plain.is_ok());
    for text in [
        "select a from t.i where a = 1 order by a desc;",
        "/* one */ SELECT a -- two\nFROM t . i WHERE (a = 1) ORDER BY a DESC ;",
    ] {
        let strip = |statement: Statement| match statement {
            Statement::Select(select) => (select.columns, select.source, select.order),
            _ => unreachable!("it is a SELECT"),
        };
        assert_eq!(strip(Statement::parse(text).unwrap()), strip(plain.clone().unwrap()), "{text}");
    }
}

#[test]
fn values_that_cannot_be() {
    let deep = format!("INSERT INTO t VALUE {{'a': {}1{}}}", "[".repeat(36), "]".repeat(36));
    let overflow =
        "Number overflow. Attempting to store a number with magnitude larger than supported range under ";
    for (text, expected) in [
        ("SELECT * FROM t WHERE a = 1e400", format!("{overflow}root")),
        ("INSERT INTO t VALUE {'x': 1e400}", format!("{overflow}root.x")),
        ("SELECT * FROM t WHERE a = [1, 1e400]", format!("{overflow}root[1]")),
        ("INSERT INTO t VALUE {'': 1}", "Path component cannot be an empty string".to_owned()),
        ("INSERT INTO t VALUE {'a': <<>>}", "Empty bags are not supported".to_owned()),
        (
            "INSERT INTO t VALUE {'a': <<1, 'b'>>}",
            "Unsupported data type in Bag. DynamoDB only supports either numbers or strings in bags"
                .to_owned(),
        ),
        (
            "INSERT INTO t VALUE {'root': set_add(a, <<1>>)}",
            "Unsupported data type: set_add under key root.root at 1:30:7".to_owned(),
        ),
        (
            "SELECT * FROM t WHERE a = ?",
            "Number of parameters in request and statement don't match.".to_owned(),
        ),
    ] {
        assert_eq!(error(text, vec![]), expected, "{text}");
    }
    assert!(
        error(&deep, vec![]).starts_with("Nesting Levels have exceeded supported limits under root.a[0]")
    );
}

#[test]
fn conditions_that_cannot_be() {
    let many = |count: usize| vec!["a = 1"; count].join(" OR ");
    let list = vec!["1"; 101].join(", ");
    for (condition, expected) in [
        (
            "attribute_exists('a')",
            "Operator or function requires a document path; operator or function: attribute_exists",
        ),
        (
            "attribute_exists()",
            "Incorrect number of operands for operator or function; operator or function: attribute_exists, number \
             of operands: 0",
        ),
        ("exists(a)", "Unrecognized function: exists at 1:23:6"),
        ("pk = 'k' AND EXISTS(SELECT * FROM t)", "Unsupported token in expression: SELECT at 1:43:6"),
        (
            "attribute_type(a, 'Q')",
            "Invalid attribute type name found; type: Q, valid types: {N,BS,L,B,NULL,M,S,SS,NS,BOOL}",
        ),
        (
            "a IS INT",
            "Unsupported data type for IS operator: IntegerType. Supported data types are [MISSING, NULL, BOOLEAN, \
             BLOB, STRING, NUMERIC, STRUCT, TUPLE, LIST]",
        ),
        (
            "a < TRUE",
            "Incorrect operand type for operator or function; operator or function: <, operand type: BOOL",
        ),
        (
            "s = s",
            "The first operand must be distinct from the remaining operands for this operator or function; operator: \
             =, first operand: [s]",
        ),
        (
            &format!("a IN [{list}]"),
            "The IN operator is provided with too many operands; number of operands: 101",
        ),
        (&many(151), "The expression contains too many operators; operator count: 301"),
    ] {
        assert_eq!(error(&format!("SELECT * FROM t WHERE {condition}"), vec![]), expected, "{condition}");
    }
    assert_eq!(error(&format!("SELECT * FROM t WHERE {} AND NOT a = 1", many(149)), vec![]), "fine");
}

#[test]
fn updates_that_cannot_be() {
    for (changes, expected) in [
        (
            "SET a = set_add(b, <<1>>)",
            "The first argument to SET_ADD must equal the assignment value at 1:26:1",
        ),
        ("SET a = set_add(a, 1)", "The second argument to SET_ADD must be a value with type SET at 1:26:1"),
        ("SET a = set_delete(a)", "SET_DELETE must have exactly two arguments at 1:18:10"),
        ("SET a = if_not_exists(a, 1)", "Unrecognized function: if_not_exists at 1:18:13"),
        ("SET a = b + c + 1", "Unsupported token in expression: + at 1:20:1"),
        (
            "SET a = 1 SET a.b = 2",
            "Two document paths overlap with each other; must remove or rewrite one of these paths; path one: [a], \
             path two: [a, b]",
        ),
    ] {
        assert_eq!(error(&format!("UPDATE t {changes} WHERE pk = 1"), vec![]), expected, "{changes}");
    }
}

#[test]
fn updates_take_any_number_of_clauses_and_both_forms() {
    let lowered = |text: &str| match Statement::parse(text).unwrap() {
        Statement::Update(update) => Lowering::default().update(&update.changes).unwrap(),
        _ => unreachable!("it is an UPDATE"),
    };
    let one = lowered(
        "UPDATE t SET a = 1, b = b + 1 REMOVE \"c.d\" SET e['f'][0] = list_append(x, [1]) REMOVE g WHERE pk = 1",
    );
    let other = lowered(
        "FROM t WHERE pk = 1 SET a = 1 SET b = b + 1 REMOVE \"c.d\" SET e.f[0] = list_append(x, [1]) REMOVE g",
    );
    assert_eq!(one, other);
    assert_eq!(one.actions().len(), 5);
}

fn condition(text: &str) -> crate::Condition {
    match Statement::parse(&format!("SELECT * FROM t WHERE {text}")).unwrap() {
        Statement::Select(select) => Lowering::default().condition(&select.condition.unwrap()).unwrap(),
        _ => unreachable!("it is a SELECT"),
    }
}

#[test]
fn conditions_hold_as_they_say() {
    let item: Map = [
        ("s".into(), Value::S("text".into())),
        ("n".into(), Value::N(Number::from(5_i64))),
        ("z".into(), Value::Null),
        ("l".into(), Value::L(vec![Value::Bool(true)])),
        ("q".into(), Value::string_set(vec!["a".into(), "b".into()]).unwrap()),
    ]
    .into_iter()
    .collect();
    for (text, holds) in [
        ("s = 'text' AND n = 5.0", true),
        ("NOT a = 'x'", true),
        ("NOT NOT a = 'x'", false),
        ("a <> 'x'", true),
        ("a != 'x' AND s != 'text'", false),
        ("a IS MISSING AND s IS NOT MISSING", true),
        ("z IS NULL AND s IS STRING AND n IS NUMERIC AND l IS LIST AND l[0] IS BOOLEAN", true),
        ("n BETWEEN 5 AND 6 AND n NOT BETWEEN 6 AND 7", true),
        ("n IN [1, 5] AND n IN (5) AND n NOT IN (1, 2)", true),
        ("SIZE(s) = 4 AND begins_with(s, 'te') AND contains(s, 'ex')", true),
        ("attribute_type(q, 'SS') AND q = <<'b', 'a'>> AND contains(q, 'a')", true),
        ("5 < n OR n > -5", true),
        ("s = 'it''s' OR n = 1 AND n = 5", false),
    ] {
        assert_eq!(condition(text).matches(&item), holds, "{text}");
    }
}

#[test]
fn a_write_pins_one_key() {
    let pinned = |text: &str| pinned_key(Some(condition(text)), &["pk", "sk"]);
    let (key, rest) = pinned("a = 1 AND (sk IN ['s'] AND 'p' = pk)").unwrap();
    assert_eq!(key.len(), 2);
    assert_eq!(rest, Some(condition("a = 1")));
    for (text, expected) in [
        ("pk = 'p'", "Where clause does not contain a mandatory equality on all key attributes"),
        ("pk = 'p' AND sk > 's'", "Where clause does not contain a mandatory equality on all key attributes"),
        ("pk = 'p' OR sk = 's'", "Where clause does not contain a mandatory equality on all key attributes"),
        (
            "pk = 'p' AND pk = 'q' AND sk = 's'",
            "Multiple conditions on same key pk. Only single item Update/Insert/Delete are supported",
        ),
        ("pk = {'a': 1} AND sk = 's'", "Key value must be of type S, N, or B. Key name: pk, Key type: M"),
    ] {
        assert_eq!(pinned(text).unwrap_err().to_string(), expected, "{text}");
    }
}

#[test]
fn a_read_knows_its_partitions() {
    let key = |name, kind| KeyAttribute { name, kind };
    let read = |text: &str| branches(&condition(text), key("pk", KeyKind::S), Some(key("sk", KeyKind::N)));
    for (text, count) in [
        ("pk = 'a'", Some(1)),
        ("pk IN ['a', 'b', 'a'] AND sk > 1", Some(2)),
        ("(pk = 'a' OR pk = 'b') AND sk IN [1, 2]", Some(4)),
        ("pk = 'a' AND sk = 1 OR pk = 'b' AND x = 1", Some(2)),
        ("pk = 'a' OR x = 1", None),
        ("x = 1", None),
        ("NOT pk = 'a'", None),
    ] {
        assert_eq!(read(text).unwrap().map(|branches| branches.len()), count, "{text}");
    }
    let exact = |text: &str| read(text).unwrap().unwrap()[0].exact;
    assert!(exact("pk = 'a' AND sk > 1") && exact("pk = 'a' AND x = 1"));
    assert!(!exact("pk = 'a' AND sk > 1 AND sk < 5") && !exact("pk = 'a' AND sk <> 1"));
    assert_eq!(
        read("pk = 5").unwrap_err().to_string(),
        "Key attribute's data type should match its data type in table's schema: Key pk"
    );
    assert!(read("pk = 'a' AND sk = 'x'").is_err());
}

#[test]
fn columns_are_named_by_their_last_step() {
    let Statement::Select(select) = Statement::parse("SELECT a, b.c, d.e[0][1], f[2] FROM t").unwrap() else {
        unreachable!("it is a SELECT")
    };
    let names: Vec<String> = select.columns.unwrap().iter().map(column_name).collect();
    assert_eq!(names, ["a", "c", "e[0][1]", "f[2]"]);
}

#[test]
fn no_text_is_too_deep() {
    for unit in
        ["(", "[", "{'a': ", "<<", "size(", "NOT ", "EXISTS(SELECT * FROM t WHERE ", "1 + ", "a = ", "a IN ("]
    {
        let text = format!("SELECT * FROM t WHERE {}", unit.repeat(8192 / unit.len()));
        assert!(Statement::parse(&text).is_err(), "{unit}");
    }
    let long = format!("SELECT * FROM t WHERE {}a = 1", "NOT ".repeat(2000));
    assert!(error(&long, vec![]).contains("too many operators"));
    assert!(matches!(condition("NOT NOT NOT a = 1"), ConditionNode::Not(_)));
}
