//! The engine: brings stacks to what was asked for.
//!
//! A stack's status says what is to be done next, and its records how far that has come, so that the engine is a loop over
//! what is stored: it begins a step by recording it, takes it, and records what came of it. Whenever the server ends, the next
//! start finds the same status and the same steps. Steps that were begun are taken again; providers know them by their tokens.
//!
//! - *forward* (`CREATE_IN_PROGRESS`, `UPDATE_IN_PROGRESS`, `IMPORT_IN_PROGRESS`): resources are made and changed in the order of
//!   the target's graph. What was there before a change is kept in the resource's record. In the end outputs are evaluated, and
//!   one commit makes the target the revision in force.
//! - *revert* (`UPDATE_ROLLBACK_IN_PROGRESS`): what was changed becomes as it was before.
//! - *clean-up* (`..._CLEANUP_IN_PROGRESS`): what was replaced, or left the stack, is deleted.
//! - *removal* (`DELETE_IN_PROGRESS`, `ROLLBACK_IN_PROGRESS`): everything is deleted.

mod broken;
mod conclusion;
mod exports;
mod forward;
mod job;
mod removal;
mod revert;
mod target;
mod world;

pub(crate) use conclusion::listed;
pub(crate) use exports::users_of_exports;
pub(crate) use target::{Target, prepare, processed, pseudo, summarised};
pub(crate) use world::World;

use crate::Inner;
use crate::failure::Failure;
use crate::keys::StackKey;
use crate::ledger::Change;
use crate::records::{Event, Operation, Resource, STACK_TYPE, Stack};
use crate::resources::Scope;
use crate::status::{ResourceStatus, StackStatus};
use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError};

/// How many resources of a stack are worked on at once.
const AT_ONCE: usize = 16;

/// The longest text of a resource's properties in an event, as on AWS.
const PROPERTIES_BYTES_MAX: usize = 4_096;

/// Works on a stack until nothing is left to do.
pub(crate) async fn drive(inner: Arc<Inner>, stack: StackKey) {
    loop {
        let worked = work(&inner, stack).await;
        inner.driven.lock().unwrap_or_else(PoisonError::into_inner).remove(&stack);
        inner.changed.notify_waiters();
        if let Err(error) = worked {
            // The record says what is being done; the next start tries again.
            tracing::error!(%error, "a stack cannot be worked on");
            return;
        }
        // Whoever began something between the last look and here has found somebody at work, and left it to him.
        let found = inner.ledger.stack(stack);
        let is_left = found.is_ok_and(|stack| stack.is_some_and(|stack| stack.status.is_in_progress()));
        if !is_left || !inner.driven.lock().unwrap_or_else(PoisonError::into_inner).insert(stack) {
            return;
        }
    }
}

async fn work(inner: &Arc<Inner>, key: StackKey) -> Result<(), Failure> {
    loop {
        let mut driver = Driver::new(inner, key)?;
        match driver.stack.status {
            StackStatus::CreateInProgress | StackStatus::UpdateInProgress | StackStatus::ImportInProgress => {
                driver.forward().await?;
            }
            StackStatus::UpdateRollbackInProgress | StackStatus::ImportRollbackInProgress => {
                driver.revert().await?;
            }
            StackStatus::UpdateCompleteCleanupInProgress
            | StackStatus::UpdateRollbackCompleteCleanupInProgress => driver.clean_up().await?,
            StackStatus::DeleteInProgress | StackStatus::RollbackInProgress => driver.remove_all().await?,
            _ => return Ok(()),
        }
    }
}

/// Works on a stack. Nobody else writes its resources and events meanwhile.
struct Driver {
    inner: Arc<Inner>,
    key: StackKey,
    stack: Stack,
    operation: Operation,
    resources: BTreeMap<String, Resource>,
    next_event: u64,
}

/// Something of a resource that goes into an event.
#[derive(Default)]
struct Told {
    physical_id: String,
    reason: Option<String>,
    properties: Option<String>,
}

impl Driver {
    fn new(inner: &Arc<Inner>, key: StackKey) -> Result<Self, Failure> {
        let stack = inner.ledger.known_stack(key)?;
        let operation =
            stack.operation.clone().ok_or_else(|| Failure::internal("a stack has no operation"))?;
        Ok(Self {
            inner: Arc::clone(inner),
            key,
            stack,
            operation,
            resources: inner.ledger.resources(key)?,
            next_event: inner.ledger.next_event(key)?,
        })
    }

    /// Whether somebody asked for the operation to end.
    fn is_cancelled(&self) -> Result<bool, Failure> {
        let stack = self.inner.ledger.known_stack(self.key)?;
        Ok(stack.operation.is_some_and(|operation| operation.cancelled))
    }

    /// Sets the status of a resource, and tells of it.
    fn tell(
        &mut self,
        change: &mut Change,
        logical_id: &str,
        status: ResourceStatus,
        told: Told,
    ) -> Result<(), Failure> {
        let now_ms = self.inner.now_ms();
        let Some(resource) = self.resources.get_mut(logical_id) else { return Ok(()) };
        resource.status = status;
        resource.reason.clone_from(&told.reason);
        resource.updated_ms = now_ms;
        resource.operation.clone_from(&self.operation.id);
        change.put(self.inner.ledger.keys.resource(self.key, logical_id), resource)?;
        let resource_type = resource.resource_type.clone();
        self.event(change, (logical_id, &resource_type), status.name(), told)
    }

    /// Tells of something.
    fn event(
        &mut self,
        change: &mut Change,
        (logical_id, resource_type): (&str, &str),
        status: &str,
        told: Told,
    ) -> Result<(), Failure> {
        let id = match resource_type {
            STACK_TYPE if logical_id == self.stack.name => self.inner.uuid(),
            _ => format!("{logical_id}-{status}-{}", self.inner.uuid()),
        };
        let properties = told.properties.map(|mut text| {
            if text.len() > PROPERTIES_BYTES_MAX {
                text.truncate(text.floor_char_boundary(PROPERTIES_BYTES_MAX));
            }
            text
        });
        let event = Event {
            id,
            logical_id: logical_id.to_owned(),
            physical_id: told.physical_id,
            resource_type: resource_type.to_owned(),
            time_ms: self.inner.now_ms(),
            status: status.to_owned(),
            reason: told.reason,
            properties,
            token: self.operation.token.clone(),
            operation: Some((self.operation.id.clone(), self.operation.kind.clone())),
        };
        change.put(self.inner.ledger.keys.event(self.key, self.next_event), &event)?;
        self.next_event += 1;
        Ok(())
    }

    /// Records a resource as it is in memory; one that is no longer there is taken out.
    fn record(&self, change: &mut Change, logical_id: &str) -> Result<(), Failure> {
        let key = self.inner.ledger.keys.resource(self.key, logical_id);
        match self.resources.get(logical_id) {
            Some(resource) => change.put(key, resource)?,
            None => change.delete(key),
        }
        Ok(())
    }

    /// Changes the status of the stack, in one commit with all else that is given.
    async fn transition(
        &mut self,
        change: Change,
        status: StackStatus,
        reason: Option<String>,
        edit: impl FnOnce(&mut Stack),
    ) -> Result<(), Failure> {
        let inner = Arc::clone(&self.inner);
        let _alone = inner.control.lock().await;
        self.transit(change, status, reason, edit).await
    }

    /// As [`Driver::transition`], under the lock already.
    async fn transit(
        &mut self,
        mut change: Change,
        status: StackStatus,
        reason: Option<String>,
        edit: impl FnOnce(&mut Stack),
    ) -> Result<(), Failure> {
        let inner = Arc::clone(&self.inner);
        let mut stack = inner.ledger.known_stack(self.key)?;
        stack.status = status;
        stack.reason.clone_from(&reason);
        edit(&mut stack);
        let told = Told { physical_id: stack.id.clone(), reason, properties: None };
        let name = stack.name.clone();
        self.event(&mut change, (&name, STACK_TYPE), status.name(), told)?;
        change.put(inner.ledger.keys.stack(self.key), &stack)?;
        inner.ledger.commit(change).await?;
        self.stack = stack;
        inner.changed.notify_waiters();
        Ok(())
    }

    /// For whom a resource is made, with the tags that the stack had for it, and those that it has.
    fn scope(
        &self,
        logical_id: &str,
        (had, tags): (&BTreeMap<String, String>, &BTreeMap<String, String>),
        token: &str,
    ) -> Scope {
        let mut tags = tags.clone();
        for (name, value) in [
            ("aws:cloudformation:stack-name", &self.stack.name),
            ("aws:cloudformation:stack-id", &self.stack.id),
            ("aws:cloudformation:logical-id", &logical_id.to_owned()),
        ] {
            tags.insert(name.to_owned(), value.clone());
        }
        Scope {
            account: self.stack.account.clone(),
            region: self.stack.region.clone(),
            host: self.operation.host.as_str().into(),
            stack_name: self.stack.name.clone(),
            stack_id: self.stack.id.clone(),
            logical_id: logical_id.to_owned(),
            tags,
            tags_before: had.clone(),
            token: token.to_owned(),
            resumed: false,
        }
    }
}
