//! The operations on event source mappings, and those on the tags of their ARNs.

mod body;
mod function_name;
mod listing;
mod serve;
mod shape;
mod tags;

use super::{Answer, Failure, Request};
use std::future::Future;
use std::pin::Pin;

/// An operation on mappings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Operation {
    /// CreateEventSourceMapping
    Create,
    /// ListEventSourceMappings
    List,
    /// GetEventSourceMapping, of this UUID.
    Get(String),
    /// UpdateEventSourceMapping, of this UUID.
    Update(String),
    /// DeleteEventSourceMapping, of this UUID.
    Delete(String),
    /// ListTags, of this ARN of a mapping.
    ListTags(String),
    /// TagResource, of this ARN of a mapping.
    Tag(String),
    /// UntagResource, of this ARN of a mapping.
    Untag(String),
}

/// Whoever has the mappings answers these.
pub trait EventSourceMappings: Send + Sync + 'static {
    /// Does an operation.
    fn call(&self, operation: Operation, request: Request) -> Answering<'_>;
}

/// An answer that takes waiting for.
pub type Answering<'a> = Pin<Box<dyn Future<Output = Result<Answer, Failure>> + Send + 'a>>;
