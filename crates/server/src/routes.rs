//! Who answers what.

use crate::own::{self, OwnEndpoint};
use crate::{Head, Service};
use std::sync::Arc;

/// The services in the order in which they are asked, and the server's own endpoints below `/_tailwater/`.
#[derive(Default)]
pub struct Routes {
    services: Vec<Arc<dyn Service>>,
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

    /// With an endpoint at `/_tailwater/NAME` and below. It answers requests from this machine, and signed
    /// ones where the server knows the keys.
    #[must_use]
    pub fn own(mut self, name: &'static str, endpoint: OwnEndpoint) -> Self {
        self.own.add(name, endpoint);
        self
    }

    /// The service for requests with this head.
    pub(crate) fn find(&self, head: &Head<'_>) -> Option<&dyn Service> {
        if head.path().starts_with(own::PREFIX) {
            return Some(&self.own);
        }
        self.services.iter().find(|service| service.accepts(head)).map(AsRef::as_ref)
    }
}
