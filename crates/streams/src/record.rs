//! What a change-log record holds.

/// What happened to the item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// It was not there before.
    Insert,
    /// It was another before.
    Modify,
    /// It is no longer there.
    Remove,
}

impl Kind {
    /// The `eventName` on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Kind::Insert => "INSERT",
            Kind::Modify => "MODIFY",
            Kind::Remove => "REMOVE",
        }
    }
}
