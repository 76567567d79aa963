//! How the way forward ends: the target is in force, or what went wrong decides what is next.

use super::{Driver, Told, World, users_of_exports};
use crate::failure::Failure;
use crate::ledger::Change;
use crate::records::{Before, Export, OnFailure, Output, Resource};
use crate::status::{ResourceStatus, StackStatus};
use cloudformation::evaluate::Evaluation;
use cloudformation::template::Policy;
use std::collections::{BTreeMap, BTreeSet};

impl Driver {
    /// Makes the target the revision in force, unless its outputs cannot be.
    pub(super) async fn succeed(
        &mut self,
        evaluation: &Evaluation<'_>,
        world: &World,
    ) -> Result<(), Failure> {
        let outputs = match outputs(evaluation, world) {
            Ok(outputs) => outputs,
            Err(reason) => return self.fail(Some(reason)).await,
        };
        let inner = std::sync::Arc::clone(&self.inner);
        let alone = inner.control.lock().await;
        // Somebody may have asked for that since all was made; from here on it is too late to ask.
        if self.is_cancelled()? {
            drop(alone);
            return self.fail(None).await;
        }
        if let Some(reason) = self.lost_import(world)? {
            drop(alone);
            return self.fail(Some(reason)).await;
        }
        let mut change = Change::new();
        if let Some(reason) = self.set_exports(&mut change, &outputs)? {
            drop(alone);
            return self.fail(Some(reason)).await;
        }
        let kept: BTreeSet<&String> = evaluation.resources().map(|(name, _)| name).collect();
        let names: Vec<String> = self.resources.keys().cloned().collect();
        for name in names {
            self.conclude(&mut change, &name, kept.contains(&name))?;
        }
        if let Some(old) = self.stack.revision.filter(|old| Some(*old) != self.operation.target) {
            change.delete(inner.ledger.keys.revision(self.key, old));
        }
        let status = match self.stack.status {
            StackStatus::CreateInProgress => StackStatus::CreateComplete,
            StackStatus::ImportInProgress => StackStatus::ImportComplete,
            _ => StackStatus::UpdateCompleteCleanupInProgress,
        };
        let (target, imports) = (self.operation.target, world.imported());
        self.transit(change, status, None, |stack| {
            stack.revision = target;
            stack.outputs = outputs;
            stack.imports = imports;
        })
        .await
    }

    /// Nobody could know that this stack imports what it does, until it is done: what it has imported may have gone meanwhile.
    fn lost_import(&self, world: &World) -> Result<Option<String>, Failure> {
        let exports = self.inner.exports(&self.stack.account, &self.stack.region)?;
        for name in world.imported() {
            let export = exports.get(&name).filter(|now| world.exports.get(&name) == Some(&now.value));
            let exporting = match export {
                Some(export) => self.inner.ledger.stack(export.stack)?,
                None => None,
            };
            if exporting.is_none_or(|stack| stack.status == StackStatus::DeleteInProgress) {
                return Ok(Some(format!("No export named {name} found.")));
            }
        }
        Ok(None)
    }

    /// Records what is exported from now on; why it cannot be, otherwise.
    fn set_exports(&self, change: &mut Change, outputs: &[Output]) -> Result<Option<String>, Failure> {
        let inner = &self.inner;
        let place = inner.place(&self.stack.account, &self.stack.region);
        let named = |output: &Output| Some((output.export.clone()?, output.value.clone()));
        let new: BTreeMap<String, String> = outputs.iter().filter_map(named).collect();
        let others = inner.exports(&self.stack.account, &self.stack.region)?;
        for name in new.keys() {
            if let Some(other) = others.get(name).filter(|other| other.stack != self.key) {
                let stack = inner.ledger.stack(other.stack)?.map(|stack| stack.name).unwrap_or_default();
                return Ok(Some(format!("Export with name {name} is already exported by stack {stack}.")));
            }
        }
        if let Some((export, users)) = users_of_exports(inner, &self.stack, &new)? {
            let what = match new.contains_key(&export) {
                true => format!("Export {export} cannot be updated as it is in use by {}", listed(&users)),
                false => format!("Export {export} cannot be deleted as it is in use by {}", listed(&users)),
            };
            return Ok(Some(what));
        }
        let old = self.stack.outputs.iter().filter_map(|output| output.export.as_ref());
        for name in old.filter(|name| !new.contains_key(*name)) {
            change.delete(inner.ledger.keys.export(&place, name));
        }
        for (name, value) in new {
            change.put(inner.ledger.keys.export(&place, &name), &Export { stack: self.key, value })?;
        }
        Ok(None)
    }

    /// What becomes of a resource's record once there is no way back.
    fn conclude(&mut self, change: &mut Change, name: &str, kept: bool) -> Result<(), Failure> {
        let Some(resource) = self.resources.get_mut(name) else { return Ok(()) };
        let before = resource.before.take();
        let had_before = before.is_some();
        if let Some(Before::Instance(before)) = before {
            let policy = resource.present.as_ref().map_or(Policy::Delete, |new| new.shape.replace_policy.0);
            let is_other =
                resource.present.as_ref().is_none_or(|present| present.physical_id != before.physical_id);
            if is_other && !matches!(policy, Policy::Retain | Policy::RetainExceptOnCreate) {
                resource.garbage.push(*before);
            }
        }
        if kept {
            if had_before {
                self.record(change, name)?;
            }
            return Ok(());
        }
        resource.doing = None;
        if let Some(present) = resource.present.take() {
            resource.last_physical_id.clone_from(&present.physical_id);
            let policy = present.shape.deletion_policy.0;
            if matches!(policy, Policy::Retain | Policy::RetainExceptOnCreate) {
                let told = Told { physical_id: present.physical_id, ..Told::default() };
                self.tell(change, name, ResourceStatus::DeleteSkipped, told)?;
            } else {
                resource.garbage.push(present);
            }
        }
        if self.resources.get(name).is_some_and(|resource| resource.garbage.is_empty()) {
            self.resources.remove(name);
        }
        self.record(change, name)
    }

    /// The way forward has no end: decides what is next.
    pub(super) async fn fail(&mut self, reason: Option<String>) -> Result<(), Failure> {
        let operation = self.inner.ledger.known_stack(self.key)?.operation;
        let (cancelled, on_failure) =
            operation.map_or((false, OnFailure::Rollback), |now| (now.cancelled, now.on_failure));
        let reason = match reason {
            Some(reason) => reason,
            None if self.failed().is_empty() && cancelled => "User Initiated".to_owned(),
            None => failures(&self.failed(), &self.resources),
        };
        let asked = |reason: &str| format!("{} Rollback requested by user.", reason.trim_end());
        let (status, reason) = match (self.stack.status, on_failure) {
            (StackStatus::CreateInProgress, OnFailure::Rollback) => {
                (StackStatus::RollbackInProgress, asked(&reason))
            }
            (StackStatus::CreateInProgress, OnFailure::Delete) => {
                (StackStatus::DeleteInProgress, format!("{} Delete requested by user.", reason.trim_end()))
            }
            (StackStatus::CreateInProgress, OnFailure::Nothing) => (StackStatus::CreateFailed, reason),
            (StackStatus::ImportInProgress, _) => (StackStatus::ImportRollbackInProgress, reason),
            (_, OnFailure::Nothing) if !cancelled => (StackStatus::UpdateFailed, reason),
            _ => (StackStatus::UpdateRollbackInProgress, reason),
        };
        self.transition(Change::new(), status, Some(reason), |_| ()).await
    }
}

/// The outputs of a stack; why there are none, otherwise.
fn outputs(evaluation: &Evaluation<'_>, world: &World) -> Result<Vec<Output>, String> {
    let mut outputs = Vec::new();
    for (key, output) in evaluation.outputs() {
        let evaluated = evaluation.output(output, world).map_err(|error| error.to_string())?;
        let value = evaluated.value.text().map(std::borrow::Cow::into_owned);
        let value = value.ok_or_else(|| format!("Output {key} is not known"))?;
        outputs.push(Output {
            key: key.clone(),
            value,
            description: evaluated.description,
            export: evaluated.export,
        });
    }
    Ok(outputs)
}

/// Says what failed.
fn failures(failed: &BTreeSet<String>, resources: &BTreeMap<String, Resource>) -> String {
    let of = |wanted: &[ResourceStatus]| -> Vec<&str> {
        let failed = failed
            .iter()
            .filter(|name| resources.get(*name).is_some_and(|resource| wanted.contains(&resource.status)));
        failed.map(String::as_str).collect()
    };
    let created = of(&[ResourceStatus::CreateFailed]);
    let imported = of(&[ResourceStatus::ImportFailed]);
    let updated = of(&[ResourceStatus::UpdateFailed]);
    let mut text = String::new();
    for (what, names) in [("create", created), ("import", imported), ("update", updated)] {
        if !names.is_empty() {
            text.push_str(&format!("The following resource(s) failed to {what}: [{}]. ", names.join(", ")));
        }
    }
    text
}

/// Names in a sentence.
pub(crate) fn listed(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [name] => name.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}
