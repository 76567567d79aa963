//! The formats in which tables leave and come: DynamoDB JSON, Amazon Ion and CSV, by item; what they may be
//! compressed with; and the manifests of an export.
//!
//! It reads and writes whatever implements `Read` or `Write`, and knows no file, clock or network. Reading holds
//! one record at a time, never a whole file.

mod change;
pub mod compression;
pub mod csv;
mod digest;
mod format;
pub mod ion;
mod json;
mod lines;
pub mod manifest;
pub mod reader;
pub mod writer;

pub use change::Change;
pub use compression::Compression;
pub use digest::Md5;
pub use format::Format;
pub use reader::{BadRecord, Items, Source};
