//! JSON as AWS's services read and write it: a one-pass pull reader with typed failures, and a writer.
//!
//! The reader borrows strings that have no escapes, gives numbers as text, and never recurses; whoever pulls
//! does, so the depth of a document is bounded here.

mod failure;
mod reader;
mod scan;
mod writer;

pub use failure::JsonError;
pub use reader::{Elements, Members, Reader, Token};
pub use writer::{
    ArrayWriter, ObjectWriter, compact, write_key, write_string, write_timestamp_ms, write_u64,
};

#[cfg(test)]
mod tests;
