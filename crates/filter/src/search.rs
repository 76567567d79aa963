//! Whether the clauses of a conjunction hold together in one record.
//!
//! Clauses are taken in the order of their paths. Where a path leads through an array, one of its elements is
//! chosen, and the clauses behind must keep to it. A choice that leads nowhere is taken back; but a failure knows
//! which choices it met (its blame), and whatever was chosen besides is not tried anew, so that the time does not
//! multiply over arrays that have nothing to do with one another.

use super::node::{Node, Scalar, Shape};
use super::pattern::Clause;
use std::ops::ControlFlow;
use std::sync::Arc;

/// Choices, as bits of their depths.
type Blame = u128;

/// Deeper choices share the last bit, which is never cleared.
const LAST_BIT: u32 = Blame::BITS - 1;

/// An element chosen in an array, and those chosen before.
struct Choice<'c, N> {
    array: N,
    index: usize,
    depth: u32,
    before: Option<&'c Choice<'c, N>>,
}

type Choices<'c, N> = Option<&'c Choice<'c, N>>;

/// Why a walk ends before it has seen all values.
enum End {
    /// All clauses hold.
    Holds,
    /// The clauses behind fail, by these choices and whatever else is chosen.
    Fails(Blame),
}

/// Whether all clauses hold.
pub(super) fn holds<'a, N: Node<'a>>(clauses: &[Arc<Clause>], record: N) -> bool {
    rest(clauses, record, None).is_ok()
}

fn bit(depth: u32) -> Blame {
    1 << depth.min(LAST_BIT)
}

/// The bits of the choices up to this one.
fn up_to<N>(choices: Choices<'_, N>) -> Blame {
    match choices {
        None => 0,
        Some(choice) if choice.depth >= LAST_BIT => Blame::MAX,
        Some(choice) => (bit(choice.depth) << 1) - 1,
    }
}

fn rest<'a, N: Node<'a>>(clauses: &[Arc<Clause>], record: N, choices: Choices<'_, N>) -> Result<(), Blame> {
    let Some((clause, behind)) = clauses.split_first() else { return Ok(()) };
    let mut blame = 0;
    if clause.absent {
        let mut there =
            Walk { blame: &mut blame, visit: &mut |_: &_, _: Choices<'_, N>| ControlFlow::Break(End::Holds) };
        if there.value(record, Some(&clause.path), choices).is_continue() {
            return rest(behind, record, choices).map_err(|behind| behind | blame);
        }
    }
    let mut visit = |value: &Scalar<'a>, choices: Choices<'_, N>| {
        if !clause.wanted.iter().any(|wanted| wanted.matches(value)) {
            return ControlFlow::Continue(());
        }
        ControlFlow::Break(match rest(behind, record, choices) {
            Ok(()) => End::Holds,
            Err(blame) => End::Fails(blame),
        })
    };
    let mut walk = Walk { blame: &mut blame, visit: &mut visit };
    match walk.value(record, Some(&clause.path), choices) {
        ControlFlow::Break(End::Holds) => Ok(()),
        ControlFlow::Break(End::Fails(behind)) => Err(behind & up_to(choices)),
        ControlFlow::Continue(()) => Err(blame & up_to(choices)),
    }
}

/// What is done with a value found at the end of a path.
type Visit<'v, 'a, N> = dyn FnMut(&Scalar<'a>, Choices<'_, N>) -> ControlFlow<End> + 'v;

/// A walk to all values at the end of one path.
struct Walk<'w, 'v, 'a, N> {
    /// The choices met.
    blame: &'w mut Blame,
    visit: &'w mut Visit<'v, 'a, N>,
}

impl<'a, N: Node<'a>> Walk<'_, '_, 'a, N> {
    /// Goes on from a value; `path` is what is left of the path, `None` at its end.
    fn value(&mut self, node: N, path: Option<&str>, choices: Choices<'_, N>) -> ControlFlow<End> {
        match (node.shape(), path) {
            (Shape::Scalar(value), None) => (self.visit)(&value, choices),
            (Shape::Scalar(_), Some(_)) | (Shape::Object, None) => ControlFlow::Continue(()),
            (Shape::Object, Some(path)) => self.members(node, path, choices),
            (Shape::Array, path) => self.elements(node, path, choices),
        }
    }

    /// A name may itself have dots in it, so each of the path's dots may be the end of a name.
    fn members(&mut self, node: N, path: &str, choices: Choices<'_, N>) -> ControlFlow<End> {
        for (dot, _) in path.match_indices('.') {
            if let Some(member) = node.member(&path[..dot]) {
                self.value(member, Some(&path[dot + 1..]), choices)?;
            }
        }
        node.member(path).map_or(ControlFlow::Continue(()), |member| self.value(member, None, choices))
    }

    fn elements(&mut self, array: N, path: Option<&str>, choices: Choices<'_, N>) -> ControlFlow<End> {
        let mut chosen = choices;
        while let Some(choice) = chosen {
            if choice.array.same(array) {
                *self.blame |= bit(choice.depth);
                let element = array.element(choice.index);
                return element
                    .map_or(ControlFlow::Continue(()), |element| self.value(element, path, choices));
            }
            chosen = choice.before;
        }
        let depth = choices.map_or(0, |choice| choice.depth + 1);
        array.elements(|index, element| {
            let choice = Choice { array, index, depth, before: choices };
            match self.value(element, path, Some(&choice)) {
                // Another element may do.
                ControlFlow::Break(End::Fails(behind)) if behind & bit(depth) != 0 => {
                    *self.blame |= behind;
                    ControlFlow::Continue(())
                }
                end => end,
            }
        })
    }
}
