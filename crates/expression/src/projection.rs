//! Projections: the parts of an item that its reader asked for.
//!
//! Elements of a list come out side by side, in the order of their positions.

use crate::bindings::Bindings;
use crate::error::ExpressionError;
use crate::kind::ExpressionKind;
use crate::parser::ProjectionAst;
use crate::path::{Path, Step, require_apart, same_step};
use crate::value_ref::{Attributes, ValueRef};
use item::{Map, Name, Stored, Value};
use std::borrow::Borrow;

/// A projection with every placeholder resolved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Projection {
    /// In order; none lies on another.
    paths: Vec<Path>,
    /// The attributes, in order, each once.
    names: Vec<Name>,
}

impl Projection {
    /// Binds a projection to the request's names.
    ///
    /// # Errors
    /// When a placeholder is not defined or paths meet.
    pub fn bind(ast: &ProjectionAst, bindings: &mut Bindings) -> Result<Self, ExpressionError> {
        bindings.resolve(ExpressionKind::Projection, |bindings| {
            let mut paths: Vec<Path> =
                ast.paths.iter().map(|path| bindings.path(path)).collect::<Result<_, _>>()?;
            let written: Vec<&Path> = paths.iter().collect();
            let mut sorted = written.clone();
            sorted.sort_unstable();
            require_apart(&written, &sorted)?;
            paths.sort_unstable();
            Ok(Self::of_sorted(paths))
        })
    }

    /// The projection on whole attributes, each of which may be named more than once.
    pub fn of_attributes(names: impl IntoIterator<Item = Name>) -> Self {
        let mut paths: Vec<Path> = names.into_iter().map(Path::attribute).collect();
        paths.sort_unstable();
        paths.dedup();
        Self::of_sorted(paths)
    }

    fn of_sorted(paths: Vec<Path>) -> Self {
        let mut names: Vec<Name> = paths.iter().map(|path| path.root.clone()).collect();
        names.dedup();
        Self { paths, names }
    }

    /// Whether all paths are whole attributes.
    pub fn is_top_level_only(&self) -> bool {
        self.paths.iter().all(Path::is_attribute)
    }

    /// The attributes it reads from, in byte order, each once.
    pub fn names(&self) -> &[Name] {
        &self.names
    }

    /// The paths, in order.
    pub fn paths(&self) -> &[Path] {
        &self.paths
    }

    /// The parts of `item` that the projection names.
    pub fn apply(&self, item: &Map) -> Map {
        project(item, &self.paths)
    }

    /// The parts of a stored item that the projection names. Nothing else is decoded.
    pub fn apply_stored(&self, item: &Stored) -> Map {
        project(item, &self.paths)
    }
}

/// The parts of `item` at `paths`, which are in order and do not meet.
pub(crate) fn project<P: Borrow<Path>>(item: &impl Attributes, paths: &[P]) -> Map {
    let mut map = Map::default();
    for group in groups(paths, 0) {
        let Some(root) = group.first().map(|path| &path.borrow().root) else { continue };
        if let Some(part) = item.attribute(root).and_then(|value| part(value, group, 1)) {
            map.insert(root.clone(), part);
        }
    }
    map
}

/// The part of a value that the paths name, all of which lead to it and then take their step `depth`.
fn part<P: Borrow<Path>>(value: ValueRef<'_>, paths: &[P], depth: usize) -> Option<Value> {
    if paths.first().is_some_and(|path| path.borrow().steps.len() < depth) {
        return Some(value.to_value());
    }
    let mut map = Map::default();
    let mut list = Vec::new();
    for group in groups(paths, depth) {
        match group.first().and_then(|path| path.borrow().steps.get(depth - 1)) {
            Some(Step::Key(name)) => {
                if let Some(part) = value.member(name).and_then(|member| part(member, group, depth + 1)) {
                    map.insert(name.clone(), part);
                }
            }
            Some(Step::Index(index)) => {
                list.extend(value.element(*index).and_then(|element| part(element, group, depth + 1)));
            }
            None => {}
        }
    }
    match (list.is_empty(), map.is_empty()) {
        (false, _) => Some(Value::L(list)),
        (true, false) => Some(Value::M(map)),
        (true, true) => None,
    }
}

/// Runs of paths, in order, that take the same step at `depth`.
pub(crate) fn groups<P: Borrow<Path>>(paths: &[P], depth: usize) -> impl Iterator<Item = &[P]> {
    paths.chunk_by(move |left, right| same_step(left.borrow(), right.borrow(), depth))
}
