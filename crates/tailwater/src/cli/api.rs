//! The operations of DynamoDB, of its streams and of Lambda as the command line makes them, on this server, on AWS or on another one,
//! and what is to be known of their answers.

pub(crate) mod mappings;
mod streams;
mod tables;

pub(crate) use streams::{Described, Page, Streams, time};
pub(crate) use tables::{Table, Tables};
