//! Reading items: what Query and Scan walk, where a page begins and ends, and what is answered of it.
//!
//! One request reads from one snapshot, which it lets go before it writes its answer: what the walk keeps are
//! references to stored bytes. A page ends after the item with which it reaches its limit or 1 MB, counted
//! before any filter.

mod answer;
mod page;
mod parts;
mod segments;
mod select;
mod source;
mod span;
mod start;
mod tails;
mod walk;

pub(crate) use answer::{damaged, json_bytes, write_item, write_projected};
pub(crate) use page::{Reading, read_page};
pub(crate) use parts::{Parts, read_parts};
pub(crate) use select::Selection;
pub(crate) use source::Source;
pub(crate) use span::Span;
pub(crate) use start::{StartError, start_key};
pub(crate) use tails::tails;

/// The lowest and the highest partition hash of a segment of a parallel Scan.
pub(crate) use segments::bounds as segment_bounds;
