//! Parameters: the parameter store of SSM, as deployment tools and programs use it.
//!
//! A parameter is one record in the store of the tables, and in memory too; what was answered is committed. Its current
//! version is kept, not those before it. What is of type SecureString is kept as it is, and shown in clear only to those who
//! ask for decryption.
//!
//! The version of CDK's bootstrap is there before anybody bootstraps, so that what is deployed by it can be deployed at once.

mod failure;
mod name;
mod operations;
mod parameter;
#[cfg(test)]
mod tests;

use crate::ledger::Ledger;
use crate::request::Request;
use crate::value::Value;
use database::Caller;
use environment::Environment;
use failure::Failure;
use parameter::{Owner, Parameter};
use std::sync::Arc;
use store::{Runner, SpaceId};

/// What an `X-Amz-Target` header begins with.
pub const TARGET: &str = "AmazonSSM.";

/// The largest body.
pub const BODY_BYTES_MAX: usize = 1 << 20;

/// What the keys of records begin with; account, region and name follow.
const RECORD: u8 = 0x01;

/// The parameter in which CDK finds what version of its bootstrap there is, and what it finds before there is any.
const BOOTSTRAP: (&str, &str) = ("/cdk-bootstrap/hnb659fds/version", "21");

/// How parameters are kept.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// Whether all accounts and regions see the same.
    pub shared: bool,
}

/// An answer: JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The body.
    pub body: Vec<u8>,
}

/// The service. Clones are the same.
#[derive(Clone, Debug)]
pub struct Parameters {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    options: Options,
    environment: Environment,
    parameters: Ledger<Parameter>,
    /// Held by whoever changes something.
    control: tokio::sync::Mutex<()>,
}

impl Parameters {
    /// Opens what is recorded in this space.
    ///
    /// # Errors
    /// When the records cannot be read.
    pub fn open(
        runner: Runner,
        space: SpaceId,
        options: Options,
        environment: Environment,
    ) -> Result<Self, store::StoreError> {
        let parameters = Ledger::open(runner, space, RECORD)?;
        let control = tokio::sync::Mutex::default();
        Ok(Self { inner: Arc::new(Inner { options, environment, parameters, control }) })
    }

    /// Answers a request.
    pub async fn call(&self, operation: &str, caller: &Caller, body: &[u8]) -> Answer {
        let read = Value::from_json(body).and_then(Request::new).map_err(Failure::from);
        let answered = match read {
            Ok(request) => {
                let (parameters, operation, caller) = (self.clone(), operation.to_owned(), caller.clone());
                // Whether or not anybody waits for the answer, so that memory and store stay the same.
                environment::settled(async move { parameters.run(&operation, &caller, request).await }).await
            }
            Err(failure) => Err(failure),
        };
        match answered {
            Ok(value) => Answer { status: 200, body: value.to_json() },
            Err(failure) => failure.answer(),
        }
    }

    /// The value of a parameter, for others in this process.
    #[must_use]
    pub fn value(&self, account: &str, region: &str, name: &str) -> Option<String> {
        let owner = self.owner(&Caller::new(account, region));
        self.find(&owner, name).map(|parameter| parameter.value.clone())
    }

    fn owner(&self, caller: &Caller) -> Owner {
        if self.inner.options.shared {
            return Owner { account: "000000000000".to_owned(), region: "us-east-1".to_owned() };
        }
        Owner { account: caller.account.to_string(), region: caller.region.to_string() }
    }

    /// A parameter that somebody made.
    fn stored(&self, owner: &Owner, name: &str) -> Option<Arc<Parameter>> {
        self.inner.parameters.get(&owner.key(name))
    }

    /// All that somebody made, in the order of their names.
    fn all(&self, owner: &Owner) -> Vec<Arc<Parameter>> {
        self.inner.parameters.below(&[&owner.account, &owner.region])
    }

    /// A parameter by its name. That of the bootstrap is there always.
    fn find(&self, owner: &Owner, name: &str) -> Option<Arc<Parameter>> {
        let (bootstrap, version) = BOOTSTRAP;
        self.stored(owner, name).or_else(|| {
            (name == bootstrap)
                .then(|| Arc::new(Parameter::text(owner.clone(), bootstrap, version, self.now_ms())))
        })
    }

    /// Makes a parameter what it shall be.
    async fn store(&self, parameter: Parameter) -> Result<(), Failure> {
        let (owner, name) = (parameter.owner.clone(), parameter.name.clone());
        let stored = self.inner.parameters.put(&owner.key(&name), parameter).await;
        stored.map(drop).map_err(Failure::internal)
    }

    fn now_ms(&self) -> u64 {
        self.inner.environment.clock.now_ms()
    }
}

/// A refusal of a request that did not reach the service.
#[must_use]
pub fn unreached(status: u16, code: &'static str, message: &str) -> Answer {
    Failure::new(code, message).with_status(status).answer()
}
