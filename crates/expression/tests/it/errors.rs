//! The text of every fault that an expression can have before an item is read.

use crate::notation::{condition, condition_of, projection, update};
use expression::{ConditionAst, ExpressionKind, Problem, UpdateAst};

/// Checks `(expression, message)` pairs; the message without `Invalid XExpression: `.
fn refused<T>(
    parameter: &str,
    bind: impl Fn(&str) -> Result<T, expression::ExpressionError>,
    cases: &[(&str, &str)],
) {
    for (text, message) in cases {
        let Err(error) = bind(text) else { panic!("accepted: {text}") };
        assert_eq!(error.to_string(), format!("Invalid {parameter}: {message}"), "{text}");
    }
}

#[test]
fn syntax_of_conditions() {
    let end = |near: &str| format!("Syntax error; token: \"<EOF>\", near: \"{near}\"");
    let at = |token: &str, near: &str| format!("Syntax error; token: \"{token}\", near: \"{near}\"");
    let cases = [
        ("", "The expression can not be empty;".to_owned()),
        ("   ", end("   ")),
        ("attribute_exists pk", at("pk", "attribute_exists pk")),
        ("a IN ()", at(")", "()")),
        ("a1 BETWEEN :v OR :w", at("OR", ":v OR :w")),
        ("a[x] = :v", at("x", "[x]")),
        ("a ! b", at("!", "a ! b")),
        ("a[00] = :v", at("0", "00]")),
        ("a1 = :v x", at("x", ":v x")),
        ("attribute_exists(a1) AND NOT #b", end("#b")),
        ("a1 =", end("=")),
        ("a1", end("a1")),
        (":v", end(":v")),
        ("a1 AND b1 = :v", at("AND", "a1 AND b1")),
        ("(a1) AND b1 = :v", at("AND", ") AND b1")),
        ("AND a1 = :v", at("AND", "AND a1")),
        ("a1 = :v AND", end("AND")),
        ("a1 = :v OR OR", at("OR", "OR OR")),
        ("a1 = :v)", at(")", ":v)")),
        ("(a1 = :v", end(":v")),
        ("()", at(")", "()")),
        ("a1 = = :v", at("=", "= = :v")),
        ("a1.1 = :v", at("1", ".1 =")),
        ("a1. = :v", at("=", ". = :v")),
        ("a1[:v] = :v", at(":v", "[:v]")),
        ("a1[-1] = :v", at("-", "[-1")),
        ("_a = :v", at("_", "_a")),
        ("# = :v", at("#", "# =")),
        (": = a1", at(":", ": =")),
        ("\u{e9} = :v", at("\u{e9}", "\u{e9} =")),
        ("a1\u{a0}= :v", at("\u{a0}", "a1\u{a0}=")),
        ("a1 + b1 = :v", at("+", "a1 + b1")),
        ("a1 = :v, b1 = :v", at(",", ":v, b1")),
        ("attribute_exists()", at(")", "()")),
        ("attribute_exists(a1,)", at(")", ",)")),
        ("size(a1) size", at("size", ") size")),
        ("NOT", end("NOT")),
        ("a1 IN :v", at(":v", "IN :v")),
        ("a1 NOT IN (:v)", at("NOT", "a1 NOT IN")),
    ];
    for (text, message) in cases {
        for kind in [ExpressionKind::Condition, ExpressionKind::Filter, ExpressionKind::KeyCondition] {
            let error = ConditionAst::parse(kind, text).unwrap_err().to_string();
            assert_eq!(error, format!("Invalid {kind}: {message}"), "{text}");
        }
    }
}

fn arity(function: &str, count: usize) -> String {
    format!(
        "Incorrect number of operands for operator or function; operator or function: {function}, number of \
         operands: {count}"
    )
}

fn operand(operator: &str, code: &str) -> String {
    format!(
        "Incorrect operand type for operator or function; operator or function: {operator}, operand type: {code}"
    )
}

fn requires_path(function: &str) -> String {
    format!("Operator or function requires a document path; operator or function: {function}")
}

fn same(operator: &str, first: &str) -> String {
    format!(
        "The first operand must be distinct from the remaining operands for this operator or function; \
         operator: {operator}, first operand: {first}"
    )
}

fn misused(function: &str) -> String {
    format!("The function is not allowed to be used this way in an expression; function: {function}")
}

fn reserved(word: &str) -> String {
    format!("Attribute name is a reserved keyword; reserved keyword: {word}")
}

fn undefined_name(key: &str) -> String {
    format!("An expression attribute name used in the document path is not defined; attribute name: {key}")
}

fn undefined_value(key: &str) -> String {
    format!("An expression attribute value used in expression is not defined; attribute value: {key}")
}

fn unknown(function: &str) -> String {
    format!("Invalid function name; function: {function}")
}

fn redundant() -> String {
    "The expression has redundant parentheses;".to_owned()
}

/// Checks cases of conditions, in both parameters that have the same ones.
fn conditions_refused(cases: &[(&str, String)]) {
    let cases: Vec<(&str, &str)> = cases.iter().map(|(text, message)| (*text, message.as_str())).collect();
    refused("ConditionExpression", condition, &cases);
    refused("FilterExpression", |text| condition_of(ExpressionKind::Filter, text), &cases);
}

#[test]
fn names_and_parentheses_of_conditions() {
    conditions_refused(&[
        ("name = :s", reserved("name")),
        ("a1.Value = :s", reserved("Value")),
        ("size = :s", reserved("size")),
        ("((a1 = :s))", redundant()),
        ("a1 = :s AND ((b1 = :s OR b1 = :z))", redundant()),
        ("a1 = ((:s))", redundant()),
        ("((a1)) = :s", redundant()),
        ("((size(a1))) = :n", redundant()),
        ("#c = :s", undefined_name("#c")),
        ("a1.#c = :s", undefined_name("#c")),
        ("a1 = :v", undefined_value(":v")),
        ("#c = :v", undefined_name("#c")),
        (
            "a1[99999999999] = :s",
            "List index is not within the allowable range; index: [99999999999]".to_owned(),
        ),
    ]);
}

#[test]
fn functions_of_conditions() {
    conditions_refused(&[
        ("foo(a1)", unknown("foo")),
        ("a1 = foo(b1)", unknown("foo")),
        ("SIZE(a1) = :n", unknown("SIZE")),
        ("Attribute_exists(a1)", unknown("Attribute_exists")),
        (
            "if_not_exists(a1, :s) = :s",
            "The function is not allowed in a condition expression; function: if_not_exists".to_owned(),
        ),
        ("attribute_exists(a1, b1)", arity("attribute_exists", 2)),
        ("begins_with(a1)", arity("begins_with", 1)),
        ("contains(a1, :s, :s)", arity("contains", 3)),
        ("size(a1, b1) = :n", arity("size", 2)),
        ("attribute_exists(:s)", requires_path("attribute_exists")),
        ("attribute_not_exists(size(a1))", requires_path("attribute_not_exists")),
        ("size(a1)", misused("size")),
        ("NOT size(a1)", misused("size")),
        ("(size(a1)) OR a1 = :s", misused("size")),
        ("attribute_exists(a1) = :t", misused("attribute_exists")),
        ("a1 = contains(b1, :s)", misused("contains")),
        ("contains(a1, size(b1))", misused("size")),
        ("contains(a1, begins_with(b1, :s))", misused("begins_with")),
    ]);
}

#[test]
fn operands_of_conditions() {
    conditions_refused(&[
        ("a1 < :t", operand("<", "BOOL")),
        ("a1 <= :null", operand("<=", "NULL")),
        (":l > a1", operand(">", "L")),
        ("a1 >= :map", operand(">=", "M")),
        ("a1 BETWEEN :ss AND :ss", operand("BETWEEN", "SS")),
        ("a1 BETWEEN b1 AND :ns", operand("BETWEEN", "NS")),
        ("begins_with(a1, :n)", operand("begins_with", "N")),
        ("begins_with(:t, a1)", operand("begins_with", "BOOL")),
        ("attribute_type(a1, :n)", operand("attribute_type", "N")),
        ("contains(:n, a1)", operand("contains", "N")),
        ("size(:n) = :n", operand("size", "N")),
        (
            "attribute_type(a1, :q)",
            "Invalid attribute type name found; type: Q, valid types: {N,BS,L,B,NULL,M,S,SS,NS,BOOL}"
                .to_owned(),
        ),
        ("a1 = a1", same("=", "[a1]")),
        ("#data <> #data", same("<>", "[data]")),
        ("a1.b[0] < #a.b[0]", same("<", "[a1, b, [0]]")),
        ("contains(#data, #data)", same("contains", "[data]")),
        ("a1 IN (:s, b1, a1)", same("IN", "[a1]")),
        ("a1 BETWEEN :s AND a1", same("BETWEEN", "[a1]")),
    ]);
}

#[test]
fn bounds_of_between() {
    let reversed = |lower: &str, upper: &str| {
        format!(
            "The BETWEEN operator requires upper bound to be greater than or equal to lower bound; lower bound \
             operand: AttributeValue: {{{lower}}}, upper bound operand: AttributeValue: {{{upper}}}"
        )
    };
    conditions_refused(&[
        ("a1 BETWEEN :m AND :n", reversed("N:9", "N:5")),
        ("a1 BETWEEN :z AND :s", reversed("S:z", "S:abc")),
        (
            "a1 BETWEEN :n AND :b",
            "The BETWEEN operator requires same data type for lower and upper bounds; lower bound operand: \
             AttributeValue: {N:5}, upper bound operand: AttributeValue: {B:eHl6}"
                .to_owned(),
        ),
    ]);
}

#[test]
fn syntax_errors_go_before_other_faults() {
    let error = condition("name = :s AND foo(a1) AND").unwrap_err().to_string();
    assert_eq!(error, "Invalid ConditionExpression: Syntax error; token: \"<EOF>\", near: \"AND\"");
}

#[test]
fn syntax_of_updates() {
    let cases = [
        ("", "The expression can not be empty;"),
        ("  ", "Syntax error; token: \"<EOF>\", near: \"  \""),
        ("INVALID SYNTAX", "Syntax error; token: \"INVALID\", near: \"INVALID SYNTAX\""),
        ("SET", "Syntax error; token: \"<EOF>\", near: \"SET\""),
        ("SET a1 = :s,", "Syntax error; token: \"<EOF>\", near: \",\""),
        ("SET a1 = :s, REMOVE b1", "Syntax error; token: \"REMOVE\", near: \", REMOVE b1\""),
        ("SET a1 = :s b1 = :s", "Syntax error; token: \"b1\", near: \":s b1 =\""),
        ("SET a1 :s", "Syntax error; token: \":s\", near: \"a1 :s\""),
        ("SET a1 = b1 + :n + :n", "Syntax error; token: \"+\", near: \":n + :n\""),
        ("ADD a1 b1", "Syntax error; token: \"b1\", near: \"a1 b1\""),
        ("DELETE a1 = :ss", "Syntax error; token: \"=\", near: \"a1 = :ss\""),
        ("REMOVE a1 b1", "Syntax error; token: \"b1\", near: \"a1 b1\""),
        ("SET :s = a1", "Syntax error; token: \":s\", near: \"SET :s =\""),
        (
            "SET a1 = :s REMOVE b1 SET c1 = :s",
            "The \"SET\" section can only be used once in an update expression;",
        ),
    ];
    refused("UpdateExpression", update, &cases);
}

#[test]
fn names_and_functions_of_updates() {
    let cases = [
        ("SET name = :s", "Attribute name is a reserved keyword; reserved keyword: name"),
        ("REMOVE Status", "Attribute name is a reserved keyword; reserved keyword: Status"),
        ("SET a1 = ((:s))", "The expression has redundant parentheses;"),
        ("SET a1 = ((b1 + :n))", "The expression has redundant parentheses;"),
        ("SET a1 = foo(b1)", "Invalid function name; function: foo"),
        ("SET a1 = size(b1)", "The function is not allowed in an update expression; function: size"),
        (
            "SET a1 = if_not_exists(b1)",
            "Incorrect number of operands for operator or function; operator or function: if_not_exists, number \
             of operands: 1",
        ),
        (
            "SET a1 = if_not_exists(:s, :s)",
            "Operator or function requires a document path; operator or function: if_not_exists",
        ),
        (
            "SET a1 = :v",
            "An expression attribute value used in expression is not defined; attribute value: :v",
        ),
        (
            "SET #c = :s",
            "An expression attribute name used in the document path is not defined; attribute name: #c",
        ),
    ];
    refused("UpdateExpression", update, &cases);
}

#[test]
fn paths_and_operands_of_updates() {
    let cases = [
        (
            "SET a1.b = :s, a1 = :n",
            "Two document paths overlap with each other; must remove or rewrite one of these paths; path one: \
             [a1, b], path two: [a1]",
        ),
        (
            "SET a1 = :s REMOVE #a",
            "Two document paths overlap with each other; must remove or rewrite one of these paths; path one: \
             [a1], path two: [a1]",
        ),
        (
            "SET a1.b = :s REMOVE a1[0]",
            "Two document paths conflict with each other; must remove or rewrite one of these paths; path one: \
             [a1, b], path two: [a1, [0]]",
        ),
        (
            "SET a1 = b1 + :s",
            "Incorrect operand type for operator or function; operator or function: +, operand type: S",
        ),
        (
            "SET a1 = :bs - b1",
            "Incorrect operand type for operator or function; operator or function: -, operand type: BS",
        ),
        (
            "SET a1 = list_append(b1, :n)",
            "Incorrect operand type for operator or function; operator or function: list_append, operand type: N",
        ),
        (
            "SET a1 = :n + list_append(a1, b1)",
            "Incorrect operand type for operator or function; operator or function: +, operand type: L",
        ),
        (
            "ADD a1 :s",
            "Incorrect operand type for operator or function; operator: ADD, operand type: STRING, typeSet: \
             ALLOWED_FOR_ADD_OPERAND",
        ),
        (
            "ADD a1 :b",
            "Incorrect operand type for operator or function; operator: ADD, operand type: Binary, typeSet: \
             ALLOWED_FOR_ADD_OPERAND",
        ),
        (
            "DELETE a1 :n",
            "Incorrect operand type for operator or function; operator: DELETE, operand type: NUMBER, typeSet: \
             ALLOWED_FOR_ADD_OPERAND",
        ),
        (
            "DELETE a1 :map",
            "Incorrect operand type for operator or function; operator: DELETE, operand type: MAP, typeSet: \
             ALLOWED_FOR_ADD_OPERAND",
        ),
    ];
    refused("UpdateExpression", update, &cases);
}

#[test]
fn faults_of_projections() {
    let cases = [
        ("", "The expression can not be empty;"),
        ("!!", "Syntax error; token: \"!\", near: \"!!\""),
        ("a1,", "Syntax error; token: \"<EOF>\", near: \",\""),
        ("a1 b1", "Syntax error; token: \"b1\", near: \"a1 b1\""),
        (":s", "Syntax error; token: \":s\", near: \":s\""),
        ("size(a1)", "Syntax error; token: \"(\", near: \"size(a1\""),
        ("a1, name", "Attribute name is a reserved keyword; reserved keyword: name"),
        (
            "a1, #c",
            "An expression attribute name used in the document path is not defined; attribute name: #c",
        ),
        (
            "a, a.b",
            "Two document paths overlap with each other; must remove or rewrite one of these paths; path one: \
             [a], path two: [a, b]",
        ),
        (
            "l1[0].x, z, l1[0]",
            "Two document paths overlap with each other; must remove or rewrite one of these paths; path one: \
             [l1, [0], x], path two: [l1, [0]]",
        ),
        (
            "a1, z, #a",
            "Two document paths overlap with each other; must remove or rewrite one of these paths; path one: \
             [a1], path two: [a1]",
        ),
        (
            "a1.b, a1.c, a1[3]",
            "Two document paths conflict with each other; must remove or rewrite one of these paths; path one: \
             [a1, b], path two: [a1, [3]]",
        ),
    ];
    refused("ProjectionExpression", projection, &cases);
}

#[test]
fn size_of_the_text() {
    let text = |length: usize| format!("{:1$}", "a1 = :s", length);
    assert!(condition(&text(4096)).is_ok());
    let error = condition(&text(4097)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "Invalid ConditionExpression: Expression size has exceeded the maximum allowed size;"
    );
    assert_eq!(
        error.with_expression_size().unwrap(),
        "Invalid ConditionExpression: Expression size has exceeded the maximum allowed size; expression size: 4097"
    );
    assert_eq!(condition("").unwrap_err().with_expression_size(), None);
}

#[test]
fn number_of_operators() {
    // Every comparison is one, and so is every OR between them; BETWEEN's AND is none.
    let joined = |count: usize| vec!["a1=:s"; count].join(" OR ");
    assert!(condition(&format!("NOT {}", joined(150))).is_ok());
    let error = condition(&joined(151)).unwrap_err().to_string();
    assert_eq!(
        error,
        "Invalid ConditionExpression: The expression contains too many operators; operator count: 301"
    );
    let between = vec!["a BETWEEN :n AND :m"; 150].join(" OR ");
    assert!(ConditionAst::parse(ExpressionKind::Filter, &between).is_ok());
    let sums: Vec<String> = (0..301).map(|at| format!("x{at}=:n+:n")).collect();
    let error = UpdateAst::parse(&format!("SET {}", sums.join(","))).unwrap_err().to_string();
    assert!(error.ends_with("operator count: 301"), "{error}");
    assert!(UpdateAst::parse(&format!("SET {}", sums[..300].join(","))).is_ok());
}

#[test]
fn number_of_in_operands() {
    let list = |count: usize| format!("a1 IN ({})", vec![":s"; count].join(","));
    assert!(condition(&list(100)).is_ok());
    assert_eq!(
        condition(&list(101)).unwrap_err().to_string(),
        "Invalid ConditionExpression: The IN operator is provided with too many operands; number of operands: 101"
    );
}

#[test]
fn length_of_paths() {
    let path = |elements: usize| vec!["a1"; elements].join(".");
    assert!(projection(&path(32)).is_ok());
    let error = projection(&path(33)).unwrap_err();
    assert_eq!(error, Problem::PathTooDeep(33).of(ExpressionKind::Projection));
}
