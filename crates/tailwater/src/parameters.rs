//! SSM's parameter store behind the front door, by target.

use crate::config::Config;
use crate::dynamodb::caller;
use database::Database;
use server::{Admission, Answer, ContentType, Head, Refusal, Request, Response, Service};
use services::parameters::{self, BODY_BYTES_MAX, Options, Parameters, TARGET};

/// The name of the space of the records.
const SPACE: &str = "parameters";

/// Opens the parameters.
pub(crate) fn open(config: &Config, database: &Database) -> anyhow::Result<Parameters> {
    let options = Options { shared: config.shared_tables };
    let space = database.service_space(SPACE)?;
    Ok(Parameters::open(database.runner().clone(), space, options, database.environment().clone())?)
}

/// The service.
pub(crate) struct Ssm {
    parameters: Parameters,
}

impl Ssm {
    pub(crate) fn new(parameters: Parameters) -> Self {
        Self { parameters }
    }
}

impl Service for Ssm {
    fn accepts(&self, head: &Head<'_>) -> bool {
        head.path() == "/" && head.method() == "POST" && operation(head.target()).is_some()
    }

    fn admit(&self, _: &Head<'_>) -> Result<Admission, Response> {
        Ok(Admission { body_limit: BODY_BYTES_MAX, authentication: true })
    }

    fn call(&self, request: Request) -> Answer {
        let parameters = self.parameters.clone();
        Answer::later(async move {
            let operation = operation(request.target()).unwrap_or_default();
            response(parameters.call(operation, &caller(&request), &request.body).await)
        })
    }

    fn refuse(&self, refusal: &Refusal) -> Response {
        let code = match refusal {
            Refusal::Overloaded => "ThrottlingException",
            Refusal::Malformed => "SerializationException",
            Refusal::Internal => "InternalServerError",
            Refusal::Unauthenticated(failure) => failure.code,
            Refusal::ForeignHost | Refusal::ForeignOrigin => "AccessDeniedException",
            Refusal::TooLarge { .. } | Refusal::TimedOut => "ValidationException",
        };
        response(parameters::unreached(refusal.status(), code, &refusal.to_string()))
    }
}

fn operation(target: Option<&str>) -> Option<&str> {
    target.and_then(|target| target.strip_prefix(TARGET))
}

fn response(answer: parameters::Answer) -> Response {
    Response::new(answer.status, ContentType::AmzJson11, answer.body)
}
