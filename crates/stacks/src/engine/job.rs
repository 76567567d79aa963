//! What is asked of providers, each in a task of its own.

use super::Driver;
use crate::Inner;
use crate::resources::{Made, ResourceError, Scope};
use cloudformation::Value;
use std::sync::Arc;
use tokio::sync::mpsc::UnboundedSender;

/// Something to be done to a resource.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) resource_type: String,
    pub(super) scope: Scope,
    pub(super) work: Work,
}

/// What.
#[derive(Debug)]
pub(super) enum Work {
    /// Make it.
    Create { name: Option<String>, properties: Value },
    /// Change it, or take it as it is where both are the same.
    Update { physical_id: String, before: Value, after: Value },
    /// Delete it.
    Delete { physical_id: String, properties: Value },
}

/// What came of it.
#[derive(Debug)]
pub(super) struct Finished {
    pub(super) logical_id: String,
    /// The one that was to be deleted.
    pub(super) deleted: Option<String>,
    pub(super) outcome: Result<Done, ResourceError>,
}

/// What was made.
#[derive(Debug, Default)]
pub(super) struct Done {
    pub(super) made: Made,
    /// Whether nothing but a record is made of it.
    pub(super) recorded: bool,
}

impl Driver {
    /// Starts a job; what comes of it is sent.
    pub(super) fn start(&self, job: Job, finished: &UnboundedSender<Finished>) {
        let (inner, finished) = (Arc::clone(&self.inner), finished.clone());
        drop(environment::spawn(async move {
            let logical_id = job.scope.logical_id.clone();
            let deleted = match &job.work {
                Work::Delete { physical_id, .. } => Some(physical_id.clone()),
                Work::Create { .. } | Work::Update { .. } => None,
            };
            let background = &inner.environment.background;
            let outcome = background.caught("resource of a stack", inner.take(job)).await;
            let panicked = || Err(ResourceError::Failed("Internal Failure".to_owned()));
            let outcome = outcome.unwrap_or_else(panicked);
            // Nobody listens any longer where the driver has failed.
            let _ = finished.send(Finished { logical_id, deleted, outcome });
        }));
    }
}

impl Inner {
    async fn take(&self, job: Job) -> Result<Done, ResourceError> {
        let Job { resource_type, scope, work } = job;
        let Some(provider) = self.surroundings.registry.provider(&resource_type) else {
            return Ok(recorded(work));
        };
        let place = (scope.account.as_str(), scope.region.as_str());
        let made = match work {
            Work::Create { name, properties } => {
                let properties = self.resolved(place, &properties).await?;
                provider.create(&scope, name.as_deref(), &properties).await?
            }
            Work::Update { physical_id, before, after } => {
                let after = self.resolved(place, &after).await?;
                let before = self.resolved_or_not(place, &before).await;
                provider.update(&scope, &physical_id, &before, &after).await?
            }
            Work::Delete { physical_id, properties } => {
                let properties = self.resolved_or_not(place, &properties).await;
                provider.delete(&scope, &physical_id, &properties).await?;
                Made { physical_id, ..Made::default() }
            }
        };
        Ok(Done { made, recorded: false })
    }
}

fn recorded(work: Work) -> Done {
    let physical_id = match work {
        Work::Create { name, .. } => name.unwrap_or_default(),
        Work::Update { physical_id, .. } | Work::Delete { physical_id, .. } => physical_id,
    };
    Done { made: Made { physical_id, ..Made::default() }, recorded: true }
}
