//! Between the query protocol and the members that JSON has: lists and maps have other names there, and are flattened.

use crate::value::Value;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use wire::query::{Answer, Members};

/// The name space of answers.
pub const NAMESPACE: &str = "http://queue.amazonaws.com/doc/2012-11-05/";

/// Lists of texts: the name in the query protocol, and in JSON.
const LISTS: [(&str, &str); 6] = [
    ("AttributeName", "AttributeNames"),
    ("MessageSystemAttributeName", "MessageSystemAttributeNames"),
    ("MessageAttributeName", "MessageAttributeNames"),
    ("AWSAccountId", "AWSAccountIds"),
    ("ActionName", "Actions"),
    ("TagKey", "TagKeys"),
];

/// Members that are whole numbers.
const NUMBERS: [&str; 6] = [
    "DelaySeconds",
    "VisibilityTimeout",
    "MaxNumberOfMessages",
    "WaitTimeSeconds",
    "MaxResults",
    "MaxNumberOfMessagesPerSecond",
];

/// A request in the members of JSON.
pub(super) fn request(operation: &str, members: &Members, path: &str) -> Value {
    let mut out = structure(members);
    let entry = format!("{operation}RequestEntry");
    if let Some(entries) = members.list(&entry) {
        let entries = entries.into_iter().map(|entry| Value::Structure(structure(entry))).collect();
        out.push(("Entries".to_owned(), Value::List(entries)));
    }
    for (name, inner) in LISTS {
        if let Some(list) = members.list(name) {
            let texts = list.into_iter().filter_map(Members::value).map(Value::from).collect();
            out.push((inner.to_owned(), Value::List(texts)));
        }
    }
    // What JSON calls `tags` when a queue is made, it calls `Tags` when it is tagged.
    let tags = if operation == "CreateQueue" { "tags" } else { "Tags" };
    let maps = [("Attribute", "Attributes", ("Name", "Value")), ("Tag", tags, ("Key", "Value"))];
    for (name, inner, parts) in maps {
        if let Some(map) = members.map(name, parts) {
            let text = |(key, value): (&str, &Members)| {
                (key.to_owned(), Value::from(value.value().unwrap_or_default()))
            };
            out.push((inner.to_owned(), Value::Structure(map.into_iter().map(text).collect())));
        }
    }
    if members.member("QueueUrl").is_none() && path != "/" {
        out.push(("QueueUrl".to_owned(), Value::from(path)));
    }
    Value::Structure(out)
}

/// What a request and the entry of a batch have in common: texts, numbers, the attributes of a message.
fn structure(members: &Members) -> Vec<(String, Value)> {
    let mut out = Vec::new();
    for (name, member) in members.iter() {
        let Some(text) = member.value() else { continue };
        let number = if NUMBERS.contains(&name) { text.parse().ok() } else { None };
        out.push((name.to_owned(), number.map_or_else(|| Value::from(text), Value::Integer)));
    }
    let maps =
        [("MessageAttribute", "MessageAttributes"), ("MessageSystemAttribute", "MessageSystemAttributes")];
    for (name, inner) in maps {
        if let Some(map) = members.map(name, ("Name", "Value")) {
            let value = |(key, value): (&str, &Members)| (key.to_owned(), Value::Structure(structure(value)));
            out.push((inner.to_owned(), Value::Structure(map.into_iter().map(value).collect())));
        }
    }
    out
}

/// What an operation answered, as XML.
pub(super) fn answer(operation: &str, value: Value, request_id: &str) -> Vec<u8> {
    let Value::Structure(members) = value else {
        return Answer::without_result(operation, NAMESPACE).finish(request_id);
    };
    let mut answer = Answer::with_result(operation, NAMESPACE);
    write(&mut answer, operation, members);
    answer.finish(request_id)
}

fn write(answer: &mut Answer, operation: &str, members: Vec<(String, Value)>) {
    for (name, value) in members {
        match (name.as_str(), value) {
            ("Attributes", Value::Structure(map)) => entries(answer, operation, ("Attribute", "Name"), map),
            ("MessageAttributes", Value::Structure(map)) => {
                entries(answer, operation, ("MessageAttribute", "Name"), map);
            }
            ("Tags", Value::Structure(map)) => entries(answer, operation, ("Tag", "Key"), map),
            (name, Value::List(list)) => {
                let name = element(operation, name);
                for value in list {
                    one(answer, operation, &name, value);
                }
            }
            (name, value) => one(answer, operation, name, value),
        }
    }
}

/// The name of a list's elements.
fn element(operation: &str, name: &str) -> String {
    match name {
        "Successful" => format!("{operation}ResultEntry"),
        "Failed" => "BatchResultErrorEntry".to_owned(),
        "Results" => "ListMessageMoveTasksResultEntry".to_owned(),
        "QueueUrls" | "queueUrls" => "QueueUrl".to_owned(),
        "Messages" => "Message".to_owned(),
        other => other.to_owned(),
    }
}

/// A map, each of its entries an element.
fn entries(answer: &mut Answer, operation: &str, (name, key): (&str, &str), map: Vec<(String, Value)>) {
    for (text, value) in map {
        answer.open(name).element(key, text);
        one(answer, operation, "Value", value);
        answer.close();
    }
}

fn one(answer: &mut Answer, operation: &str, name: &str, value: Value) {
    match value {
        Value::Null => {}
        Value::Structure(members) => {
            answer.open(name);
            write(answer, operation, members);
            answer.close();
        }
        Value::List(list) => list.into_iter().for_each(|value| one(answer, operation, name, value)),
        Value::Boolean(boolean) => {
            answer.element(name, if boolean { "true" } else { "false" });
        }
        Value::Integer(integer) => {
            answer.element(name, integer.to_string());
        }
        Value::Float(float) => {
            answer.element(name, float.to_string());
        }
        Value::Time(ms) => {
            answer.element(name, (ms / 1_000).to_string());
        }
        Value::Text(text) => {
            answer.element(name, text);
        }
        Value::Blob(bytes) => {
            answer.element(name, STANDARD.encode(bytes));
        }
    }
}
