//! What surrounds a table: services that a program which uses DynamoDB also calls. Each is a module of its own, with its own
//! front door, and none knows another, but that a topic knows queues.

mod change;
mod closing;
mod hex;
pub mod identity;
pub mod kinesis;
mod ledger;
pub mod logs;
pub mod metrics;
pub mod objects;
pub mod parameters;
pub mod query;
pub mod queues;
mod request;
pub mod roles;
pub mod topics;
mod value;
