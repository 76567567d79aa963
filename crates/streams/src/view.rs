//! Which images a record holds.

use crate::record::Kind;
use serde::{Deserialize, Serialize};
use wire::dynamodb::enumeration::StreamViewType;

/// A stream's view type, fixed for its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ViewType {
    /// Only the key.
    KeysOnly,
    /// The item as it is after the write.
    NewImage,
    /// The item as it was before the write.
    OldImage,
    /// Both.
    NewAndOldImages,
}

impl ViewType {
    /// The text on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            ViewType::KeysOnly => "KEYS_ONLY",
            ViewType::NewImage => "NEW_IMAGE",
            ViewType::OldImage => "OLD_IMAGE",
            ViewType::NewAndOldImages => "NEW_AND_OLD_IMAGES",
        }
    }

    /// Whether a record of this kind holds the item as it is after the write.
    #[must_use]
    pub fn holds_new(self, kind: Kind) -> bool {
        matches!(self, ViewType::NewImage | ViewType::NewAndOldImages) && kind != Kind::Remove
    }

    /// Whether a record of this kind holds the item as it was before the write.
    #[must_use]
    pub fn holds_old(self, kind: Kind) -> bool {
        matches!(self, ViewType::OldImage | ViewType::NewAndOldImages) && kind != Kind::Insert
    }
}

impl From<StreamViewType> for ViewType {
    fn from(view: StreamViewType) -> Self {
        match view {
            StreamViewType::KeysOnly => ViewType::KeysOnly,
            StreamViewType::NewImage => ViewType::NewImage,
            StreamViewType::OldImage => ViewType::OldImage,
            StreamViewType::NewAndOldImages => ViewType::NewAndOldImages,
        }
    }
}
