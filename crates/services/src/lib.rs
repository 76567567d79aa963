//! What surrounds a table: services that a program which uses DynamoDB also calls. Each is a module of its own, with its own
//! front door, and none knows another, but that a topic knows queues.

mod closing;
pub mod kinesis;
pub mod logs;
pub mod metrics;
pub mod objects;
pub mod queues;
mod request;
pub mod topics;
mod value;
