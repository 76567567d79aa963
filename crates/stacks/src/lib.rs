//! CloudFormation as a service: stacks, change sets and their events, and what is made of templates.
//!
//! What a template is and what a change of it consists of is the crate `cloudformation`'s to say, which is pure. Here is what
//! is recorded of stacks, the operations that clients call, and the engine that makes, changes and deletes resources, each
//! through the provider of its type ([`resources`]).

pub mod resources;
