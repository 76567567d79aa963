//! Removal: of a whole stack, and of what an update or its rollback leaves behind.

use super::forward::reason_of;
use super::job::{Finished, Job, Work};
use super::{AT_ONCE, Driver, Told};
use crate::failure::Failure;
use crate::ledger::Change;
use crate::records::{Before, Instance};
use crate::status::{ResourceStatus, StackStatus};
use cloudformation::template::Policy;
use std::collections::{BTreeMap, BTreeSet};
use tokio::sync::mpsc;

/// Something to be deleted.
struct Item {
    logical_id: String,
    instance: Instance,
    running: bool,
    failed: bool,
}

impl Driver {
    /// Deletes everything of the stack.
    pub(super) async fn remove_all(&mut self) -> Result<(), Failure> {
        let is_deletion = self.stack.status == StackStatus::DeleteInProgress;
        let mut change = Change::new();
        let mut items = Vec::new();
        let names: Vec<String> = self.resources.keys().cloned().collect();
        for name in names {
            items.extend(self.everything_of(&name));
            let gone = [ResourceStatus::DeleteComplete, ResourceStatus::DeleteSkipped];
            let resource = self.resources.get(&name);
            let is_open = resource.is_some_and(|resource| !gone.contains(&resource.status));
            if is_open && !items.iter().any(|item| item.logical_id == name) {
                let physical_id = resource.map(|resource| resource.physical_id().to_owned());
                let told = Told { physical_id: physical_id.unwrap_or_default(), ..Told::default() };
                self.tell(&mut change, &name, ResourceStatus::DeleteComplete, told)?;
            }
        }
        self.inner.ledger.commit(change).await?;
        let failed = self.remove(items).await?;
        let (complete, incomplete) = match is_deletion {
            true => (StackStatus::DeleteComplete, StackStatus::DeleteFailed),
            false => (StackStatus::RollbackComplete, StackStatus::RollbackFailed),
        };
        if !failed.is_empty() {
            let reason = failed_to_delete(&failed);
            return self.transition(Change::new(), incomplete, Some(reason), |_| ()).await;
        }
        let mut change = Change::new();
        if is_deletion {
            self.give_up_names(&mut change)?;
        }
        let now_ms = self.inner.now_ms();
        self.transition(change, complete, None, |stack| {
            stack.outputs.clear();
            stack.imports.clear();
            if is_deletion {
                stack.deleted_ms = Some(now_ms);
            }
        })
        .await
    }

    /// Deletes what was replaced, or has left the stack. What cannot be deleted stays recorded, and goes with the stack.
    pub(super) async fn clean_up(&mut self) -> Result<(), Failure> {
        let mut items = Vec::new();
        for (name, resource) in &self.resources {
            items.extend(resource.garbage.iter().map(|instance| Item::new(name, instance)));
        }
        self.remove(items).await?;
        let mut change = Change::new();
        let left: Vec<String> = self.resources.keys().cloned().collect();
        for name in left {
            let resource = self.resources.get(&name);
            let is_empty =
                resource.is_some_and(|resource| resource.present.is_none() && resource.garbage.is_empty());
            if is_empty {
                self.resources.remove(&name);
                self.record(&mut change, &name)?;
            }
        }
        let status = match self.stack.status {
            StackStatus::UpdateCompleteCleanupInProgress => StackStatus::UpdateComplete,
            _ => StackStatus::UpdateRollbackComplete,
        };
        self.transition(change, status, None, |_| ()).await
    }

    fn everything_of(&self, name: &str) -> Vec<Item> {
        let Some(resource) = self.resources.get(name) else { return Vec::new() };
        let mut instances: Vec<&Instance> = resource.present.iter().chain(&resource.garbage).collect();
        if let Some(Before::Instance(before)) = &resource.before
            && !instances.iter().any(|instance| instance.physical_id == before.physical_id)
        {
            instances.push(before);
        }
        instances.into_iter().map(|instance| Item::new(name, instance)).collect()
    }

    /// Deletes these, each only once nothing is left that needs it. Answers what could not be deleted.
    async fn remove(&mut self, mut items: Vec<Item>) -> Result<BTreeSet<String>, Failure> {
        let (sender, mut receiver) = mpsc::unbounded_channel();
        let mut failed = BTreeSet::new();
        loop {
            let (mut jobs, mut change) = (Vec::new(), Change::new());
            while let Some(place) = next(&items) {
                if self.is_kept(&items[place]) {
                    let item = items.swap_remove(place);
                    self.leave(&mut change, &item)?;
                    continue;
                }
                if items.iter().filter(|item| item.running).count() >= AT_ONCE {
                    break;
                }
                items[place].running = true;
                jobs.push(self.begin_removal(&mut change, &items[place])?);
            }
            self.inner.ledger.commit(change).await?;
            jobs.into_iter().for_each(|job| self.start(job, &sender));
            if !items.iter().any(|item| item.running) {
                return Ok(failed);
            }
            let Some(first) = receiver.recv().await else { return Ok(failed) };
            let (mut change, mut more) = (Change::new(), Some(first));
            while let Some(finished) = more {
                let place = items.iter().position(|item| {
                    item.logical_id == finished.logical_id
                        && Some(&item.instance.physical_id) == finished.deleted.as_ref()
                });
                if let Some(place) = place {
                    items[place].running = false;
                    if finished.outcome.is_ok() {
                        items.swap_remove(place);
                    } else {
                        items[place].failed = true;
                        failed.insert(finished.logical_id.clone());
                    }
                }
                self.end_removal(&mut change, finished)?;
                more = receiver.try_recv().ok();
            }
            self.inner.ledger.commit(change).await?;
        }
    }

    /// Whether it stays although the stack goes.
    fn is_kept(&self, item: &Item) -> bool {
        let resource = self.resources.get(&item.logical_id);
        let is_garbage = resource.is_some_and(|resource| {
            resource.garbage.iter().any(|garbage| garbage.physical_id == item.instance.physical_id)
        });
        if is_garbage {
            return false;
        }
        if self.operation.skip.contains(&item.logical_id) {
            return true;
        }
        let is_rollback =
            self.stack.status == StackStatus::RollbackInProgress || self.stack.revision.is_none();
        match item.instance.shape.deletion_policy.0 {
            Policy::Delete | Policy::Snapshot => false,
            Policy::RetainExceptOnCreate => !is_rollback,
            Policy::Retain => !(is_rollback && self.operation.retain_except_on_create),
        }
    }

    fn leave(&mut self, change: &mut Change, item: &Item) -> Result<(), Failure> {
        let physical_id = item.instance.physical_id.clone();
        self.forget_instance(&item.logical_id, &physical_id);
        let told = Told { physical_id, ..Told::default() };
        self.tell(change, &item.logical_id, ResourceStatus::DeleteSkipped, told)
    }

    /// Takes an instance out of the record of its resource.
    fn forget_instance(&mut self, name: &str, physical_id: &str) {
        let Some(resource) = self.resources.get_mut(name) else { return };
        resource.doing = None;
        resource.garbage.retain(|garbage| garbage.physical_id != physical_id);
        if resource.present.as_ref().is_some_and(|present| present.physical_id == physical_id) {
            resource.present = None;
            physical_id.clone_into(&mut resource.last_physical_id);
        }
        if matches!(&resource.before, Some(Before::Instance(before)) if before.physical_id == physical_id) {
            resource.before = None;
        }
    }

    /// Whether an instance is what the resource is, and not one that it was.
    fn is_the_resource(&self, name: &str, physical_id: &str) -> bool {
        let present = self.resources.get(name).and_then(|resource| resource.present.as_ref());
        present.is_none_or(|present| present.physical_id == physical_id)
    }

    fn begin_removal(&mut self, change: &mut Change, item: &Item) -> Result<Job, Failure> {
        let name = item.logical_id.as_str();
        let told = Told { physical_id: item.instance.physical_id.clone(), ..Told::default() };
        self.tell_removal(change, name, ResourceStatus::DeleteInProgress, told)?;
        let resource_type = item.instance.resource_type.clone();
        let token = self.inner.uuid();
        let scope = self.scope(name, (&item.instance.shape.tags, &BTreeMap::new()), &token);
        let work = Work::Delete {
            physical_id: item.instance.physical_id.clone(),
            properties: item.instance.shape.properties.0.clone(),
        };
        Ok(Job { resource_type, scope, work })
    }

    fn end_removal(&mut self, change: &mut Change, finished: Finished) -> Result<(), Failure> {
        let name = finished.logical_id;
        let physical_id = finished.deleted.unwrap_or_default();
        let mut told = Told { physical_id: physical_id.clone(), ..Told::default() };
        match finished.outcome {
            Err(error) => {
                told.reason = Some(reason_of(&error));
                self.tell_removal(change, &name, ResourceStatus::DeleteFailed, told)
            }
            Ok(_) => {
                let is_it = self.is_the_resource(&name, &physical_id);
                self.forget_instance(&name, &physical_id);
                if is_it {
                    return self.tell(change, &name, ResourceStatus::DeleteComplete, told);
                }
                self.record(change, &name)?;
                let resource_type = self.type_of(&name);
                self.event(change, (&name, &resource_type), ResourceStatus::DeleteComplete.name(), told)
            }
        }
    }

    /// Tells of the removal of an instance; a resource whose old self is deleted stays what it is.
    fn tell_removal(
        &mut self,
        change: &mut Change,
        name: &str,
        status: ResourceStatus,
        told: Told,
    ) -> Result<(), Failure> {
        if self.is_the_resource(name, &told.physical_id) {
            return self.tell(change, name, status, told);
        }
        let resource_type = self.type_of(name);
        self.event(change, (name, &resource_type), status.name(), told)
    }

    fn type_of(&self, name: &str) -> String {
        self.resources.get(name).map(|resource| resource.resource_type.clone()).unwrap_or_default()
    }

    /// Takes back the names that the stack has.
    fn give_up_names(&self, change: &mut Change) -> Result<(), Failure> {
        let keys = self.inner.ledger.keys;
        let place = self.inner.place(&self.stack.account, &self.stack.region);
        change.delete(keys.name(&place, &self.stack.name));
        for export in self.stack.outputs.iter().filter_map(|output| output.export.as_ref()) {
            change.delete(keys.export(&place, export));
        }
        self.inner.ledger.each(&keys.change_sets(self.key), |key, _: crate::records::ChangeSet| {
            change.delete(keys.read(key));
            true
        })
    }
}

impl Item {
    fn new(name: &str, instance: &Instance) -> Self {
        Self { logical_id: name.to_owned(), instance: instance.clone(), running: false, failed: false }
    }
}

/// The next one that nothing needs any longer. Revisions of a template may need each other's resources in a circle; then the
/// first is taken.
fn next(items: &[Item]) -> Option<usize> {
    let is_needed = |item: &Item| {
        let mut others = items.iter().filter(|other| other.logical_id != item.logical_id);
        others.any(|other| other.instance.needs.contains(&item.logical_id))
    };
    let open = |item: &Item| !item.running && !item.failed;
    let free = items.iter().position(|item| open(item) && !is_needed(item));
    let stuck = !items.iter().any(|item| item.running || item.failed);
    free.or_else(|| items.iter().position(open).filter(|_| stuck))
}

/// Says what could not be deleted.
fn failed_to_delete(failed: &BTreeSet<String>) -> String {
    let names: Vec<&str> = failed.iter().map(String::as_str).collect();
    format!("The following resource(s) failed to delete: [{}]. ", names.join(", "))
}
