//! Which resources need which: the order in which a stack is made and unmade.

#[cfg(test)]
mod tests;

use crate::TemplateError;
use crate::evaluate::{Evaluation, Mention, mentions_under};
use crate::template::Template;
use std::collections::{BTreeMap, BTreeSet};

/// For each resource, those that it needs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Graph {
    needs: BTreeMap<String, BTreeSet<String>>,
}

impl Graph {
    /// The graph of the resources whose conditions hold. They need what their properties name, in the branches that are
    /// taken, and what `DependsOn` names, if that is in the stack.
    ///
    /// # Errors
    /// When resources need each other in a circle.
    pub fn new(template: &Template, evaluation: &Evaluation<'_>) -> Result<Self, TemplateError> {
        let present: BTreeSet<&String> = evaluation.resources().map(|(name, _)| name).collect();
        let mut needs = BTreeMap::new();
        for (name, resource) in evaluation.resources() {
            let mut named = BTreeSet::new();
            mentions_under(
                &resource.properties,
                template.extended,
                evaluation.conditions(),
                &mut |mention| {
                    match mention {
                        Mention::Ref(name) | Mention::Attribute { resource: name, .. } => named.insert(name),
                        Mention::Condition(_) => false,
                    };
                    Ok(())
                },
            )?;
            named.extend(resource.depends_on.iter().map(String::as_str));
            let needed =
                named.into_iter().filter(|name| present.contains(&(*name).to_owned())).map(ToOwned::to_owned);
            needs.insert(name.clone(), needed.collect());
        }
        Self::of(needs)
    }

    /// A graph of what needs what. What is needed and is not there is left out.
    ///
    /// # Errors
    /// When resources need each other in a circle.
    pub fn of(mut needs: BTreeMap<String, BTreeSet<String>>) -> Result<Self, TemplateError> {
        let present: BTreeSet<String> = needs.keys().cloned().collect();
        needs.values_mut().for_each(|needed| needed.retain(|name| present.contains(name)));
        let graph = Self { needs };
        let circular = graph.circular();
        if circular.is_empty() { Ok(graph) } else { Err(TemplateError::Circular(circular)) }
    }

    /// What a resource needs.
    pub fn needs(&self, name: &str) -> impl Iterator<Item = &str> {
        self.needs.get(name).into_iter().flatten().map(String::as_str)
    }

    /// The resources that are not done and need none that is not: they may be made now, at once.
    #[must_use]
    pub fn ready(&self, done: &BTreeSet<String>) -> Vec<&str> {
        let open = self.needs.iter().filter(|(name, _)| !done.contains(*name));
        open.filter(|(_, needed)| needed.is_subset(done)).map(|(name, _)| name.as_str()).collect()
    }

    /// All resources, in sets that may be made at once, one set after the other.
    #[must_use]
    pub fn order(&self) -> Vec<Vec<String>> {
        order(&self.needs)
    }

    /// The graph in which what is needed waits for what needs it: the order of deletion.
    #[must_use]
    pub fn reversed(&self) -> Self {
        let mut needs: BTreeMap<String, BTreeSet<String>> =
            self.needs.keys().map(|name| (name.clone(), BTreeSet::new())).collect();
        for (name, needed) in &self.needs {
            for other in needed {
                needs.entry(other.clone()).or_default().insert(name.clone());
            }
        }
        Self { needs }
    }

    /// What is in a circle: what is left when again and again what needs nothing, and what nothing needs, is taken away.
    fn circular(&self) -> Vec<String> {
        let mut left = self.needs.clone();
        for _ in 0..2 {
            let ordered: BTreeSet<String> =
                Self { needs: left.clone() }.order().into_iter().flatten().collect();
            left.retain(|name, _| !ordered.contains(name));
            left.values_mut().for_each(|needed| needed.retain(|name| !ordered.contains(name)));
            left = Self { needs: left }.reversed().needs;
        }
        left.into_keys().collect()
    }
}

/// Kahn's order: of what is in a circle, and of what needs that, there is nothing in it.
fn order(needs: &BTreeMap<String, BTreeSet<String>>) -> Vec<Vec<String>> {
    let mut dependents: BTreeMap<&String, Vec<&String>> = BTreeMap::new();
    let mut open: BTreeMap<&String, usize> = BTreeMap::new();
    for (name, needed) in needs {
        needed.iter().for_each(|needed| dependents.entry(needed).or_default().push(name));
        open.insert(name, needed.len());
    }
    let mut ready: Vec<&String> =
        open.iter().filter(|(_, count)| **count == 0).map(|(name, _)| *name).collect();
    let mut sets = Vec::new();
    while !ready.is_empty() {
        let mut next = Vec::new();
        for name in &ready {
            for dependent in dependents.get(name).into_iter().flatten() {
                if let Some(count) = open.get_mut(dependent) {
                    *count -= 1;
                    if *count == 0 {
                        next.push(*dependent);
                    }
                }
            }
        }
        next.sort();
        sets.push(ready.into_iter().cloned().collect());
        ready = next;
    }
    sets
}
