//! What AWS clients say: requests, answers and errors, as bytes and as types.
//!
//! Pure: no clock, no I/O, no tokio. A request is decoded in one pass into owned values; what is wrong with
//! it is collected as data and worded at the end, because AWS words one and the same failure differently by
//! operation (see [`layer`]).

pub mod dynamodb;
pub mod error;
pub mod event_stream;
pub mod json;
pub mod layer;
mod member;
pub mod operation;
pub mod query;
pub mod streams;
pub mod table_ref;
pub mod value;

pub use error::{ApiError, ErrorCode};
pub use layer::Layer;
pub use operation::Operation;
pub use table_ref::TableRef;
