//! The tables of a run, and the places in them.

use crate::world::{World, definitions, index, keys, table, with};
use serde_json::{Value, json};
use wire::Operation::CreateTable;

/// A table of a run.
pub(super) struct Spec {
    pub(super) name: &'static str,
    /// Whether it has a sort key, and a local index `lsi` on `l` that holds the id beside its keys.
    pub(super) sorted: bool,
    /// Its stream, if any.
    pub(super) view: Option<&'static str>,
    /// Whether it has an index `gsi` on `g`, of whole items.
    pub(super) indexed: bool,
    /// How many of its places are hot; they are its first.
    pub(super) hot: u16,
}

/// The tables. Eight places are hot.
pub(super) const TABLES: [Spec; 7] = [
    Spec { name: "sorted", sorted: true, view: Some("NEW_AND_OLD_IMAGES"), indexed: true, hot: 3 },
    Spec { name: "plain", sorted: false, view: Some("NEW_AND_OLD_IMAGES"), indexed: true, hot: 1 },
    Spec { name: "news", sorted: true, view: Some("NEW_IMAGE"), indexed: true, hot: 1 },
    Spec { name: "olds", sorted: false, view: Some("OLD_IMAGE"), indexed: false, hot: 1 },
    Spec { name: "keys", sorted: false, view: Some("KEYS_ONLY"), indexed: false, hot: 0 },
    Spec { name: "quiet", sorted: false, view: None, indexed: true, hot: 1 },
    Spec { name: "toggled", sorted: false, view: Some("NEW_AND_OLD_IMAGES"), indexed: false, hot: 1 },
];

/// The table that gets and loses the index `late`.
pub(super) const SORTED: usize = 0;
/// The table whose stream is switched off and on.
pub(super) const TOGGLED: usize = 6;

/// The places of each table that single operations write to.
pub(super) const PLACES: u16 = 40;

/// Further places of the first table, with items that stay as they are, so that filling an index takes pages.
pub(super) const STILL: std::ops::Range<u16> = 100..420;

/// Places that are written by transactions alone, all of them to the same id, two of them of one partition.
pub(super) const RING: [Place; 4] = [
    Place { table: 0, number: 1_000 },
    Place { table: 0, number: 1_001 },
    Place { table: 1, number: 1_000 },
    Place { table: 5, number: 1_000 },
];

/// Where an item can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Place {
    pub(super) table: usize,
    pub(super) number: u16,
}

impl Place {
    pub(super) fn spec(self) -> &'static Spec {
        &TABLES[self.table]
    }

    pub(super) fn partition(self) -> Value {
        let partition = if self.spec().sorted { self.number / 4 } else { self.number };
        json!({ "S": format!("p{partition}") })
    }

    pub(super) fn key(self) -> Value {
        match self.spec().sorted {
            true => json!({ "pk": self.partition(), "sk": { "N": (self.number % 4).to_string() } }),
            false => json!({ "pk": self.partition() }),
        }
    }

    /// The place of an item, or of its key.
    pub(super) fn of(table: usize, item: &Value) -> Place {
        let partition: u16 = item["pk"]["S"].as_str().unwrap()[1..].parse().unwrap();
        let number = match item["sk"]["N"].as_str() {
            Some(sort) => partition * 4 + sort.parse::<u16>().unwrap(),
            None => partition,
        };
        Place { table, number }
    }
}

/// The id of an item.
pub(super) fn id_of(item: &Value) -> &str {
    item["v"]["S"].as_str().unwrap()
}

/// Makes the tables; answers the ARNs of their streams.
pub(super) async fn create(world: &World) -> Vec<Option<String>> {
    let mut streams = Vec::new();
    for spec in &TABLES {
        let mut request = table(spec.name);
        let mut attributes = "pk:S".to_owned();
        if spec.sorted {
            let mut local = index("lsi", "pk:HASH l:RANGE");
            local["Projection"] = json!({ "ProjectionType": "INCLUDE", "NonKeyAttributes": ["v"] });
            attributes.push_str(" sk:N l:S");
            let sorted = json!({ "KeySchema": keys("pk:HASH sk:RANGE"), "LocalSecondaryIndexes": [local] });
            request = with(request, sorted);
        }
        if spec.indexed {
            attributes.push_str(" g:S");
            request["GlobalSecondaryIndexes"] = json!([index("gsi", "g:HASH")]);
        }
        request["AttributeDefinitions"] = definitions(&attributes);
        if let Some(view) = spec.view {
            request["StreamSpecification"] = json!({ "StreamEnabled": true, "StreamViewType": view });
        }
        let created = world.ok(CreateTable, request).await;
        streams.push(created["TableDescription"]["LatestStreamArn"].as_str().map(str::to_owned));
    }
    streams
}
