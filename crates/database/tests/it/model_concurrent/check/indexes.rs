//! Indexes, against the projection of their table.

use super::{Items, scan};
use crate::model_concurrent::Run;
use crate::model_concurrent::tables::{SORTED, TABLES};
use serde_json::Value;

pub(super) async fn check(run: &Run, table: usize, items: &Items) {
    let spec = &TABLES[table];
    let described = run.world.describe(spec.name).await;
    assert_eq!(described["ItemCount"], items.len(), "{}", spec.name);
    let indexes = [
        ("gsi", spec.indexed, &["g"][..], None),
        ("lsi", spec.sorted, &["l"][..], Some(&["pk", "sk", "l", "v"][..])),
        ("late", table == SORTED, &["g", "v"][..], None),
    ];
    for (index, exists, needs, holds) in indexes {
        if !exists {
            continue;
        }
        let held = |item: &Value| match holds {
            None => item.clone(),
            Some(names) => names.iter().map(|name| ((*name).to_owned(), item[name].clone())).collect(),
        };
        let inside = items.iter().filter(|(_, item)| needs.iter().all(|name| item.get(name).is_some()));
        let expected: Items = inside.map(|(place, item)| (*place, held(item))).collect();
        assert!(!expected.is_empty());
        assert_eq!(scan(run, table, Some(index)).await, expected, "{index} of {}", spec.name);
        let kinds = ["GlobalSecondaryIndexes", "LocalSecondaryIndexes"];
        let mut all = kinds.iter().filter_map(|kind| described[kind].as_array()).flatten();
        let described = all.find(|described| described["IndexName"] == index).unwrap();
        assert_eq!(described["ItemCount"], expected.len(), "{index} of {}", spec.name);
    }
}
