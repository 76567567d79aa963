//! Identity: of STS, what deployment tools ask before they do anything else.
//!
//! Who calls is the account of the access key: the key itself where it is 12 digits, else zeros. So the temporary
//! credentials of a role have its account for an access key, and whoever signs with them is in that account; nobody's rights
//! are checked, and nothing is kept. Where the server has keys of its own it could not know these, and gives none.

mod assume_role;
mod caller_identity;
mod credentials;
#[cfg(test)]
mod tests;

use crate::query::{Answer, Call, Failure};
use environment::Environment;
use wire::query;

/// The largest body: a policy and its tags.
pub const BODY_BYTES_MAX: usize = 1 << 20;

/// The name space of the service's elements.
const NAMESPACE: &str = "https://sts.amazonaws.com/doc/2011-06-15/";

/// The service.
#[derive(Clone, Debug)]
pub struct Identity {
    environment: Environment,
    /// Whether who asks must have signed with a key that the server was given.
    has_keys: bool,
}

impl Identity {
    /// The service. `has_keys`: whether the server takes only its own keys.
    #[must_use]
    pub const fn new(environment: Environment, has_keys: bool) -> Self {
        Self { environment, has_keys }
    }

    /// Answers a request.
    #[must_use]
    pub fn call(&self, call: &Call<'_>) -> Answer {
        match self.run(call) {
            Ok(answer) => Answer::done(answer, call.request_id),
            Err(failure) => failure.answer(NAMESPACE, call.request_id),
        }
    }

    fn run(&self, call: &Call<'_>) -> Result<query::Answer, Failure> {
        let members = call.members()?;
        match members.text("Action").unwrap_or_default() {
            "GetCallerIdentity" => Ok(caller_identity::run(&call.caller.account)),
            "AssumeRole" => self.assume_role(&members),
            "GetSessionToken" => self.session_token(&call.caller.account, &members),
            "" => Err(Failure::new("MissingAction", "Could not find operation in the request.")),
            other => Err(Failure::new("InvalidAction", format!("{other} is not supported by this server"))),
        }
    }
}

/// A refusal of a request that did not reach the service.
#[must_use]
pub fn unreached(status: u16, code: &'static str, message: &str, request_id: &str) -> Answer {
    Failure::new(code, message).with_status(status).answer(NAMESPACE, request_id)
}

/// The answer to an operation, still without its result.
fn answer(operation: &str) -> query::Answer {
    query::Answer::with_result(operation, NAMESPACE)
}
