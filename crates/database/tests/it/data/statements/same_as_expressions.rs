//! Random intents, each as a statement and as a request with expressions, each form against a database of its
//! own: the answers, the items and the stream records must be the same.

use crate::data::{indexed_table, n, records, s, scan_all};
use crate::dice::Dice;
use crate::world::World;
use serde_json::{Map, Value, json};
use wire::Operation::{self, CreateTable, DeleteItem, ExecuteStatement, PutItem, Query, Scan, UpdateItem};

/// The same text in both languages.
struct Both {
    statement: String,
    expression: String,
}

/// What both texts refer to. Parameters must be asked for in the order of the statement.
struct Intent<'d> {
    dice: &'d mut Dice,
    parameters: Vec<Value>,
    names: Map<String, Value>,
    values: Map<String, Value>,
}

/// Top-level attributes, and paths below them: as a statement has them, and as an expression does.
const PATHS: [(&str, &str); 6] =
    [("a", "#a"), ("b", "b"), ("\"x.y\"", "#xy"), ("list[0]", "#list[0]"), ("m.k", "m.k"), ("n", "n")];

impl Intent<'_> {
    fn path(&mut self) -> Both {
        let (statement, expression) = *self.dice.one(&PATHS);
        self.named(statement, expression)
    }

    fn named(&mut self, statement: &str, expression: &str) -> Both {
        for (placeholder, name) in [("#a", "a"), ("#xy", "x.y"), ("#list", "list")] {
            if expression.starts_with(placeholder) {
                self.names.insert(placeholder.to_owned(), json!(name));
            }
        }
        Both { statement: statement.to_owned(), expression: expression.to_owned() }
    }

    fn value(&mut self, value: Value) -> Both {
        let expression = format!(":v{}", self.values.len());
        self.values.insert(expression.clone(), value.clone());
        let statement = match literal(&value).filter(|_| self.dice.once_in(2)) {
            Some(literal) => literal,
            None => {
                self.parameters.push(value);
                "?".to_owned()
            }
        };
        Both { statement, expression }
    }

    fn scalar(&mut self) -> Value {
        match self.dice.roll(3) {
            0 => n(self.dice.roll(4) as i64 - 1),
            _ => {
                let text = *self.dice.one(&["", "a", "ab", "it's"]);
                s(text)
            }
        }
    }

    fn any(&mut self) -> Value {
        match self.dice.roll(9) {
            0 => json!({ "SS": *self.dice.one(&[&["a"][..], &["a", "b"], &["b", "c"]]) }),
            1 => json!({ "NS": *self.dice.one(&[&["1"][..], &["1", "2"]]) }),
            2 => json!({ "L": [self.scalar(), self.scalar()] }),
            3 => json!({ "M": { "k": self.scalar() } }),
            4 => json!({ "BOOL": self.dice.once_in(2) }),
            5 => json!({ "NULL": true }),
            6 => json!({ "B": "YQ==" }),
            _ => self.scalar(),
        }
    }

    fn condition(&mut self, depth: u64) -> Both {
        if depth > 0 && self.dice.once_in(2) {
            let left = self.condition(depth - 1);
            let word = *self.dice.one(&["AND", "OR", "NOT"]);
            if word == "NOT" {
                return each(|side| format!("NOT ({})", side(&left)));
            }
            let right = self.condition(depth - 1);
            return each(|side| format!("({}) {word} ({})", side(&left), side(&right)));
        }
        let path = self.path();
        match self.dice.roll(9) {
            0 => {
                let (low, high) = (self.dice.roll(3) as i64, self.dice.roll(3) as i64);
                let (low, high) = (self.value(n(low)), self.value(n(low + high)));
                each(|side| format!("{} BETWEEN {} AND {}", side(&path), side(&low), side(&high)))
            }
            1 => {
                let (one, two) = (self.any(), self.scalar());
                let (one, two) = (self.value(one), self.value(two));
                each(|side| format!("{} IN ({}, {})", side(&path), side(&one), side(&two)))
            }
            2 => Both {
                statement: format!("{} IS MISSING", path.statement),
                expression: format!("attribute_not_exists({})", path.expression),
            },
            3 => {
                let value = self.value(json!({ "S": "NULL" }));
                Both {
                    statement: match value.statement.as_str() {
                        "?" => format!("attribute_type({}, ?)", path.statement),
                        _ => format!("{} IS NULL", path.statement),
                    },
                    expression: format!("attribute_type({}, {})", path.expression, value.expression),
                }
            }
            4 => {
                let function = *self.dice.one(&["begins_with", "contains"]);
                let value = self.any();
                let value = self.value(value);
                each(|side| format!("{function}({}, {})", side(&path), side(&value)))
            }
            5 => {
                let size = self.dice.roll(3) as i64;
                let value = self.value(n(size));
                each(|side| format!("size({}) >= {}", side(&path), side(&value)))
            }
            _ => {
                let operator = *self.dice.one(&["=", "<>", "<", "<=", ">", ">="]);
                let value = if operator.len() < 2 && operator != "=" { self.scalar() } else { self.any() };
                let value = self.value(value);
                each(|side| format!("{} {operator} {}", side(&path), side(&value)))
            }
        }
    }

    /// The key's equalities as a statement has them.
    fn key_clause(&mut self, key: &Value) -> String {
        let mut clause = Vec::new();
        for name in ["pk", "sk"] {
            let value = match literal(&key[name]).filter(|_| self.dice.once_in(2)) {
                Some(literal) => literal,
                None => {
                    self.parameters.push(key[name].clone());
                    "?".to_owned()
                }
            };
            clause.push(format!("{name} = {value}"));
        }
        clause.join(" AND ")
    }

    fn finish(self, statement: String, operation: Operation, mut request: Value) -> Twin {
        request["TableName"] = json!("tab");
        if !self.names.is_empty() {
            request["ExpressionAttributeNames"] = Value::Object(self.names);
        }
        if !self.values.is_empty() {
            request["ExpressionAttributeValues"] = Value::Object(self.values);
        }
        let mut execute = json!({ "Statement": statement });
        if !self.parameters.is_empty() {
            execute["Parameters"] = json!(self.parameters);
        }
        Twin { execute, operation, request }
    }
}

fn each(text: impl Fn(&dyn Fn(&Both) -> String) -> String) -> Both {
    Both {
        statement: text(&|both| both.statement.clone()),
        expression: text(&|both| both.expression.clone()),
    }
}

/// The value as a statement spells it, if it can.
fn literal(value: &Value) -> Option<String> {
    let (kind, inner) = value.as_object()?.iter().next()?;
    let list = |items: &Value, one: &dyn Fn(&Value) -> Option<String>| {
        Some(items.as_array()?.iter().map(one).collect::<Option<Vec<_>>>()?.join(", "))
    };
    let text = |text: &Value| Some(format!("'{}'", text.as_str()?.replace('\'', "''")));
    Some(match kind.as_str() {
        "S" => text(inner)?,
        "N" => inner.as_str()?.to_owned(),
        "BOOL" => inner.to_string(),
        "NULL" => "NULL".to_owned(),
        "SS" => format!("<<{}>>", list(inner, &text)?),
        "NS" => format!("<<{}>>", list(inner, &|number| Some(number.as_str()?.to_owned()))?),
        "L" => format!("[{}]", list(inner, &literal)?),
        "M" => {
            let member = |(name, value): (&String, &Value)| Some(format!("'{name}': {}", literal(value)?));
            format!("{{{}}}", inner.as_object()?.iter().map(member).collect::<Option<Vec<_>>>()?.join(", "))
        }
        _ => return None,
    })
}

/// One intent in both forms.
struct Twin {
    execute: Value,
    operation: Operation,
    request: Value,
}

fn key(dice: &mut Dice) -> Value {
    json!({ "pk": s(&format!("p{}", dice.roll(2))), "sk": s(&format!("s{}", dice.roll(3))) })
}

fn insert(dice: &mut Dice) -> Twin {
    let mut item = key(dice);
    let mut intent = Intent { dice, parameters: Vec::new(), names: Map::new(), values: Map::new() };
    item["n"] = n(1);
    for name in ["a", "b", "x.y"] {
        if intent.dice.roll(3) > 0 {
            item[name] = intent.any();
        }
    }
    item["list"] = json!({ "L": [n(1), s("a")] });
    item["m"] = json!({ "M": { "k": intent.scalar() } });
    let mut members = Vec::new();
    for (name, value) in item.as_object().unwrap().clone() {
        let value = intent.value(value).statement;
        members.push(format!("'{name}': {value}"));
    }
    intent.values.clear();
    let request = json!({ "Item": item, "ConditionExpression": "attribute_not_exists(pk)" });
    intent.finish(format!("INSERT INTO tab VALUE {{{}}}", members.join(", ")), PutItem, request)
}

fn update(dice: &mut Dice) -> Twin {
    let key = key(dice);
    let mut intent = Intent { dice, parameters: Vec::new(), names: Map::new(), values: Map::new() };
    let (mut clauses, mut sections) = (Vec::new(), [const { Vec::new() }; 4]);
    let mut roots: Vec<&str> = Vec::new();
    for _ in 0..=intent.dice.roll(3) {
        let (statement, expression) = *intent.dice.one(&PATHS);
        if roots.contains(&statement) {
            continue;
        }
        roots.push(statement);
        let path = intent.named(statement, expression);
        let kind = intent.dice.roll(7);
        let (section, both) = match kind {
            0 => (1, each(|side| side(&path))),
            1 | 2 => {
                let set = json!({ "SS": *intent.dice.one(&[&["a"][..], &["b", "c"]]) });
                let set = intent.value(set);
                let function = if kind == 1 { "set_add" } else { "set_delete" };
                let both = Both {
                    statement: format!("{0} = {function}({0}, {1})", path.statement, set.statement),
                    expression: format!("{} {}", path.expression, set.expression),
                };
                (kind as usize + 1, both)
            }
            3 => {
                let (other, number) = (intent.path(), intent.dice.roll(3) as i64);
                let number = intent.value(n(number));
                let sign = *intent.dice.one(&["+", "-"]);
                (0, each(|side| format!("{} = {} {sign} {}", side(&path), side(&other), side(&number))))
            }
            4 => {
                let list = intent.value(json!({ "L": [n(7)] }));
                (0, each(|side| format!("{} = list_append({}, {})", side(&path), side(&path), side(&list))))
            }
            _ => {
                let value = intent.any();
                let value = intent.value(value);
                (0, each(|side| format!("{} = {}", side(&path), side(&value))))
            }
        };
        let word = if section == 1 { "REMOVE" } else { "SET" };
        clauses.push(format!("{word} {}", both.statement));
        sections[section].push(both.expression);
    }
    let mut expression = Vec::new();
    for (word, actions) in ["SET", "REMOVE", "ADD", "DELETE"].iter().zip(&sections) {
        if !actions.is_empty() {
            expression.push(format!("{word} {}", actions.join(", ")));
        }
    }
    let (returning, values) = *intent.dice.one(&[
        ("ALL OLD", "ALL_OLD"),
        ("ALL NEW", "ALL_NEW"),
        ("MODIFIED OLD", "UPDATED_OLD"),
        ("MODIFIED NEW", "UPDATED_NEW"),
    ]);
    let mut clause = intent.key_clause(&key);
    let mut condition = "attribute_exists(pk)".to_owned();
    if intent.dice.once_in(2) {
        let more = intent.condition(1);
        clause = format!("{clause} AND ({})", more.statement);
        condition = format!("{condition} AND ({})", more.expression);
    }
    let statement = format!("UPDATE tab {} WHERE {clause} RETURNING {returning} *", clauses.join(" "));
    let request = json!({
        "Key": key, "UpdateExpression": expression.join(" "), "ConditionExpression": condition, "ReturnValues": values,
    });
    intent.finish(statement, UpdateItem, request)
}

fn delete(dice: &mut Dice) -> Twin {
    let key = key(dice);
    let mut intent = Intent { dice, parameters: Vec::new(), names: Map::new(), values: Map::new() };
    let mut clause = intent.key_clause(&key);
    let mut request = json!({ "Key": key, "ReturnValues": "ALL_OLD" });
    if intent.dice.roll(4) > 0 {
        let more = intent.condition(1);
        clause = format!("{clause} AND ({})", more.statement);
        request["ConditionExpression"] = json!(format!("attribute_not_exists(pk) OR ({})", more.expression));
    }
    intent.finish(format!("DELETE FROM tab WHERE {clause} RETURNING ALL OLD *"), DeleteItem, request)
}

fn select(dice: &mut Dice) -> Twin {
    let mut intent = Intent { dice, parameters: Vec::new(), names: Map::new(), values: Map::new() };
    if intent.dice.once_in(3) {
        let filter = intent.condition(2);
        let request = json!({ "FilterExpression": filter.expression });
        return intent.finish(format!("SELECT * FROM tab WHERE {}", filter.statement), Scan, request);
    }
    let partition = format!("p{}", intent.dice.roll(2));
    let partition = intent.value(s(&partition));
    let mut keys = each(|side| format!("pk = {}", side(&partition)));
    if intent.dice.once_in(2) {
        let operator = *intent.dice.one(&["=", "<", "<=", ">", ">="]);
        let value = intent.value(s("s1"));
        keys = each(|side| format!("{} AND sk {operator} {}", side(&keys), side(&value)));
    }
    let filter = intent.condition(1);
    let order = if intent.dice.once_in(2) { "DESC" } else { "ASC" };
    let request = json!({
        "KeyConditionExpression": keys.expression, "FilterExpression": filter.expression,
        "ScanIndexForward": order == "ASC",
    });
    let clause = format!("{} AND ({})", keys.statement, filter.statement);
    intent.finish(format!("SELECT * FROM tab WHERE {clause} ORDER BY sk {order}"), Query, request)
}

/// An answer without what only one of the forms has.
fn plain(answer: Result<Value, (String, String)>) -> Result<Value, String> {
    match answer {
        Ok(answer) => Ok(match answer.get("Items") {
            Some(items) => items.clone(),
            None => answer.get("Attributes").map_or(json!([]), |item| json!([item])),
        }),
        Err((code, _)) if code == "DuplicateItemException" || code == "ConditionalCheckFailedException" => {
            Err("condition".to_owned())
        }
        Err((code, text)) => {
            let text = text.strip_prefix("1 validation error detected: ").unwrap_or(&text);
            let text = match text.strip_prefix("Invalid ") {
                Some(rest) => rest.split_once("Expression: ").map_or(text, |(_, text)| text),
                None => text,
            };
            Err(format!("{code} {text}"))
        }
    }
}

/// What a record says of its item.
fn told(records: Vec<Value>) -> Vec<Value> {
    let one = |record: Value| {
        let data = &record["dynamodb"];
        json!([record["eventName"], data["Keys"], data["OldImage"], data["NewImage"], data["SizeBytes"]])
    };
    records.into_iter().map(one).collect()
}

#[tokio::test]
async fn statements_do_what_expressions_do() {
    let (mut done, mut failed, mut refused) = (0, 0, 0);
    for seed in 1..=4 {
        let mut dice = Dice(seed);
        let (by_statement, by_expression) = (World::in_memory(), World::in_memory());
        for world in [&by_statement, &by_expression] {
            world.ok(CreateTable, indexed_table()).await;
        }
        for _ in 0..400 {
            let twin = match dice.roll(8) {
                0 | 1 => insert(&mut dice),
                2..=4 => update(&mut dice),
                5 => delete(&mut dice),
                _ => select(&mut dice),
            };
            let one = plain(by_statement.call(ExecuteStatement, twin.execute.clone()).await);
            let other = plain(by_expression.call(twin.operation, twin.request.clone()).await);
            assert_eq!(one, other, "{} and {}", twin.execute, twin.request);
            match one {
                Ok(_) => done += 1,
                Err(text) if text == "condition" => failed += 1,
                Err(_) => refused += 1,
            }
        }
        let (one, other) =
            (scan_all(&by_statement, json!({})).await, scan_all(&by_expression, json!({})).await);
        assert_eq!(one, other);
        let (one, other) = (told(records(&by_statement).await), told(records(&by_expression).await));
        assert!(one.len() > 50, "too little happened: {}", one.len());
        assert_eq!(one, other);
    }
    assert!(done > 500 && failed > 100 && refused > 50, "{done} {failed} {refused}");
}
