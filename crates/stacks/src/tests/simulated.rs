//! A world of resources that depend on each other: making and changing them fails at random, and whoever deletes what is
//! needed, or needs what is not there, is found out.

use crate::Registry;
use crate::resources::{Made, Provider, ResourceError, Scope, Work};
use cloudformation::Value;
use environment::Random;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard};

/// A resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Thing {
    pub(super) logical_id: String,
    pub(super) properties: String,
    pub(super) needs: BTreeSet<String>,
}

/// All there is.
#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) things: BTreeMap<String, Thing>,
    /// What was made for a token.
    tokens: BTreeMap<String, String>,
    /// What should never have happened.
    pub(super) wrongs: Vec<String>,
    /// How often in a thousand it fails to make or change, and to delete.
    pub(super) failing_permille: u64,
    pub(super) undeletable_permille: u64,
    /// Logical ids that cannot be made or changed.
    pub(super) failing: BTreeSet<String>,
    /// Such as make their provider panic.
    pub(super) panicking: BTreeSet<String>,
    /// In the order in which it happened.
    pub(super) done: Vec<String>,
    /// The properties before and after each change that was asked for.
    pub(super) changes: Vec<(String, String)>,
}

/// The world, which providers of all types are.
pub(super) struct World {
    state: Mutex<State>,
    random: Random,
}

impl World {
    pub(super) fn new(random: Random) -> Self {
        Self { state: Mutex::default(), random }
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    fn happens(&self, permille: u64) -> bool {
        self.random.next_u64() % 1_000 < permille
    }

    /// Others run meanwhile; the server may end in any of these.
    async fn pass(&self) {
        for _ in 0..self.random.next_u64() % 4 {
            environment::yield_now().await;
        }
    }

    fn fails(&self, state: &State, logical_id: &str) -> bool {
        state.failing.contains(logical_id) || self.happens(state.failing_permille)
    }
}

impl Registry for World {
    fn provider(&self, _: &str) -> Option<&dyn Provider> {
        Some(self)
    }
}

/// Refuses properties that say themselves that they are not fit.
fn check_fit(properties: &Value) -> Result<(), ResourceError> {
    match properties.get("Unfit") {
        None => Ok(()),
        Some(_) => Err(ResourceError::Unfit("extraneous key [Unfit] is not permitted".to_owned())),
    }
}

/// The physical ids that properties name.
fn needs(properties: &Value) -> BTreeSet<String> {
    let named = properties.get("Needs").and_then(Value::as_list).unwrap_or_default();
    named.iter().filter_map(Value::as_str).map(str::to_owned).collect()
}

impl State {
    fn check(&mut self, physical_id: &str, thing: &Thing) {
        for needed in &thing.needs {
            if !self.things.contains_key(needed) {
                self.wrongs.push(format!("{physical_id} needs {needed}, which is not there"));
            }
        }
    }
}

fn made(physical_id: &str) -> Made {
    let attributes = [("Arn".to_owned(), Value::string(format!("arn:{physical_id}")))];
    Made { physical_id: physical_id.to_owned(), reference: None, attributes: attributes.into() }
}

impl Provider for World {
    fn create<'a>(
        &'a self,
        scope: &'a Scope,
        name: Option<&'a str>,
        properties: &'a Value,
    ) -> Work<'a, Made> {
        Box::pin(async move {
            self.pass().await;
            check_fit(properties)?;
            let panics = self.state().panicking.contains(&scope.logical_id);
            assert!(!panics, "a planted panic");
            {
                let mut state = self.state();
                if let Some(known) = state.tokens.get(&scope.token).cloned() {
                    return Ok(made(&known));
                }
                if self.fails(&state, &scope.logical_id) {
                    return Err(ResourceError::Failed(format!("{} cannot be made", scope.logical_id)));
                }
                let physical_id = name.unwrap_or(&scope.token).to_owned();
                if state.things.contains_key(&physical_id) {
                    return Err(ResourceError::AlreadyExists(format!("{physical_id} already exists")));
                }
                let thing = Thing {
                    logical_id: scope.logical_id.clone(),
                    properties: properties.to_json(),
                    needs: needs(properties),
                };
                state.check(&physical_id, &thing);
                state.things.insert(physical_id.clone(), thing);
                state.tokens.insert(scope.token.clone(), physical_id.clone());
                state.done.push(format!("+{}", scope.logical_id));
            }
            self.pass().await;
            let physical_id = self.state().tokens.get(&scope.token).cloned().unwrap_or_default();
            Ok(made(&physical_id))
        })
    }

    fn update<'a>(
        &'a self,
        scope: &'a Scope,
        physical_id: &'a str,
        before: &'a Value,
        after: &'a Value,
    ) -> Work<'a, Made> {
        Box::pin(async move {
            self.pass().await;
            check_fit(after)?;
            let fails = {
                let mut state = self.state();
                state.changes.push((before.to_json(), after.to_json()));
                let fails = self.fails(&state, &scope.logical_id);
                let Some(mut thing) = state.things.get(physical_id).cloned() else {
                    return Err(ResourceError::NotFound(format!("{physical_id} is not there")));
                };
                // What fails may have done half of it.
                if !fails || self.happens(500) {
                    (thing.properties, thing.needs) = (after.to_json(), needs(after));
                    state.check(physical_id, &thing);
                    state.things.insert(physical_id.to_owned(), thing);
                    state.done.push(format!("={}", scope.logical_id));
                }
                fails
            };
            self.pass().await;
            if fails {
                return Err(ResourceError::Failed(format!("{} cannot be changed", scope.logical_id)));
            }
            Ok(made(physical_id))
        })
    }

    fn delete<'a>(&'a self, scope: &'a Scope, physical_id: &'a str, _: &'a Value) -> Work<'a, ()> {
        Box::pin(async move {
            self.pass().await;
            {
                let mut state = self.state();
                if self.happens(state.undeletable_permille) {
                    return Err(ResourceError::Failed(format!("{physical_id} cannot be deleted")));
                }
                let users: Vec<String> = state
                    .things
                    .iter()
                    .filter(|(_, thing)| thing.needs.contains(physical_id))
                    .map(|(user, _)| format!("{physical_id} is deleted, and {user} needs it"))
                    .collect();
                state.wrongs.extend(users);
                if state.things.remove(physical_id).is_some() {
                    state.done.push(format!("-{}", scope.logical_id));
                }
            }
            self.pass().await;
            Ok(())
        })
    }
}
