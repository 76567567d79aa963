//! CreateChangeSet: what a template would change, to be looked at and then executed.

use super::change_sets::Found;
use super::starting::user_initiated;
use super::update_stack::check_updatable;
use crate::Stacks;
use crate::failure::Failure;
use crate::ledger::Change;
use crate::proposal::Proposal;
use crate::records::{ChangeSet, ChangeType, OnFailure, Operation, Stack};
use crate::request::{Request, result};
use crate::status::{ChangeSetStatus, ExecutionStatus, StackStatus};
use std::collections::BTreeMap;
use wire::query::Answer;

/// How many change sets a stack may have, as on AWS.
const CHANGE_SETS_MAX: usize = 1_000;

/// What is said of one that changes nothing.
const NO_CHANGES: &str =
    "The submitted information didn't contain changes. Submit different information to create a change set.";

impl Stacks {
    pub(super) async fn create_change_set(&self, request: &Request<'_>) -> Result<Answer, Failure> {
        let name = request.new_change_set_name()?;
        let change_type = match request.one_of("ChangeSetType", &["CREATE", "UPDATE", "IMPORT"])?.as_deref() {
            Some("CREATE") => ChangeType::Create,
            Some("IMPORT") => ChangeType::Import,
            _ => ChangeType::Update,
        };
        if request.text("DeploymentMode").is_some() {
            return Err(Failure::validation("DeploymentMode is not supported by this server"));
        }
        let stack = self.stack_for(request, change_type)?;
        let previous = match stack.revision {
            Some(_) => self.revision_of(&stack)?,
            None => None,
        };
        let proposal = self.propose(request, &stack, previous.as_ref()).await?;
        proposal.check_capabilities(true)?;
        let mut change_set = self.drafted(request, name, &stack, &proposal)?;
        change_set.change_type = change_type;
        change_set.imported = imported(request, change_type)?;
        let _alone = self.inner.control.lock().await;
        // Somebody may have been faster.
        let stack = match self.stack_for(request, change_type)? {
            now if now.revision.is_none() && stack.revision.is_none() => match self.named_now(&stack)? {
                Some(known) => known,
                None => stack,
            },
            now => now,
        };
        let mut change = Change::new();
        for other in self.change_sets(&stack)? {
            if other.name == name {
                if other.token.is_some() && other.token == change_set.token {
                    return Ok(answered(&Found { stack, change_set: other }));
                }
                return Err(Failure::new(
                    "AlreadyExistsException",
                    format!("ChangeSet [{}] already exists", other.id),
                ));
            }
        }
        if self.change_sets(&stack)?.len() >= CHANGE_SETS_MAX {
            return Err(Failure::new(
                "LimitExceededException",
                format!("A stack has at most {CHANGE_SETS_MAX} change sets"),
            ));
        }
        let plan = self.plan(&stack, previous.as_ref(), &proposal, &change_set.imported)?;
        check_import(&plan.changes, &change_set)?;
        let is_new = stack.status == StackStatus::ReviewInProgress;
        if !plan.changes_something && !is_new {
            change_set.status = ChangeSetStatus::Failed;
            change_set.execution = ExecutionStatus::Unavailable;
            change_set.reason = Some(NO_CHANGES.to_owned());
        }
        change_set.changes = plan.changes;
        self.put_change_set(&mut change, &stack, &change_set)?;
        if is_new && stack.reason.is_none() {
            self.check_count(request)?;
            self.put_reviewed(request, &mut change, stack.clone())?;
        }
        self.inner.ledger.commit(change).await?;
        Ok(answered(&Found { stack, change_set }))
    }

    /// The stack that a change set is for; a new one where it shall make one.
    fn stack_for(&self, request: &Request<'_>, change_type: ChangeType) -> Result<Stack, Failure> {
        let name = request.required("StackName")?;
        let found = match self.found(request, name) {
            Ok(stack) if stack.is_deleted() => None,
            Ok(stack) => Some(stack),
            Err(failure) if failure.status() < 500 => None,
            Err(failure) => return Err(failure),
        };
        match (found, change_type) {
            (Some(stack), ChangeType::Create | ChangeType::Import)
                if stack.status == StackStatus::ReviewInProgress =>
            {
                Ok(stack)
            }
            (Some(stack), ChangeType::Create) => Err(Failure::validation(format!(
                "Stack [{}] already exists and cannot be created again with the changeSet [{}].",
                stack.name,
                request.text("ChangeSetName").unwrap_or_default()
            ))),
            (Some(stack), ChangeType::Update | ChangeType::Import) => {
                check_updatable(&stack)?;
                Ok(stack)
            }
            (None, ChangeType::Create | ChangeType::Import) => {
                let name = request.new_stack_name()?;
                Ok(self.new_stack((&request.caller.account, &request.caller.region), name))
            }
            (None, ChangeType::Update) => Err(Failure::validation(format!("Stack [{name}] does not exist"))),
        }
    }

    /// The stack that has the name of another now.
    fn named_now(&self, stack: &Stack) -> Result<Option<Stack>, Failure> {
        self.named(&stack.account, &stack.region, &stack.name)
    }

    fn drafted(
        &self,
        request: &Request<'_>,
        name: &str,
        stack: &Stack,
        proposal: &Proposal,
    ) -> Result<ChangeSet, Failure> {
        let (region, account) = (&stack.region, &stack.account);
        let on_failure = request.one_of("OnStackFailure", &["DO_NOTHING", "ROLLBACK", "DELETE"])?;
        Ok(ChangeSet {
            id: format!("arn:aws:cloudformation:{region}:{account}:changeSet/{name}/{}", self.inner.uuid()),
            name: name.to_owned(),
            change_type: ChangeType::Update,
            description: request.bounded("Description", 1_024)?,
            created_ms: self.inner.now_ms(),
            status: ChangeSetStatus::CreateComplete,
            execution: ExecutionStatus::Available,
            reason: None,
            revision: proposal.revision.clone(),
            changes: Vec::new(),
            on_failure: on_failure.map(|name| match name.as_str() {
                "DO_NOTHING" => OnFailure::Nothing,
                "DELETE" => OnFailure::Delete,
                _ => OnFailure::Rollback,
            }),
            imported: BTreeMap::new(),
            include_nested: request.boolean("IncludeNestedStacks")?.unwrap_or(false),
            import_existing: request.boolean("ImportExistingResources")?.unwrap_or(false),
            token: request.bounded("ClientToken", 128)?,
        })
    }

    /// Records a stack that is there only to be looked at.
    fn put_reviewed(
        &self,
        request: &Request<'_>,
        change: &mut Change,
        mut stack: Stack,
    ) -> Result<(), Failure> {
        stack.reason = user_initiated();
        let operation: Operation = self.operation(request, "CREATE_CHANGESET")?;
        self.tell_stack(change, &stack, &operation)?;
        let keys = self.inner.ledger.keys;
        let place = self.inner.place(&stack.account, &stack.region);
        change.put(keys.name(&place, &stack.name), &stack.key())?;
        change.put(keys.stack(stack.key()), &stack)
    }
}

fn answered(found: &Found) -> Answer {
    let mut answer = result("CreateChangeSet");
    answer.element("Id", &found.change_set.id).element("StackId", &found.stack.id);
    answer
}

/// The physical ids of what is to be imported, by logical id.
fn imported(request: &Request<'_>, change_type: ChangeType) -> Result<BTreeMap<String, String>, Failure> {
    let list = request.members.list("ResourcesToImport").unwrap_or_default();
    if change_type != ChangeType::Import {
        return match list.is_empty() {
            true => Ok(BTreeMap::new()),
            false => Err(Failure::validation("ResourcesToImport is only for change sets of type IMPORT")),
        };
    }
    let mut imported = BTreeMap::new();
    for resource in list {
        let name = resource.text("LogicalResourceId").unwrap_or_default();
        let identifiers = resource.map("ResourceIdentifier", ("key", "value")).unwrap_or_default();
        let identifier = match identifiers.as_slice() {
            [(_, value)] => value.value().filter(|value| !value.is_empty()),
            _ => None,
        };
        let Some(identifier) = identifier.filter(|_| !name.is_empty()) else {
            return Err(Failure::validation(format!(
                "The ResourceIdentifier of {name} must have one property, which names the resource"
            )));
        };
        imported.insert(name.to_owned(), identifier.to_owned());
    }
    if imported.is_empty() {
        return Err(Failure::validation("You must specify at least one resource to import"));
    }
    Ok(imported)
}

/// An import changes nothing else.
fn check_import(changes: &[crate::records::Change], change_set: &ChangeSet) -> Result<(), Failure> {
    if change_set.change_type != ChangeType::Import {
        return Ok(());
    }
    // Resources that do nothing come along with any template.
    let others = changes
        .iter()
        .filter(|change| change.action != "Import" && change.resource_type != "AWS::CDK::Metadata");
    let names: Vec<&str> = others.map(|change| change.logical_id.as_str()).collect();
    if !names.is_empty() {
        return Err(Failure::validation(format!(
            "As part of the import operation, you cannot modify or add [{}]",
            names.join(", ")
        )));
    }
    let all = || changes.iter().map(|change| &change.logical_id);
    match change_set.imported.keys().find(|name| !all().any(|known| known == *name)) {
        None => Ok(()),
        Some(name) => Err(Failure::validation(format!(
            "Resource {name} to import is not in the template, or in the stack already"
        ))),
    }
}
