//! What surrounds a table: services that a program which uses DynamoDB also calls. Each is a module of its own, with its own
//! front door, and none knows another.

pub mod kinesis;
pub mod objects;
