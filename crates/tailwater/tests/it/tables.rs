//! Tables that tests make, all of one shape: the key is one string.

use crate::running::Running;
use serde_json::{Value, json};

/// What CreateTable is asked for a table with this key.
pub(crate) fn keyed(table: &str, key: &str) -> Value {
    json!({
        "TableName": table,
        "AttributeDefinitions": [{ "AttributeName": key, "AttributeType": "S" }],
        "KeySchema": [{ "AttributeName": key, "KeyType": "HASH" }],
        "BillingMode": "PAY_PER_REQUEST",
    })
}

/// The same of a table with a stream.
pub(crate) fn streaming(table: &str, key: &str, view: &str) -> Value {
    let mut request = keyed(table, key);
    request["StreamSpecification"] = json!({ "StreamEnabled": true, "StreamViewType": view });
    request
}

impl Running {
    /// A server in memory with the table `dogs`, whose key is `name`, and its stream.
    pub(crate) fn with_dogs(view: &str) -> Self {
        let running = Self::start(&["--in-memory"]);
        running.make_streaming("dogs", view);
        running
    }

    /// Makes a table whose key is `name`; answers its ARN.
    pub(crate) fn make(&self, table: &str) -> String {
        let made = self.ok("CreateTable", &keyed(table, "name"));
        made["TableDescription"]["TableArn"].as_str().unwrap().to_owned()
    }

    /// The same of a table with a stream; answers the ARN of that.
    pub(crate) fn make_streaming(&self, table: &str, view: &str) -> String {
        let made = self.ok("CreateTable", &streaming(table, "name", view));
        made["TableDescription"]["LatestStreamArn"].as_str().unwrap().to_owned()
    }
}
