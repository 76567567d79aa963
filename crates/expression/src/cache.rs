//! Parsed expressions by their text: an application sends the same few texts over and over.
//!
//! Bounded: each kind keeps two generations of entries. When the young one is full it becomes the old one
//! and the old one is dropped; what is found in the old one moves to the young one. So texts in use stay,
//! and a hit in the young one takes only a shared lock.

use crate::error::ExpressionError;
use crate::kind::ExpressionKind;
use crate::parser::{ConditionAst, ProjectionAst, UpdateAst};
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, DefaultHasher};
use std::sync::{Arc, PoisonError, RwLock};

/// Parsed expressions of all kinds. What cannot be parsed is not kept.
#[derive(Debug)]
pub struct Cache {
    conditions: Shelf<ConditionAst>,
    updates: Shelf<UpdateAst>,
    projections: Shelf<ProjectionAst>,
}

impl Cache {
    /// A cache that keeps at least the last `entries` texts used, of each of its three shelves, and at most
    /// twice as many.
    pub fn new(entries: usize) -> Self {
        Self {
            conditions: Shelf::new(entries),
            updates: Shelf::new(entries),
            projections: Shelf::new(entries),
        }
    }

    /// The condition of that text; a filter or key condition of the same text shares its tree.
    ///
    /// # Errors
    /// When the text is no condition.
    pub fn condition(&self, kind: ExpressionKind, text: &str) -> Result<Arc<ConditionAst>, ExpressionError> {
        self.conditions.get(text, |text| ConditionAst::parse(kind, text))
    }

    /// The update of that text.
    ///
    /// # Errors
    /// When the text is no update expression.
    pub fn update(&self, text: &str) -> Result<Arc<UpdateAst>, ExpressionError> {
        self.updates.get(text, UpdateAst::parse)
    }

    /// The projection of that text.
    ///
    /// # Errors
    /// When the text is no projection expression.
    pub fn projection(&self, text: &str) -> Result<Arc<ProjectionAst>, ExpressionError> {
        self.projections.get(text, ProjectionAst::parse)
    }
}

type Generation<T> = HashMap<Box<str>, Arc<T>, BuildHasherDefault<DefaultHasher>>;

#[derive(Debug)]
struct Shelf<T> {
    generations: RwLock<Generations<T>>,
    entries: usize,
}

#[derive(Debug)]
struct Generations<T> {
    young: Generation<T>,
    old: Generation<T>,
}

impl<T> Shelf<T> {
    fn new(entries: usize) -> Self {
        let generations = Generations { young: HashMap::default(), old: HashMap::default() };
        Self { generations: RwLock::new(generations), entries: entries.max(1) }
    }

    fn get(
        &self,
        text: &str,
        parse: impl FnOnce(&str) -> Result<T, ExpressionError>,
    ) -> Result<Arc<T>, ExpressionError> {
        // No entry is ever half made, so a lock whose holder panicked is as good as any.
        let young = self.generations.read().unwrap_or_else(PoisonError::into_inner).young.get(text).cloned();
        if let Some(tree) = young {
            return Ok(tree);
        }
        let old = self.generations.write().unwrap_or_else(PoisonError::into_inner).old.remove_entry(text);
        let (text, tree) = match old {
            Some(entry) => entry,
            None => (Box::from(text), Arc::new(parse(text)?)),
        };
        let mut generations = self.generations.write().unwrap_or_else(PoisonError::into_inner);
        if generations.young.len() >= self.entries {
            generations.old = std::mem::take(&mut generations.young);
        }
        generations.young.insert(text, Arc::clone(&tree));
        Ok(tree)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn same(cache: &Cache, text: &str, tree: &Arc<ProjectionAst>) -> bool {
        Arc::ptr_eq(&cache.projection(text).unwrap(), tree)
    }

    #[test]
    fn texts_in_use_stay_and_others_go() {
        let cache = Cache::new(2);
        let kept = cache.projection("kept1").unwrap();
        let gone = cache.projection("gone1").unwrap();
        for number in 0..10 {
            cache.projection(&format!("other{number}")).unwrap();
            assert!(same(&cache, "kept1", &kept), "{number}");
        }
        assert!(!same(&cache, "gone1", &gone));
        let generations = cache.projections.generations.read().unwrap();
        assert!(generations.young.len() + generations.old.len() <= 4);
    }

    #[test]
    fn kinds_do_not_mix() {
        let cache = Cache::new(8);
        assert!(cache.projection("a1, b1").is_ok());
        assert!(cache.condition(ExpressionKind::Filter, "a1, b1").is_err());
        assert!(cache.update("a1, b1").is_err());
    }
}
