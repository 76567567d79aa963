//! What an evaluation knows of a stack: its resources as they are, and the exports of others.

use crate::records::{Instance, Resource};
use cloudformation::Value;
use cloudformation::evaluate::{Context, Lookup};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

/// The resources of a stack that are there, by logical id, and the exports that may be imported.
#[derive(Debug, Default)]
pub(crate) struct World {
    pub(crate) resources: BTreeMap<String, Instance>,
    pub(crate) exports: BTreeMap<String, String>,
    /// The account and region that made-up ARNs are of.
    pub(crate) place: (String, String),
    /// The exports that were asked for.
    imported: Mutex<BTreeSet<String>>,
}

impl World {
    /// A world of these resources and exports.
    pub(crate) fn new(
        resources: &BTreeMap<String, Resource>,
        exports: BTreeMap<String, String>,
        place: (String, String),
    ) -> Self {
        let present =
            resources.iter().filter_map(|(name, resource)| Some((name, resource.present.as_ref()?)));
        let resources = present.map(|(name, instance)| (name.clone(), instance.clone())).collect();
        Self { resources, exports, place, imported: Mutex::default() }
    }

    /// The exports that were asked for.
    pub(crate) fn imported(&self) -> BTreeSet<String> {
        self.imported.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What an attribute is of a resource that is only recorded: a name that says what it stands for.
    fn made_up(&self, instance: &Instance, attribute: &str) -> String {
        if attribute != "Arn" {
            return format!("{}.{attribute}", instance.physical_id);
        }
        let mut parts = instance.resource_type.split("::").skip(1).map(str::to_ascii_lowercase);
        let (service, kind) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        let (account, region) = &self.place;
        format!("arn:aws:{service}:{region}:{account}:{kind}/{}", instance.physical_id)
    }
}

impl Context for World {
    fn reference(&self, resource: &str) -> Lookup {
        match self.resources.get(resource) {
            Some(instance) => Lookup::Known(Value::string(instance.reference())),
            None => Lookup::Unknown,
        }
    }

    fn attribute(&self, resource: &str, attribute: &str) -> Lookup {
        let Some(instance) = self.resources.get(resource) else { return Lookup::Unknown };
        match instance.attributes.members().get(attribute) {
            Some(value) => Lookup::Known(value.clone()),
            None if instance.recorded => Lookup::Known(Value::String(self.made_up(instance, attribute))),
            None => Lookup::NoSuchAttribute,
        }
    }

    fn export(&self, name: &str) -> Option<String> {
        let found = self.exports.get(name).cloned();
        if found.is_some() {
            self.imported.lock().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned());
        }
        found
    }
}
