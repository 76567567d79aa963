//! The two validation layers of DynamoDB and how they word a failure.
//!
//! AWS moves operation by operation to a newer validation layer that words the same failures differently.
//! Which operation is on which layer is decided in [`Layer::of`] and nowhere else. What is wrong with the
//! members of a request is collected as data ([`Constraints`]) and worded at the end.

mod constraints;

pub(crate) use constraints::table_name_failure;
pub use constraints::{Constraint, Constraints};

use crate::error::ApiError;
use crate::operation::Operation;
use std::borrow::Cow;

/// What stands before errors of members, and before other errors on enveloped operations.
pub const ENVELOPE: &str = "1 validation error detected: ";

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
    /// The old layer: its expression and value errors are bare.
    pub const OLD: Layer = Layer { wording: Wording::Old, enveloped: false };

    /// The new layer of the three single-item writes.
    pub const NEW_ENVELOPED: Layer = Layer { wording: Wording::New, enveloped: true };

    /// The new layer of the reads.
    pub const NEW_BARE: Layer = Layer { wording: Wording::New, enveloped: false };

    /// The layer on which an operation starts.
    pub fn of(operation: Operation) -> Layer {
        use Operation::{BatchGetItem, DeleteItem, GetItem, PutItem, Query, Scan, SearchVectors, UpdateItem};
        match operation {
            PutItem | UpdateItem | DeleteItem => Layer::NEW_ENVELOPED,
            GetItem | Query | Scan | BatchGetItem | SearchVectors => Layer::NEW_BARE,
            _ => Layer::OLD,
        }
    }

    /// Whether this is the new layer.
    pub fn is_new(self) -> bool {
        self.wording == Wording::New
    }

    /// An expression or value error found before the item was read, in this layer's envelope if it has one.
    pub fn envelope(self, message: impl Into<Cow<'static, str>>) -> Cow<'static, str> {
        let message = message.into();
        if self.enveloped { Cow::Owned(format!("{ENVELOPE}{message}")) } else { message }
    }

    /// Such an error as the client gets it.
    pub fn refuse(self, message: impl Into<Cow<'static, str>>) -> ApiError {
        ApiError::validation(self.envelope(message))
    }
}

#[cfg(test)]
mod tests;
