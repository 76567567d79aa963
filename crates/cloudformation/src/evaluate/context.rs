//! What an evaluation knows beyond its template.

use crate::Value;

/// What is known of a resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lookup {
    /// Its value.
    Known(Value),
    /// Nothing before it is made.
    Unknown,
    /// That it has no such attribute, and never will.
    NoSuchAttribute,
}

/// The resources that exist, and what is around the stack.
pub trait Context {
    /// What `Ref` gives for a resource.
    fn reference(&self, resource: &str) -> Lookup;

    /// What `Fn::GetAtt` gives for an attribute of a resource.
    fn attribute(&self, resource: &str, attribute: &str) -> Lookup;

    /// The value that a stack exports under a name.
    fn export(&self, name: &str) -> Option<String>;

    /// The availability zones of a region.
    fn zones(&self, region: &str) -> Vec<String> {
        ["a", "b", "c"].map(|zone| format!("{region}{zone}")).to_vec()
    }
}

/// The context of a stack that has nothing yet, in a place that exports nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Nothing;

impl Context for Nothing {
    fn reference(&self, _: &str) -> Lookup {
        Lookup::Unknown
    }

    fn attribute(&self, _: &str, _: &str) -> Lookup {
        Lookup::Unknown
    }

    fn export(&self, _: &str) -> Option<String> {
        None
    }
}
