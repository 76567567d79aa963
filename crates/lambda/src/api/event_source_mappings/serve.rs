//! The operations. A change is done when it is answered; the answer names the state that AWS passes through, and whoever
//! asks again sees the state behind it.

use super::body::Body;
use super::{Answering, EventSourceMappings, Operation, function_name, listing, shape, tags};
use crate::api::{Answer, Failure, Request};
use crate::pollers::{Mappings, NewMapping, OperationError, Scope, Shown, Update};

impl EventSourceMappings for Mappings {
    fn call(&self, operation: Operation, request: Request) -> Answering<'_> {
        let mappings = self.clone();
        // Whether or not anybody waits for the answer: what is stored is to be what runs.
        Box::pin(environment::settled(async move { answer(&mappings, operation, &request).await }))
    }
}

async fn answer(mappings: &Mappings, operation: Operation, request: &Request) -> Result<Answer, Failure> {
    match operation {
        Operation::Create => create(mappings, request).await,
        Operation::List => listing::list(mappings, request),
        Operation::Get(uuid) => get(mappings, request, &uuid),
        Operation::Update(uuid) => update(mappings, request, &uuid).await,
        Operation::Delete(uuid) => delete(mappings, request, &uuid).await,
        Operation::ListTags(arn) => tags::list(mappings, request, &arn),
        Operation::Tag(arn) => tags::tag(mappings, request, &arn).await,
        Operation::Untag(arn) => tags::untag(mappings, request, &arn).await,
    }
}

pub(super) fn scope(request: &Request) -> Scope<'_> {
    Scope { account: &request.caller.account, region: &request.caller.region }
}

impl From<OperationError> for Failure {
    fn from(error: OperationError) -> Self {
        match error {
            OperationError::Fault(fault) => fault.into(),
            OperationError::Failed(error) => Self::internal(error),
        }
    }
}

fn accepted(shown: &Shown, state: &str) -> Answer {
    Answer::json(202, &shape::describe(shown, state, false))
}

async fn create(mappings: &Mappings, request: &Request) -> Result<Answer, Failure> {
    let body = Body::read(&request.body)?;
    let new = NewMapping {
        request: body.request(),
        function_arn: function_name::arn(body.function_name.as_deref(), &request.caller)?,
        metrics: body.metrics()?,
        kms_key_arn: body.kms_key_arn.filter(|key| !key.is_empty()),
        tags: body.tags.unwrap_or_default(),
    };
    tags::check(&new.tags)?;
    let shown = mappings.create(scope(request), new).await?;
    // AWS answers this of one that is not to run at once.
    let state = if shown.mapping.configuration.enabled { "Creating" } else { "Disabled" };
    Ok(accepted(&shown, state))
}

fn get(mappings: &Mappings, request: &Request, uuid: &str) -> Result<Answer, Failure> {
    let shown = mappings.get(scope(request), uuid)?;
    Ok(Answer::json(200, &shape::describe(&shown, shape::settled(&shown), false)))
}

async fn update(mappings: &Mappings, request: &Request, uuid: &str) -> Result<Answer, Failure> {
    let body = Body::read(&request.body)?;
    let function_arn = match &body.function_name {
        None => None,
        name => Some(function_name::arn(name.as_deref(), &request.caller)?),
    };
    let update = Update {
        request: body.request(),
        function_arn,
        metrics: body.metrics()?,
        kms_key_arn: body.kms_key_arn,
    };
    let (old, new) = mappings.update(scope(request), uuid, update).await?;
    let state = match (old.mapping.configuration.enabled, new.mapping.configuration.enabled) {
        (false, true) => "Enabling",
        (true, false) => "Disabling",
        _ => "Updating",
    };
    Ok(accepted(&new, state))
}

async fn delete(mappings: &Mappings, request: &Request, uuid: &str) -> Result<Answer, Failure> {
    let shown = mappings.delete(scope(request), uuid).await?;
    Ok(accepted(&shown, "Deleting"))
}
