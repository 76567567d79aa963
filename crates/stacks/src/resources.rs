//! Resources: what makes, changes and deletes each type of them.

use cloudformation::{Map, Value};
use database::Database;
use lambda::api::Api;
use services::kinesis::Kinesis;
use services::logs::Logs;
use services::objects::Objects;
use services::queues::Queues;
use services::topics::Topics;
use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

/// For whom a resource is made, and where.
#[derive(Clone, Debug)]
pub struct Scope {
    /// The account of the stack.
    pub account: String,
    /// The region of the stack.
    pub region: String,
    /// Host and port for links.
    pub host: Box<str>,
    /// The stack's name.
    pub stack_name: String,
    /// The stack's ARN.
    pub stack_id: String,
    /// The resource's name in the template.
    pub logical_id: String,
    /// The stack's tags, and those with which CloudFormation marks what it makes (`aws:cloudformation:*`).
    pub tags: BTreeMap<String, String>,
    /// A UUID of this change: what is asked for twice with it is the same.
    pub token: String,
}

/// A resource that is there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Made {
    /// What the service knows it by. `Ref` gives it, unless `reference` says otherwise.
    pub physical_id: String,
    /// What `Ref` gives, where that is something else.
    pub reference: Option<String>,
    /// What `Fn::GetAtt` gives; names of nested attributes have dots in them.
    pub attributes: Map,
}

/// Why a resource was not made, changed or deleted. The texts are for the stack's events, in CloudFormation's style.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ResourceError {
    /// There is one of the name.
    #[error("{0}")]
    AlreadyExists(String),
    /// It is not there.
    #[error("{0}")]
    NotFound(String),
    /// Its properties are not as they must be.
    #[error("{0}")]
    Invalid(String),
    /// The service failed.
    #[error("{0}")]
    Failed(String),
}

/// Something that a provider does.
pub type Work<'a, T> = Pin<Box<dyn Future<Output = Result<T, ResourceError>> + Send + 'a>>;

/// Makes, changes and deletes the resources of a type.
pub trait Provider: Send + Sync {
    /// Makes it, under `name` where the type names its resources. It is done, and usable, when this answers.
    fn create<'a>(&'a self, scope: &'a Scope, name: Option<&'a str>, properties: &'a Value)
    -> Work<'a, Made>;

    /// Changes it in place; [`cloudformation::changes::behaviour`] says which properties may be.
    fn update<'a>(
        &'a self,
        scope: &'a Scope,
        physical_id: &'a str,
        before: &'a Value,
        after: &'a Value,
    ) -> Work<'a, Made>;

    /// Deletes it. One that is gone already is deleted.
    fn delete<'a>(&'a self, scope: &'a Scope, physical_id: &'a str, properties: &'a Value) -> Work<'a, ()>;
}

/// The services in which resources live.
#[derive(Clone)]
pub struct Services {
    /// Tables.
    pub database: Arc<Database>,
    /// Functions and event source mappings.
    pub functions: Api,
    /// Queues.
    pub queues: Queues,
    /// Topics.
    pub topics: Topics,
    /// Logs.
    pub logs: Logs,
    /// Buckets.
    pub objects: Objects,
    /// Data streams.
    pub kinesis: Kinesis,
}

/// The providers there are.
pub struct Providers {
    services: Services,
}

impl Providers {
    /// Those over these services.
    #[must_use]
    pub const fn new(services: Services) -> Self {
        Self { services }
    }

    /// The provider of a type; none for types that are only recorded.
    #[must_use]
    pub fn of(&self, resource_type: &str) -> Option<&dyn Provider> {
        let _ = (&self.services, resource_type);
        None
    }
}
