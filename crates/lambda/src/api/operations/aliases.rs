//! Aliases: names for versions, each with a second version where a part of the calls goes.

use super::list_functions::PAGE_MAX;
use crate::api::call::{Call, check_revision, not_found, refused};
use crate::api::describe::alias;
use crate::api::members::Members;
use crate::api::{Answer, Failure};
use crate::functions::name::{LATEST, is_number, is_word};
use crate::functions::record::{Alias, Function};
use serde_json::json;
use std::collections::BTreeMap;
use wire::layer::Constraint;

/// What a request says of an alias.
struct Settings {
    version: Option<String>,
    description: Option<String>,
    weights: Option<BTreeMap<String, f64>>,
}

impl Settings {
    fn read(members: &mut Members) -> Result<Self, Failure> {
        let version = members.text("FunctionVersion")?;
        if let Some(wrong) = version.as_ref().filter(|name| *name != LATEST && !is_number(name)) {
            let pattern = Constraint::Pattern("(\\$LATEST(\\.PUBLISHED)?|[0-9]+)");
            members.fail("FunctionVersion", wrong.clone(), pattern);
        }
        let description = members.text_of("Description", (0, 256))?;
        let mut weights = members.structure("RoutingConfig")?.map(|_| BTreeMap::new());
        if let (Some(weights), Some(given)) =
            (&mut weights, members.structure("RoutingConfig.AdditionalVersionWeights")?)
        {
            for (version, weight) in given {
                let weight = weight.as_f64().ok_or_else(|| {
                    Failure::new(400, "SerializationException", "The weight of a version is not a number.")
                })?;
                weights.insert(version.clone(), weight);
            }
        }
        Ok(Self { version, description, weights })
    }

    /// Changes an alias of a function, where it may be as they say.
    fn apply(self, function: &Function, alias: &mut Alias) -> Result<(), Failure> {
        if let Some(version) = self.version {
            alias.version = version;
        }
        if let Some(description) = self.description {
            alias.description = description;
        }
        if let Some(weights) = self.weights {
            alias.weights = weights;
        }
        if function.version(&alias.version).is_none() {
            return Err(not_found(function, Some(&alias.version)));
        }
        check_weights(function, alias)
    }
}

fn check_weights(function: &Function, alias: &Alias) -> Result<(), Failure> {
    if alias.weights.len() > 1 {
        return Err(Failure::invalid("Number of items in AdditionalVersionWeights cannot be greater than 1"));
    }
    for (version, weight) in &alias.weights {
        if !(0.0..=1.0).contains(weight) {
            let bound = if *weight < 0.0 { Constraint::MinValue(0) } else { Constraint::MaxValue(1) };
            let value = format!("{{{version}={weight}}}");
            return Err(refused("routingConfig.additionalVersionWeights", &value, bound));
        }
        if !is_number(version) || alias.version == LATEST {
            return Err(Failure::invalid(
                "$LATEST is not supported for an alias pointing to more than 1 version",
            ));
        }
        if *version == alias.version {
            return Err(Failure::invalid(format!(
                "Invalid function version {version}. Function version {version} is already included in routing configuration."
            )));
        }
        if function.version(version).is_none() {
            return Err(not_found(function, Some(version)));
        }
    }
    Ok(())
}

impl Call {
    pub(super) async fn create_alias(self) -> Result<Answer, Failure> {
        let mut members = self.members()?;
        let name = members.text("Name")?;
        let name = members.required("Name", name).unwrap_or_default();
        if !name.is_empty() && (is_number(&name) || !is_word(&name) || name.len() > 128) {
            members.fail("Name", name.clone(), Constraint::Pattern("(?!^[0-9]+$)([a-zA-Z0-9-_]+)"));
        }
        let version = members.text("FunctionVersion")?;
        members.required("FunctionVersion", version);
        let settings = Settings::read(&mut members)?;
        members.finish()?;
        let function = self.unqualified()?;
        let revision_id = self.functions.uuid();
        let edit = self.functions.edit(&function, move |function, _| {
            if function.aliases.contains_key(&name) {
                let arn = function.arn(Some(&name));
                return Err(Failure::conflict(format!("Alias already exists: {arn}")));
            }
            let mut made = Alias {
                version: String::new(),
                description: String::new(),
                weights: BTreeMap::new(),
                revision_id,
            };
            settings.apply(function, &mut made)?;
            function.aliases.insert(name.clone(), made.clone());
            Ok((name, made))
        });
        let ((name, made), function) = edit.await?;
        Ok(Answer::json(201, &alias(&function, &name, &made)))
    }

    pub(super) fn get_alias(&self) -> Result<Answer, Failure> {
        let function = self.unqualified()?;
        let name = self.parameter(1);
        let found = function.aliases.get(name).ok_or_else(|| missing(&function, name))?;
        Ok(Answer::json(200, &alias(&function, name, found)))
    }

    pub(super) async fn update_alias(self) -> Result<Answer, Failure> {
        let mut members = self.members()?;
        let settings = Settings::read(&mut members)?;
        let revision = members.text("RevisionId")?;
        members.finish()?;
        let function = self.unqualified()?;
        let (name, revision_id) = (self.parameter(1).to_owned(), self.functions.uuid());
        let edit = self.functions.edit(&function, move |function, _| {
            let found = function.aliases.get(&name).ok_or_else(|| missing(function, &name))?;
            check_revision(revision.as_deref(), &found.revision_id)?;
            let mut changed = Alias { revision_id, ..found.clone() };
            settings.apply(function, &mut changed)?;
            function.aliases.insert(name.clone(), changed.clone());
            Ok((name, changed))
        });
        let ((name, changed), function) = edit.await?;
        Ok(Answer::json(200, &alias(&function, &name, &changed)))
    }

    pub(super) async fn delete_alias(self) -> Result<Answer, Failure> {
        let function = self.unqualified()?;
        let name = self.parameter(1).to_owned();
        let edit = self.functions.edit(&function, move |function, _| {
            // One that is not there is deleted as well.
            function.aliases.remove(&name);
            function.policies.remove(&name);
            function.event_invoke.remove(&name);
            function.provisioned.remove(&name);
            function.urls.remove(&name);
            Ok(())
        });
        edit.await?;
        Ok(Answer::empty(204))
    }

    pub(super) fn list_aliases(&self) -> Result<Answer, Failure> {
        let function = self.unqualified()?;
        let wanted = self.query("FunctionVersion");
        let all = function.aliases.iter();
        let all = all.filter(|(_, alias)| wanted.is_none_or(|wanted| alias.version == wanted)).collect();
        let (page, next) = self.page(all, PAGE_MAX, |(name, _): &(&String, &Alias)| (*name).clone())?;
        let entries: Vec<_> = page.iter().map(|(name, found)| alias(&function, name, found)).collect();
        let mut answer = json!({ "Aliases": entries });
        if let Some(next) = next {
            answer["NextMarker"] = json!(next);
        }
        Ok(Answer::json(200, &answer))
    }
}

fn missing(function: &Function, name: &str) -> Failure {
    Failure::not_found(format!("Cannot find alias arn: {}", function.arn(Some(name))))
}
