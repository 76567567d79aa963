//! Templates as they are written: their text, their sections, and what is checked of them before anything is evaluated.

mod check;
mod declaration;
mod document;
mod json;
mod resource;
mod section;
mod short_form;
mod yaml;

#[cfg(test)]
mod tests;

pub(crate) use check::conditions_named;
pub(crate) use json::read as read_json;

pub use check::check_references;
pub use declaration::{Declaration, ParameterType};
pub use document::{BODY_BYTES_MAX, Document};
pub use resource::{Policy, Resource};
pub use section::{Output, Template};

/// How deep objects and lists may nest.
pub(crate) const DEPTH_MAX: usize = 64;
