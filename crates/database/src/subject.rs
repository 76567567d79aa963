//! What a request is about, as far as its body names it: for whoever has to know before it is run, which faults have to.
//!
//! This is a second reading of the body, and a forgiving one: what is wrong with a request is told by the operation itself.

use expression::partiql::Statement;
use serde_json::Value;
use streams::iterator::ShardIterator;
use wire::Operation;
use wire::operation::Class;

/// What a request is about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Subject {
    /// The names of the tables that it names, each once, in no order of meaning.
    pub tables: Vec<String>,
    /// The shard that it names.
    pub shard: Option<String>,
    /// Whether it is to write items.
    pub writes: bool,
}

/// The members that name a table, by its name or an ARN.
const NAMES: [&str; 8] = [
    "TableName",
    "TableArn",
    "StreamArn",
    "ResourceArn",
    "SourceTableName",
    "SourceTableArn",
    "TargetTableName",
    "ShardIterator",
];

impl Subject {
    /// That of a request with this body.
    #[must_use]
    pub fn of(operation: Operation, body: &[u8]) -> Self {
        let body: Value = serde_json::from_slice(body).unwrap_or_default();
        let mut subject = Self { writes: operation.class() == Class::Write, ..Self::default() };
        for name in NAMES {
            subject.table(&body[name]);
        }
        for (name, _) in body["RequestItems"].as_object().into_iter().flatten() {
            subject.table_named(name);
        }
        for action in body["TransactItems"].as_array().into_iter().flatten() {
            for (_, action) in action.as_object().into_iter().flatten() {
                subject.table(&action["TableName"]);
            }
        }
        subject.table(&body["TableCreationParameters"]["TableName"]);
        subject.statements(&body);
        subject.shard = shard(&body);
        subject
    }

    fn statements(&mut self, body: &Value) {
        let lists = ["Statements", "TransactStatements"].map(|name| body[name].as_array());
        let nested = lists.into_iter().flatten().flatten().map(|entry| &entry["Statement"]);
        let texts = std::iter::once(&body["Statement"]).chain(nested).filter_map(Value::as_str);
        let parsed: Vec<Statement> = texts.filter_map(|text| Statement::parse(text).ok()).collect();
        parsed.iter().for_each(|statement| self.table_named(&statement.source().table));
        if !parsed.is_empty() {
            self.writes = parsed.iter().any(|statement| {
                matches!(statement, Statement::Insert(_) | Statement::Update(_) | Statement::Delete(_))
            });
        }
    }

    fn table(&mut self, member: &Value) {
        if let Some(text) = member.as_str() {
            self.table_named(text);
        }
    }

    /// `dogs`, `arn:aws:dynamodb:us-east-1:000000000000:table/dogs` or what is below that.
    fn table_named(&mut self, text: &str) {
        let name = match text.split_once(":table/") {
            Some((_, rest)) => rest.split('/').next().unwrap_or_default(),
            None => text,
        };
        if !self.tables.iter().any(|known| known == name) {
            self.tables.push(name.to_owned());
        }
    }
}

fn shard(body: &Value) -> Option<String> {
    let iterator = || Some(ShardIterator::decode(body["ShardIterator"].as_str()?)?.shard.to_string());
    let named = [&body["ShardId"], &body["ShardFilter"]["ShardId"]];
    named.into_iter().find_map(Value::as_str).map(str::to_owned).or_else(iterator)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use store::Position;
    use streams::ShardId;

    fn of(operation: Operation, body: &Value) -> (Vec<String>, bool) {
        let subject = Subject::of(operation, body.to_string().as_bytes());
        (subject.tables, subject.writes)
    }

    #[test]
    fn tables_are_found_wherever_they_are_named() {
        use Operation as O;
        let arn = "arn:aws:dynamodb:us-east-1:000000000000:table/dogs";
        let stream = format!("{arn}/stream/2026-11-21T10:00:00.000");
        for (operation, body, tables, writes) in [
            (O::PutItem, json!({ "TableName": "dogs" }), &["dogs"][..], true),
            (O::Query, json!({ "TableName": arn }), &["dogs"], false),
            (O::DescribeStream, json!({ "StreamArn": stream }), &["dogs"], false),
            (O::TagResource, json!({ "ResourceArn": arn }), &["dogs"], false),
            (
                O::BatchWriteItem,
                json!({ "RequestItems": { "cats": [], "dogs": [] } }),
                &["cats", "dogs"],
                true,
            ),
            (O::BatchGetItem, json!({ "RequestItems": { arn: {} } }), &["dogs"], false),
            (
                O::TransactWriteItems,
                json!({ "TransactItems": [{ "Put": { "TableName": "dogs" } }, { "Update": { "TableName": arn } }] }),
                &["dogs"],
                true,
            ),
            (O::ExecuteStatement, json!({ "Statement": "SELECT * FROM dogs" }), &["dogs"], false),
            (
                O::ExecuteStatement,
                json!({ "Statement": "DELETE FROM \"dogs\" WHERE a = 1" }),
                &["dogs"],
                true,
            ),
            (
                O::BatchExecuteStatement,
                json!({ "Statements": [
                    { "Statement": "SELECT * FROM dogs WHERE a = 1" },
                    { "Statement": "INSERT INTO cats VALUE {'a': 1}" },
                ] }),
                &["dogs", "cats"],
                true,
            ),
            (
                O::ExecuteTransaction,
                json!({ "TransactStatements": [{ "Statement": "SELECT * FROM dogs WHERE a = 1" }] }),
                &["dogs"],
                false,
            ),
            (O::ListTables, json!({}), &[], false),
        ] {
            assert_eq!(
                of(operation, &body),
                (tables.iter().map(|name| (*name).to_owned()).collect(), writes)
            );
        }
    }

    #[test]
    fn a_shard_is_named_or_in_an_iterator() {
        let arn = "arn:aws:dynamodb:us-east-1:000000000000:table/dogs/stream/2026-11-21T10:00:00.000";
        let shard = ShardId { created_ms: 1_700_000_000_000, suffix: 7 };
        let mut iterator = Vec::new();
        ShardIterator { arn, shard, after: Position(5), issued_ms: 1 }.encode(&mut iterator);
        let iterator = String::from_utf8(iterator).unwrap();
        for body in [
            json!({ "ShardIterator": iterator }),
            json!({ "StreamArn": arn, "ShardId": shard.to_string() }),
            json!({ "StreamArn": arn, "ShardFilter": { "ShardId": shard.to_string() } }),
        ] {
            let subject = Subject::of(Operation::GetRecords, body.to_string().as_bytes());
            assert_eq!((subject.shard, subject.tables), (Some(shard.to_string()), vec!["dogs".to_owned()]));
        }
    }

    #[test]
    fn nonsense_is_about_nothing() {
        for body in ["", "{", "[]", "null", "{\"TableName\": 1, \"RequestItems\": [], \"Statement\": \"x\"}"]
        {
            assert_eq!(Subject::of(Operation::GetItem, body.as_bytes()), Subject::default(), "{body}");
        }
    }
}
