//! What resources are to those that refer to them, while a stack changes.

use super::{Action, Change, Replacement, Stack, behaviour};
use crate::evaluate::{Context, Lookup};
use std::collections::{BTreeMap, BTreeSet};

/// A context in which resources are unknown that will be others, and attributes that a change may alter.
pub(super) struct Overlay<'a> {
    stack: &'a Stack,
    context: &'a dyn Context,
    replaced: BTreeSet<String>,
    altered: BTreeMap<String, Vec<&'static str>>,
}

impl<'a> Overlay<'a> {
    pub(super) const fn new(stack: &'a Stack, context: &'a dyn Context) -> Self {
        Self { stack, context, replaced: BTreeSet::new(), altered: BTreeMap::new() }
    }

    /// Takes note of a change, for the resources that are looked at after it.
    pub(super) fn note(&mut self, change: &Change) {
        let replaced = change.replacement.unwrap_or(Replacement::False) != Replacement::False;
        if change.action == Action::Modify && replaced {
            self.replaced.insert(change.logical_id.clone());
        }
        let names = change.details.iter().filter_map(|detail| detail.name.as_deref());
        let altered = names.flat_map(|name| behaviour::altered_attributes(&change.resource_type, name));
        self.altered.entry(change.logical_id.clone()).or_default().extend(altered);
    }

    fn is_unknown(&self, resource: &str) -> bool {
        self.replaced.contains(resource) || !self.stack.resources.contains_key(resource)
    }

    /// What is not known yet can still be known not to be.
    fn unknown(found: Lookup) -> Lookup {
        if found == Lookup::NoSuchAttribute { found } else { Lookup::Unknown }
    }
}

impl Context for Overlay<'_> {
    fn reference(&self, resource: &str) -> Lookup {
        if self.is_unknown(resource) { Lookup::Unknown } else { self.context.reference(resource) }
    }

    fn attribute(&self, resource: &str, attribute: &str) -> Lookup {
        let found = self.context.attribute(resource, attribute);
        let is_altered = self.altered.get(resource).is_some_and(|altered| altered.contains(&attribute));
        if is_altered || self.is_unknown(resource) { Self::unknown(found) } else { found }
    }

    fn export(&self, name: &str) -> Option<String> {
        self.context.export(name)
    }

    fn zones(&self, region: &str) -> Vec<String> {
        self.context.zones(region)
    }
}
