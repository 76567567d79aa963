//! Beginning an operation on a stack: one commit, and then the engine.

use crate::Stacks;
use crate::failure::Failure;
use crate::ledger::Change;
use crate::records::{Event, OnFailure, Operation, Revision, STACK_TYPE, Stack};
use crate::request::Request;
use crate::status::StackStatus;
use std::collections::{BTreeMap, BTreeSet};

/// How many tokens a stack remembers.
const TOKENS_MAX: usize = 100;

/// What is begun.
pub(super) struct Start {
    pub(super) operation: Operation,
    pub(super) revision: Option<Revision>,
    pub(super) status: StackStatus,
    pub(super) reason: Option<String>,
}

impl Stacks {
    /// An operation that nothing is known of yet.
    pub(super) fn operation(&self, request: &Request<'_>, kind: &str) -> Result<Operation, Failure> {
        Ok(Operation {
            id: self.inner.uuid(),
            kind: kind.to_owned(),
            token: request.token()?,
            target: None,
            host: request.caller.host.to_string(),
            on_failure: OnFailure::Rollback,
            retain_except_on_create: request.boolean("RetainExceptOnCreate")?.unwrap_or(false),
            skip: BTreeSet::new(),
            cancelled: false,
            import: false,
            imported: BTreeMap::new(),
        })
    }

    /// A stack that is not there yet.
    pub(super) fn new_stack(&self, (account, region): (&str, &str), name: &str) -> Stack {
        let id = format!("arn:aws:cloudformation:{region}:{account}:stack/{name}/{}", self.inner.uuid());
        Stack {
            id,
            name: name.to_owned(),
            account: account.to_owned(),
            region: region.to_owned(),
            created_ms: self.inner.now_ms(),
            updated_ms: None,
            deleted_ms: None,
            status: StackStatus::ReviewInProgress,
            reason: None,
            revision: None,
            revisions: 0,
            protected: false,
            policy: None,
            outputs: Vec::new(),
            imports: BTreeSet::new(),
            change_set: None,
            operation: None,
            parent: None,
            root: None,
            tokens: Vec::new(),
        }
    }

    /// Whether a request with a token was done already; the token is remembered with what it was for. Under the lock.
    pub(super) fn is_repeated(stack: &mut Stack, operation: &Operation) -> Result<bool, Failure> {
        let Some(token) = &operation.token else { return Ok(false) };
        if let Some((_, kind)) = stack.tokens.iter().find(|(known, _)| known == token) {
            return if *kind == operation.kind { Ok(true) } else { Err(Failure::token(token)) };
        }
        stack.tokens.push((token.clone(), operation.kind.clone()));
        if stack.tokens.len() > TOKENS_MAX {
            stack.tokens.remove(0);
        }
        Ok(false)
    }

    /// Records the begin of an operation, and has it done. Under the lock.
    pub(super) async fn begin(
        &self,
        mut change: Change,
        mut stack: Stack,
        start: Start,
    ) -> Result<Stack, Failure> {
        let key = stack.key();
        let keys = self.inner.ledger.keys;
        let mut operation = start.operation;
        // What an operation that failed has left is no longer wanted.
        let failed = stack.operation.as_ref().and_then(|operation| operation.target);
        if let Some(failed) =
            failed.filter(|failed| Some(*failed) != stack.revision && start.revision.is_some())
        {
            change.delete(keys.revision(key, failed));
        }
        if let Some(revision) = &start.revision {
            change.put(keys.revision(key, stack.revisions), revision)?;
            operation.target = Some(stack.revisions);
            stack.revisions += 1;
        } else {
            operation.target = operation.target.or(failed);
        }
        let is_first = stack.revision.is_none() && start.status == StackStatus::CreateInProgress;
        if !is_first && start.status != StackStatus::DeleteInProgress {
            stack.updated_ms = Some(self.inner.now_ms());
        }
        stack.status = start.status;
        stack.reason.clone_from(&start.reason);
        self.tell_stack(&mut change, &stack, &operation)?;
        stack.operation = Some(operation);
        change.put(keys.stack(key), &stack)?;
        self.inner.ledger.commit(change).await?;
        self.inner.changed.notify_waiters();
        if stack.status.is_in_progress() {
            self.drive(key);
        }
        Ok(stack)
    }

    /// An event that tells the status of a stack that the engine does not work on.
    pub(super) fn tell_stack(
        &self,
        change: &mut Change,
        stack: &Stack,
        operation: &Operation,
    ) -> Result<(), Failure> {
        let key = stack.key();
        let event = Event {
            id: self.inner.uuid(),
            logical_id: stack.name.clone(),
            physical_id: stack.id.clone(),
            resource_type: STACK_TYPE.to_owned(),
            time_ms: self.inner.now_ms(),
            status: stack.status.name().to_owned(),
            reason: stack.reason.clone(),
            properties: None,
            token: operation.token.clone(),
            operation: Some((operation.id.clone(), operation.kind.clone())),
        };
        change.put(self.inner.ledger.keys.event(key, self.inner.ledger.next_event(key)?), &event)
    }
}

/// What somebody has asked for.
pub(super) fn user_initiated() -> Option<String> {
    Some("User Initiated".to_owned())
}
