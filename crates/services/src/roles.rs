//! Roles: of IAM, what deployment tools make and read: roles, their policies within and attached, managed policies.
//!
//! All of it is recorded, and nothing enforced: nobody's rights are checked here. IAM has no regions, so an account has one
//! set of roles. Policies that AWS manages (`arn:aws:iam::aws:policy/...`) can be attached and read by any name.

mod document;
mod failure;
mod managed;
mod operations;
mod page;
mod policy;
mod request;
mod role;
#[cfg(test)]
mod tests;

pub use crate::query::Failure;

use crate::ledger::Ledger;
use crate::query::{Answer, Call};
use database::Caller;
use environment::Environment;
use policy::Policy;
use request::Request;
use role::Role;
use std::sync::Arc;
use store::{Runner, SpaceId};
use wire::query::{self, Members};

/// The largest body: a policy of 128 KiB, percent-encoded, and tags.
pub const BODY_BYTES_MAX: usize = 1 << 20;

/// The name space of the service's elements.
const NAMESPACE: &str = "https://iam.amazonaws.com/doc/2010-05-08/";

/// What the keys of records begin with; account and name, in lower case, follow.
const ROLE: u8 = 0x01;
const POLICY: u8 = 0x02;

/// How roles are kept.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// Whether all accounts see the same.
    pub shared: bool,
}

/// What a role or a policy is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entity {
    /// Its name, without its path.
    pub name: String,
    /// Its ARN.
    pub arn: String,
    /// Its id: `AROA...`, `ANPA...`.
    pub id: String,
}

/// The service. Clones are the same.
#[derive(Clone, Debug)]
pub struct Roles {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    options: Options,
    environment: Environment,
    roles: Ledger<Role>,
    policies: Ledger<Policy>,
    /// Held by whoever changes something.
    control: tokio::sync::Mutex<()>,
}

impl Roles {
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
        let roles = Ledger::open(runner.clone(), space, ROLE)?;
        let policies = Ledger::open(runner, space, POLICY)?;
        let control = tokio::sync::Mutex::default();
        Ok(Self { inner: Arc::new(Inner { options, environment, roles, policies, control }) })
    }

    /// Answers a client.
    pub async fn call(&self, call: &Call<'_>) -> Answer {
        let answered = match call.members() {
            Ok(members) => {
                let (roles, caller) = (self.clone(), call.caller.clone());
                // Whether or not anybody waits for the answer, so that memory and store stay the same.
                environment::settled(async move { roles.ask(&caller, members).await }).await
            }
            Err(malformed) => Err(malformed.into()),
        };
        match answered {
            Ok(answer) => Answer::done(answer, call.request_id),
            Err(failure) => failure.answer(NAMESPACE, call.request_id),
        }
    }

    /// Does what a request asks for, `Action` among its members: for others in this process.
    ///
    /// # Errors
    /// Why it was not done, as a client is told.
    pub async fn ask(&self, caller: &Caller, members: Members) -> Result<query::Answer, Failure> {
        self.run(&Request { members, caller }).await
    }

    /// What a role is called, if there is one of this name.
    #[must_use]
    pub fn role(&self, caller: &Caller, name: &str) -> Option<Entity> {
        let role = self.find_role(caller, name)?;
        Some(Entity { name: role.name.clone(), arn: role.arn(), id: role.id.clone() })
    }

    /// What a managed policy is called, if there is one with this ARN.
    #[must_use]
    pub fn policy(&self, caller: &Caller, arn: &str) -> Option<Entity> {
        let policy = self.find_policy(caller, arn)?;
        Some(Entity { name: policy.name.clone(), arn: policy.arn(), id: policy.id.clone() })
    }

    /// The account whose roles a caller sees.
    fn place<'a>(&self, caller: &'a Caller) -> &'a str {
        if self.inner.options.shared { "" } else { &caller.account }
    }

    fn find_role(&self, caller: &Caller, name: &str) -> Option<Arc<Role>> {
        self.inner.roles.get(&[self.place(caller), &name.to_ascii_lowercase()])
    }

    /// The policy with this ARN, be it made here or AWS's.
    fn find_policy(&self, caller: &Caller, arn: &str) -> Option<Arc<Policy>> {
        if let Some(path) = arn.strip_prefix(managed::ARN_PREFIX) {
            return managed::policy(path).map(Arc::new);
        }
        let name = arn.rsplit('/').next()?.to_ascii_lowercase();
        let policy = self.inner.policies.get(&[self.place(caller), &name])?;
        (policy.arn() == arn).then_some(policy)
    }

    /// The roles that a policy is attached to, or bounds.
    fn roles_with(&self, caller: &Caller, holds: impl Fn(&Role) -> bool) -> Vec<Arc<Role>> {
        let roles = self.inner.roles.below(&[self.place(caller)]);
        roles.into_iter().filter(|role| holds(role)).collect()
    }

    /// Makes a role what it shall be.
    async fn store_role(&self, caller: &Caller, role: Role) -> Result<Arc<Role>, Failure> {
        let name = role.name.to_ascii_lowercase();
        let stored = self.inner.roles.put(&[self.place(caller), &name], role).await;
        stored.map_err(Failure::internal)
    }

    /// Makes a policy what it shall be.
    async fn store_policy(&self, caller: &Caller, policy: Policy) -> Result<Arc<Policy>, Failure> {
        let name = policy.name.to_ascii_lowercase();
        let stored = self.inner.policies.put(&[self.place(caller), &name], policy).await;
        stored.map_err(Failure::internal)
    }

    fn now_ms(&self) -> u64 {
        self.inner.environment.clock.now_ms()
    }

    /// A new id: what kind of thing it is of, and 17 letters and digits.
    fn id(&self, kind: &str) -> String {
        const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
        let bits = self.inner.environment.random.next_u128();
        let letter = |nth: u32| char::from(ALPHABET[(bits >> (5 * nth) & 31) as usize]);
        kind.chars().chain((0..17).map(letter)).collect()
    }
}

/// A refusal of a request that did not reach the service.
#[must_use]
pub fn unreached(status: u16, code: &'static str, message: &str, request_id: &str) -> Answer {
    Failure::new(code, message).with_status(status).answer(NAMESPACE, request_id)
}

/// Starts the answer to an operation, with a result.
fn result(operation: &str) -> query::Answer {
    query::Answer::with_result(operation, NAMESPACE)
}

/// The answer to an operation that says nothing more.
fn done(operation: &str) -> query::Answer {
    query::Answer::without_result(operation, NAMESPACE)
}

/// Writes tags.
fn write_tags(answer: &mut query::Answer, tags: &std::collections::BTreeMap<String, String>) {
    answer.open("Tags");
    for (key, value) in tags {
        answer.open("member").element("Key", key).element("Value", value).close();
    }
    answer.close();
}
