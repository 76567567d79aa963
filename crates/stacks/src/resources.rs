//! The providers: what makes, changes and deletes each type of resource.
//!
//! A provider asks the services for what a client would ask them for, by the operations that a client would call, so that
//! checks and texts are the services' own. What a type's properties are is a table ([`shape`]): a property that is not in it
//! is refused as CloudFormation refuses it, one that this server cannot do anything with is refused by name, and the texts
//! that templates often write for numbers and booleans become what the property is. A service's refusal becomes the reason in
//! the stack's events ([`refusal`]).
//!
//! [`handler`] is what a type has to say; the rest of the modules are a type each, or a few that are alike.

mod ask;
mod handler;
mod refusal;
mod shape;
mod tags;

mod alias;
mod bucket;
mod bucket_policy;
mod bucket_settings;
mod event_invoke_config;
mod event_source_mapping;
mod function;
mod function_url;
mod function_version;
mod global_table;
mod inline_code;
mod kinesis_stream;
mod layer_permission;
mod layer_version;
mod log_group;
mod log_stream;
mod managed_policy;
mod permission;
mod policy;
mod provisioned;
mod queue;
mod queue_policy;
mod role;
mod ssm_parameter;
mod subscription;
mod table;
mod table_changes;
mod table_present;
mod topic;
mod topic_policy;

use cloudformation::{Map, Value};
use database::Database;
use handler::{Checked, Handler};
use services::kinesis::Kinesis;
use services::logs::Logs;
use services::objects::Objects;
use services::parameters::Parameters;
use services::queues::Queues;
use services::roles::Roles;
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
    /// The stack's tags that the resource has from an earlier change; none where it is made.
    pub tags_before: BTreeMap<String, String>,
    /// A UUID of this change: what is asked for twice with it is the same.
    pub token: String,
    /// Whether the server has ended since it began to make the resource, under a name that nobody else would give: one of that
    /// name is what it had made by then.
    pub resumed: bool,
}

/// A resource that is there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Made {
    /// What its service knows it by, and `Ref` gives, unless `reference` says otherwise.
    pub physical_id: String,
    /// What `Ref` gives.
    pub reference: Option<String>,
    /// What `Fn::GetAtt` gives, by the name of the attribute, with dots where it is a nested one.
    pub attributes: Map,
}

/// Why a resource was not made, changed or deleted; the text is for the stack's events.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ResourceError {
    /// One of its name is there already.
    #[error("{0}")]
    AlreadyExists(String),
    /// It is not there.
    #[error("{0}")]
    NotFound(String),
    /// The properties are not what the type has, so that nothing was asked of the service.
    #[error("{0}")]
    Unfit(String),
    /// The properties are not what the service takes.
    #[error("{0}")]
    Invalid(String),
    /// The service failed.
    #[error("{0}")]
    Failed(String),
}

/// What a provider does, as it goes on.
pub type Work<'a, T> = Pin<Box<dyn Future<Output = Result<T, ResourceError>> + Send + 'a>>;

/// What makes, changes and deletes the resources of a type.
pub trait Provider: Send + Sync {
    /// Makes one, under `name` where the type names its resources. It is usable when this answers. Where it fails, nothing
    /// is left of it.
    fn create<'a>(&'a self, scope: &'a Scope, name: Option<&'a str>, properties: &'a Value)
    -> Work<'a, Made>;

    /// Changes one in place.
    fn update<'a>(
        &'a self,
        scope: &'a Scope,
        physical_id: &'a str,
        before: &'a Value,
        after: &'a Value,
    ) -> Work<'a, Made>;

    /// Deletes one; one that is gone already is deleted.
    fn delete<'a>(&'a self, scope: &'a Scope, physical_id: &'a str, properties: &'a Value) -> Work<'a, ()>;
}

/// The services in which resources live.
#[derive(Clone)]
pub struct Services {
    /// Tables.
    pub database: Arc<Database>,
    /// Functions, and mappings.
    pub functions: lambda::api::Api,
    /// Queues.
    pub queues: Queues,
    /// Topics.
    pub topics: Topics,
    /// Log groups.
    pub logs: Logs,
    /// Buckets.
    pub objects: Objects,
    /// Data streams.
    pub kinesis: Kinesis,
    /// Parameters.
    pub parameters: Parameters,
    /// Roles and policies.
    pub roles: Roles,
}

/// The providers of all types that are made for real.
pub struct Providers {
    by_type: BTreeMap<&'static str, Box<dyn Provider>>,
}

impl Providers {
    /// Providers over these services.
    #[must_use]
    pub fn new(services: Services) -> Self {
        let services = Arc::new(services);
        let mut providers = Self { by_type: BTreeMap::new() };
        providers.add_data(&services);
        providers.add_functions(&services);
        providers.add_messages(&services);
        providers.add_settings(&services);
        providers
    }

    /// The provider of a type; none for types that are recorded, not made.
    #[must_use]
    pub fn of(&self, resource_type: &str) -> Option<&dyn Provider> {
        self.by_type.get(resource_type).map(|provider| &**provider)
    }

    fn add<H: Handler + 'static>(&mut self, services: &Arc<Services>, handler: H) {
        let provider = Checked { services: Arc::clone(services), handler };
        self.by_type.insert(H::TYPE, Box::new(provider));
    }

    fn add_data(&mut self, services: &Arc<Services>) {
        self.add(services, table::Table);
        self.add(services, global_table::GlobalTable);
        self.add(services, kinesis_stream::Stream);
        self.add(services, bucket::Bucket);
        self.add(services, bucket_policy::BucketPolicy);
        self.add(services, log_group::LogGroup);
        self.add(services, log_stream::LogStream);
    }

    fn add_functions(&mut self, services: &Arc<Services>) {
        self.add(services, function::Function);
        self.add(services, function_version::Version);
        self.add(services, alias::Alias);
        self.add(services, permission::Permission);
        self.add(services, layer_version::LayerVersion);
        self.add(services, layer_permission::LayerVersionPermission);
        self.add(services, event_source_mapping::EventSourceMapping);
        self.add(services, event_invoke_config::EventInvokeConfig);
        self.add(services, function_url::Url);
    }

    fn add_messages(&mut self, services: &Arc<Services>) {
        self.add(services, queue::Queue);
        self.add(services, queue_policy::QueuePolicy);
        self.add(services, queue_policy::QueueInlinePolicy);
        self.add(services, topic::Topic);
        self.add(services, subscription::Subscription);
        self.add(services, topic_policy::TopicPolicy);
        self.add(services, topic_policy::TopicInlinePolicy);
    }

    fn add_settings(&mut self, services: &Arc<Services>) {
        self.add(services, ssm_parameter::Parameter);
        self.add(services, role::Role);
        self.add(services, policy::Policy);
        self.add(services, policy::RolePolicy);
        self.add(services, managed_policy::ManagedPolicy);
    }
}
