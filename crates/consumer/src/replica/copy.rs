//! The copy itself, where it fits into memory.

use super::ReplicaEvent;
use crate::{ChangeKind, Item};
use std::collections::BTreeMap;

/// The items of a table by their keys, in memory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LocalCopy {
    items: BTreeMap<Item, Item>,
}

/// The stream has no new images, so that its changes do not say what items are like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the stream has no new images: its view type must be NEW_IMAGE or NEW_AND_OLD_IMAGES")]
pub struct NoImage;

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
