//! CloudFormation's templates: how they are read, what they evaluate to, in which order their resources are made, and what
//! changes from one to the next.
//!
//! Pure: no clock, no I/O, no chance. A template goes through the steps in this order:
//!
//! 1. [`template::Document::read`]: text, JSON or YAML, to a tree of [`Value`]s, bounded in size and depth;
//! 2. [`parameters::Parameters::resolve`]: what was given for the parameters is held against their declarations;
//! 3. [`template::Template::new`]: loops and serverless resources are expanded, sections read, references checked;
//! 4. [`evaluate::Evaluation`]: conditions, then each resource's properties, against a [`evaluate::Context`] that knows what
//!    the resources are that exist already; what it does not know yet is data ([`Value::Unknown`]), not a failure;
//! 5. [`graph::Graph`]: which resources may be made at once, and which only after others;
//! 6. [`changes`]: what has to be done to a stack to bring it there.
//!
//! Failures are [`TemplateError`]s, worded as CloudFormation words them.

pub mod changes;
mod error;
pub mod evaluate;
pub mod graph;
pub mod names;
pub mod parameters;
pub mod serverless;
pub mod template;
mod value;

pub use error::{Function, Section, TemplateError};
pub use value::{Map, Reference, Value};
