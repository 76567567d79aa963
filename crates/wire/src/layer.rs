//! The two validation layers of DynamoDB and how they word a failure.
//!
//! AWS moves operation by operation to a newer validation layer that words the same failures differently.
//! Which operation is on which layer is decided in [`Layer::of`] and nowhere else.

use crate::operation::Operation;

/// The generation of the wording.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wording {
    /// Values are echoed, paths are in camel case.
    Old,
    /// Built-in checks name the member as the model writes it and echo no value.
    New,
}

/// How one request's failures are worded. A request can fall from the new layer to the old one by what it
/// holds, so this belongs to a request, not to an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layer {
    /// The generation of the wording.
    pub wording: Wording,
    /// Whether expression and value errors are put in the `1 validation error detected: ` envelope.
    pub enveloped: bool,
}

impl Layer {
    /// The old layer: what is left to it is bare.
    pub const OLD: Layer = Layer { wording: Wording::Old, enveloped: false };

    /// The layer on which an operation starts.
    pub fn of(operation: Operation) -> Layer {
        use Operation::{BatchGetItem, DeleteItem, GetItem, PutItem, Query, Scan, UpdateItem};
        match operation {
            PutItem | UpdateItem | DeleteItem => Layer { wording: Wording::New, enveloped: true },
            GetItem | Query | Scan | BatchGetItem => Layer { wording: Wording::New, enveloped: false },
            _ => Layer::OLD,
        }
    }

    /// An expression or value error found before the item was read, in this layer's envelope if it has one.
    pub fn envelope(self, message: String) -> String {
        if self.enveloped { format!("1 validation error detected: {message}") } else { message }
    }
}
