//! Reading many items: what Query and Scan walk, where a page begins and ends, and what is answered of it.
//!
//! One request reads from one snapshot, which it lets go before it writes its answer: what the walk keeps are
//! references to stored bytes. A page ends after the item with which it reaches its limit or 1 MB, counted
//! before any filter.

mod answer;
mod filter;
pub(crate) mod segments;
mod select;
mod source;
mod start;
mod walk;

pub(crate) use answer::{Answer, write_item};
pub(crate) use filter::Filtering;
pub(crate) use select::{Asked, Selection};
pub(crate) use source::Source;
pub(crate) use start::{StartError, start_key};
pub(crate) use walk::{Page, Span, walk};
