//! IAM behind the front door: what is signed for it.

use crate::config::Config;
use crate::dynamodb::caller;
use crate::query_service::{NO_ID, call, code, is_call, response};
use database::Database;
use server::{Admission, Answer, Head, Refusal, Request, Response, Service};
use services::roles::{self, BODY_BYTES_MAX, Options, Roles};

/// The service in the credential scope.
const SERVICE: &str = "iam";

/// The name of the space of the records.
const SPACE: &str = "roles";

/// Opens the roles.
pub(crate) fn open(config: &Config, database: &Database) -> anyhow::Result<Roles> {
    let options = Options { shared: config.shared_tables };
    let space = database.service_space(SPACE)?;
    Ok(Roles::open(database.runner().clone(), space, options, database.environment().clone())?)
}

/// The service.
pub(crate) struct Iam {
    roles: Roles,
}

impl Iam {
    pub(crate) fn new(roles: Roles) -> Self {
        Self { roles }
    }
}

impl Service for Iam {
    fn accepts(&self, head: &Head<'_>) -> bool {
        head.signed_for() == Some(SERVICE) && is_call(head)
    }

    fn admit(&self, _: &Head<'_>) -> Result<Admission, Response> {
        Ok(Admission { body_limit: BODY_BYTES_MAX, authentication: true })
    }

    fn call(&self, request: Request) -> Answer {
        let roles = self.roles.clone();
        Answer::later(async move { response(roles.call(&call(&request, &caller(&request))).await) })
    }

    fn refuse(&self, refusal: &Refusal) -> Response {
        response(roles::unreached(refusal.status(), code(refusal), &refusal.to_string(), NO_ID))
    }
}
