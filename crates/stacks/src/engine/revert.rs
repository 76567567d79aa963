//! The way back: what an update has changed becomes as it was before.

use super::forward::reason_of;
use super::job::{Finished, Job, Work};
use super::{AT_ONCE, Driver, Told};
use crate::failure::Failure;
use crate::ledger::Change;
use crate::records::{Before, Instance, Json, Resource, Step};
use crate::status::{ResourceStatus, StackStatus};
use cloudformation::Value;
use cloudformation::template::Policy;
use std::collections::BTreeSet;
use tokio::sync::mpsc;

impl Driver {
    /// Takes back what the operation did; what it made is deleted after that.
    pub(super) async fn revert(&mut self) -> Result<(), Failure> {
        let mut open: BTreeSet<String> = self
            .resources
            .iter()
            .filter(|(_, resource)| resource.before.is_some())
            .map(|(name, _)| name.clone())
            .collect();
        let (mut running, mut failed) = (BTreeSet::new(), BTreeSet::new());
        let (sender, mut receiver) = mpsc::unbounded_channel();
        loop {
            let (mut jobs, mut change) = (Vec::new(), Change::new());
            while let Some(name) = self.next_back(&open, &running, &failed) {
                open.remove(&name);
                match self.begin_back(&mut change, &name)? {
                    None => {}
                    Some(job) => {
                        running.insert(name);
                        jobs.push(job);
                    }
                }
            }
            self.inner.ledger.commit(change).await?;
            jobs.into_iter().for_each(|job| self.start(job, &sender));
            if running.is_empty() {
                break;
            }
            let Some(first) = receiver.recv().await else { return Ok(()) };
            let (mut change, mut more) = (Change::new(), Some(first));
            while let Some(finished) = more {
                running.remove(&finished.logical_id);
                if finished.outcome.is_err() {
                    failed.insert(finished.logical_id.clone());
                }
                self.end_back(&mut change, finished)?;
                more = receiver.try_recv().ok();
            }
            self.inner.ledger.commit(change).await?;
        }
        self.end_revert(&failed).await
    }

    async fn end_revert(&mut self, failed: &BTreeSet<String>) -> Result<(), Failure> {
        let import = self.stack.status == StackStatus::ImportRollbackInProgress;
        if !failed.is_empty() {
            let names: Vec<&str> = failed.iter().map(String::as_str).collect();
            let reason = format!("The following resource(s) failed to update: [{}]. ", names.join(", "));
            let status = match import {
                true => StackStatus::ImportRollbackFailed,
                false => StackStatus::UpdateRollbackFailed,
            };
            return self.transition(Change::new(), status, Some(reason), |_| ()).await;
        }
        let status = match import {
            true => StackStatus::ImportRollbackComplete,
            false => StackStatus::UpdateRollbackCompleteCleanupInProgress,
        };
        self.transition(Change::new(), status, None, |_| ()).await
    }

    /// The next resource whose old self needs none that is yet to be taken back.
    fn next_back(
        &self,
        open: &BTreeSet<String>,
        running: &BTreeSet<String>,
        failed: &BTreeSet<String>,
    ) -> Option<String> {
        if running.len() >= AT_ONCE {
            return None;
        }
        let needs = |name: &String| match self.resources.get(name).and_then(|it| it.before.as_ref()) {
            Some(Before::Instance(before)) => before.needs.clone(),
            _ => BTreeSet::new(),
        };
        let waits = |name: &&String| {
            let needs = needs(name);
            needs.iter().any(|needed| {
                needed != *name
                    && (open.contains(needed) || running.contains(needed) || failed.contains(needed))
            })
        };
        let free = open.iter().find(|name| !waits(name));
        let stuck = running.is_empty() && failed.is_empty();
        free.or_else(|| open.first().filter(|_| stuck)).cloned()
    }

    /// Begins to take a resource back; mostly nothing but its record has to be.
    fn begin_back(&mut self, change: &mut Change, name: &str) -> Result<Option<Job>, Failure> {
        let import = self.operation.import;
        let Some(resource) = self.resources.get_mut(name) else { return Ok(None) };
        let Some(Before::Instance(before)) = resource.before.clone() else {
            return self.take_out(change, name, import);
        };
        let is_skipped = self.operation.skip.contains(name);
        let known = known_shape(resource);
        let same = resource.doing.is_none() && known.is_some_and(|known| known.same(&before.shape));
        let is_other = resource.present.as_ref().is_none_or(|now| now.physical_id != before.physical_id);
        if is_other || same || is_skipped {
            let touched = is_other || resource.status != ResourceStatus::UpdateComplete;
            put_back(resource, (*before).clone());
            let told = Told { physical_id: before.physical_id, ..Told::default() };
            if touched || is_skipped {
                self.tell(change, name, ResourceStatus::UpdateComplete, told)?;
            } else {
                self.record(change, name)?;
            }
            return Ok(None);
        }
        let now = known.map_or(Value::empty(), |known| known.properties.0.clone());
        let had = known.map(|known| known.tags.clone()).unwrap_or_default();
        let resource_type = resource.resource_type.clone();
        let told = Told {
            physical_id: before.physical_id.clone(),
            reason: None,
            properties: Some(before.shape.properties.0.to_json()),
        };
        self.tell(change, name, ResourceStatus::UpdateInProgress, told)?;
        let scope = self.scope(name, (&had, &before.shape.tags), &self.inner.uuid());
        let work =
            Work::Update { physical_id: before.physical_id, before: now, after: before.shape.properties.0 };
        Ok(Some(Job { resource_type, scope, work }))
    }

    /// A resource that was not there before.
    fn take_out(&mut self, change: &mut Change, name: &str, import: bool) -> Result<Option<Job>, Failure> {
        let Some(resource) = self.resources.get_mut(name) else { return Ok(None) };
        (resource.before, resource.doing) = (None, None);
        let mut status = ResourceStatus::DeleteComplete;
        if let Some(present) = resource.present.take()
            && !import
        {
            resource.last_physical_id.clone_from(&present.physical_id);
            let is_retained = present.shape.deletion_policy.0 == Policy::Retain;
            if is_retained && !self.operation.retain_except_on_create {
                status = ResourceStatus::DeleteSkipped;
            } else {
                resource.garbage.push(present);
            }
        }
        if resource.garbage.is_empty() {
            let told = Told { physical_id: resource.last_physical_id.clone(), ..Told::default() };
            if !import {
                self.tell(change, name, status, told)?;
            }
            self.resources.remove(name);
        }
        self.record(change, name)?;
        Ok(None)
    }

    fn end_back(&mut self, change: &mut Change, finished: Finished) -> Result<(), Failure> {
        let name = finished.logical_id;
        let Some(resource) = self.resources.get_mut(&name) else { return Ok(()) };
        let Some(Before::Instance(before)) = resource.before.clone() else { return Ok(()) };
        match finished.outcome {
            Ok(done) => {
                let mut restored = *before;
                if done.made.physical_id != restored.physical_id {
                    // It became another one on the way back; the old one is left to be deleted.
                    resource.garbage.push(restored.clone());
                }
                restored.physical_id = done.made.physical_id;
                restored.reference = done.made.reference;
                restored.attributes = Json(Value::Map(done.made.attributes));
                let physical_id = restored.physical_id.clone();
                put_back(resource, restored);
                let told = Told { physical_id, ..Told::default() };
                self.tell(change, &name, ResourceStatus::UpdateComplete, told)
            }
            Err(error) => {
                let told = Told {
                    physical_id: before.physical_id,
                    reason: Some(reason_of(&error)),
                    properties: None,
                };
                self.tell(change, &name, ResourceStatus::UpdateFailed, told)
            }
        }
    }
}

/// What a resource is now, as far as that is known.
fn known_shape(resource: &Resource) -> Option<&crate::records::Shape> {
    match &resource.doing {
        Some(Step::Broken { shape } | Step::Update { shape, .. }) => Some(shape),
        _ => resource.present.as_ref().map(|present| &present.shape),
    }
}

/// Makes an instance what the resource is. What it is instead of is to be deleted.
fn put_back(resource: &mut Resource, instance: Instance) {
    (resource.before, resource.doing) = (None, None);
    resource.garbage.retain(|garbage| garbage.physical_id != instance.physical_id);
    let old = resource.present.replace(instance);
    if let Some(old) = old
        && resource.present.as_ref().is_some_and(|now| now.physical_id != old.physical_id)
    {
        resource.garbage.push(old);
    }
}
