//! What a transaction does, as one number: two requests under one token must have the same.

use crate::keys::Hasher;
use item::{Map, Stored, Value};
use wire::dynamodb::TransactWriteItems;
use wire::dynamodb::transact_write_items::{Action, ActionKind};

/// The fingerprint of a request. What it wants to be told is no part of it.
pub(super) fn of(request: &TransactWriteItems, hasher: Hasher) -> u128 {
    let mut text = Fingerprint(Vec::with_capacity(1024));
    request.transact_items.iter().for_each(|action| text.action(action));
    hasher.hash(&text.0)
}

/// Everything that counts, each part with its length before it.
struct Fingerprint(Vec<u8>);

impl Fingerprint {
    fn part(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(&(bytes.len() as u64).to_le_bytes());
        self.0.extend_from_slice(bytes);
    }

    fn optional(&mut self, text: Option<&str>) {
        self.0.push(u8::from(text.is_some()));
        self.part(text.unwrap_or_default().as_bytes());
    }

    fn action(&mut self, action: &Action) {
        match &action.kind {
            ActionKind::ConditionCheck { key } => self.kind(0, &Stored::encode(key)),
            ActionKind::Put { item } => self.kind(1, item),
            ActionKind::Delete { key } => self.kind(2, &Stored::encode(key)),
            ActionKind::Update { key, update_expression } => {
                self.kind(3, &Stored::encode(key));
                self.part(update_expression.as_bytes());
            }
        }
        self.part(action.table_name.as_bytes());
        self.optional(action.condition_expression.as_deref());
        let mut names: Vec<_> = action.expression_attribute_names.iter().flatten().collect();
        names.sort_unstable();
        self.0.extend_from_slice(&(names.len() as u64).to_le_bytes());
        for (placeholder, name) in names {
            self.part(placeholder.as_bytes());
            self.part(name.as_bytes());
        }
        let values = action.expression_attribute_values.iter().flatten();
        self.values(values);
    }

    fn kind(&mut self, kind: u8, item: &Stored) {
        self.0.push(kind);
        self.part(item.as_bytes());
    }

    fn values<'a>(&mut self, values: impl Iterator<Item = &'a (String, Value)>) {
        let map: Map = values.map(|(name, value)| (name.as_str().into(), value.clone())).collect();
        self.part(Stored::encode(&map).as_bytes());
    }
}
