//! What stacks need of others: the providers of resources, the templates in buckets, the parameter store.

use crate::resources::{Provider, Providers};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

/// The providers of types.
pub trait Registry: Send + Sync {
    /// The provider of a type; none for types that are only recorded.
    fn provider(&self, resource_type: &str) -> Option<&dyn Provider>;
}

impl Registry for Providers {
    fn provider(&self, resource_type: &str) -> Option<&dyn Provider> {
        self.of(resource_type)
    }
}

/// A template on its way from a bucket; why it cannot be had, otherwise.
pub type Template<'a> = Pin<Box<dyn Future<Output = Result<String, String>> + Send + 'a>>;

/// The buckets that templates are in.
pub trait Templates: Send + Sync {
    /// The text of an object, of at most so many bytes.
    fn fetch<'a>(&'a self, account: &'a str, place: (&'a str, &'a str), bytes_max: usize) -> Template<'a>;
}

/// A value on its way from the parameter store, if there is one.
pub type LookedUp<'a> = Pin<Box<dyn Future<Output = Option<String>> + Send + 'a>>;

/// The parameter store.
pub trait Parameters: Send + Sync {
    /// The value of a parameter in a region of an account, by its name, which may say a version after a colon.
    fn value<'a>(&'a self, place: (&'a str, &'a str), name: &'a str) -> LookedUp<'a>;
}

/// All of it.
#[derive(Clone)]
pub struct Surroundings {
    /// The providers of resources.
    pub registry: Arc<dyn Registry>,
    /// The buckets that templates are in.
    pub templates: Arc<dyn Templates>,
    /// The parameter store.
    pub parameters: Arc<dyn Parameters>,
}

impl crate::Inner {
    /// Whether something is made of resources of a type.
    pub(crate) fn is_known(&self, resource_type: &str) -> bool {
        self.surroundings.registry.provider(resource_type).is_some()
    }
}
