//! Who answers what.

use crate::own::{self, OwnEndpoint};
use crate::{Head, Service, StreamService};
use environment::Environment;
use std::sync::Arc;

/// The services in the order in which they are asked, and the server's own endpoints below `/_tailwater/`.
#[derive(Default)]
pub struct Routes {
    services: Vec<Arc<dyn Service>>,
    streams: Vec<Arc<dyn StreamService>>,
    own: own::Own,
}

impl Routes {
    /// No services, and of our own endpoints only `health`.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// With one more service, which is asked after those already there.
    #[must_use]
    pub fn service(mut self, service: Arc<dyn Service>) -> Self {
        self.services.push(service);
        self
    }

    /// With one more service whose bodies pass in pieces; it is asked after all others.
    #[must_use]
    pub fn stream_service(mut self, service: Arc<dyn StreamService>) -> Self {
        self.streams.push(service);
        self
    }

    /// With an endpoint at `/_tailwater/NAME` and below. It answers requests from this machine, and signed
    /// ones where the server knows the keys.
    #[must_use]
    pub fn own(mut self, name: &'static str, endpoint: OwnEndpoint) -> Self {
        self.own.add(name, endpoint);
        self
    }

    /// With that of which `health` tells: the clock, while it is not the machine's, and what has panicked in the background.
    #[must_use]
    pub fn environment(mut self, environment: Environment) -> Self {
        self.own.set_environment(environment);
        self
    }

    /// The service for requests with this head.
    pub(crate) fn find(&self, head: &Head<'_>) -> Option<&dyn Service> {
        if head.path().starts_with(own::PREFIX) {
            return Some(&self.own);
        }
        self.services.iter().find(|service| service.accepts(head)).map(AsRef::as_ref)
    }

    /// The service whose bodies pass in pieces for requests with this head, which [`Routes::find`] knows none for.
    pub(crate) fn find_stream(&self, head: &Head<'_>) -> Option<&dyn StreamService> {
        self.streams.iter().find(|service| service.accepts(head)).map(AsRef::as_ref)
    }
}
