//! The copy itself, where it fits into memory.

use super::ReplicaEvent;
use crate::{ChangeKind, Item};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The items of a table by their keys, in memory. To be saved, by serde, together with the replica's
/// [`State`](super::State): what one has done and the other not is lost or comes twice.
///
/// ```
/// use tailwater_consumer::{Item, LocalCopy, ReplicaEvent};
///
/// let keys: Item = serde_json::from_str(r#"{"pk": {"S": "rex"}}"#)?;
/// let item: Item = serde_json::from_str(r#"{"pk": {"S": "rex"}, "age": {"N": "7"}}"#)?;
/// let mut dogs = LocalCopy::default();
/// dogs.apply(&ReplicaEvent::Item { keys: keys.clone(), item })?;
/// assert_eq!(dogs.items()[&keys]["age"].as_n(), Some("7"));
///
/// let saved = serde_json::to_string(&dogs)?;
/// assert_eq!(serde_json::from_str::<LocalCopy>(&saved)?, dogs);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Vec<(Item, Item)>", into = "Vec<(Item, Item)>")]
pub struct LocalCopy {
    items: BTreeMap<Item, Item>,
}

/// The stream has no new images, so that its changes do not say what items are like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the stream has no new images: its view type must be NEW_IMAGE or NEW_AND_OLD_IMAGES")]
pub struct NoImage;

impl From<Vec<(Item, Item)>> for LocalCopy {
    fn from(items: Vec<(Item, Item)>) -> Self {
        Self { items: items.into_iter().collect() }
    }
}

impl From<LocalCopy> for Vec<(Item, Item)> {
    fn from(copy: LocalCopy) -> Self {
        copy.items.into_iter().collect()
    }
}

impl LocalCopy {
    /// Does what the event says was done.
    ///
    /// # Errors
    /// When a change lacks the image of the item.
    pub fn apply(&mut self, event: &ReplicaEvent) -> Result<(), NoImage> {
        match event {
            ReplicaEvent::CopyBegins => self.items.clear(),
            ReplicaEvent::Item { keys, item } => {
                self.items.insert(keys.clone(), item.clone());
            }
            ReplicaEvent::Change { change, .. } if change.kind == ChangeKind::Remove => {
                self.items.remove(&change.keys);
            }
            ReplicaEvent::Change { change, .. } => {
                self.items.insert(change.keys.clone(), change.new.clone().ok_or(NoImage)?);
            }
            ReplicaEvent::Copied | ReplicaEvent::Gap(_) => {}
        }
        Ok(())
    }

    /// The items, by their keys.
    #[must_use]
    pub fn items(&self) -> &BTreeMap<Item, Item> {
        &self.items
    }
}
