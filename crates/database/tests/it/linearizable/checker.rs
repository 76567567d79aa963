//! Whether a history is linearizable: whether its operations can be put into one order, in which each is answered as it
//! was, and each that ended before another began comes first.
//!
//! This is the search of Wing and Gong with what Lowe added: an operation is taken into the order as soon as it may come
//! next; where the next thing that happened is the end of one that is not in it, the last one taken is given up; and a set
//! of operations that was seen to lead to a state is not tried twice. An operation without an answer may come at any time
//! after its beginning, or never.
//!
//! It is our own because no crate that is kept up fits: stateright's tester is part of a model checker and remembers nothing
//! of what it tried, so that a few dozen concurrent operations take for ever; todc-utils, untouched since 2023, has no
//! operations without an answer; lincheck runs data structures in loom, not servers.

use std::collections::HashSet;
use std::fmt::Debug;
use std::hash::Hash;

/// What operations do, one after the other.
pub(crate) trait Model {
    /// What there is between two operations.
    type State: Clone + Eq + Hash + Debug;
    /// An operation, with its answer if it has one.
    type Operation: Debug;

    /// What an operation makes of a state; `None` where it would not have been answered so.
    fn apply(state: &Self::State, operation: &Self::Operation) -> Option<Self::State>;
}

/// An operation, and when it took place.
#[derive(Clone, Debug)]
pub(crate) struct Span<O> {
    pub(crate) operation: O,
    pub(crate) began: u64,
    /// `None` where no answer came.
    pub(crate) ended: Option<u64>,
}

/// A place in the list of events; the last one stands for both ends.
type Place = usize;

/// The beginnings and ends of operations, in the order in which they happened; those of operations that are in the order
/// already are taken out, and put back when they are given up.
struct Events {
    /// The operation of each, and whether it is its end.
    of: Vec<(usize, bool)>,
    next: Vec<Place>,
    previous: Vec<Place>,
    /// Where each operation begins and ends.
    places: Vec<(Place, Option<Place>)>,
}

impl Events {
    fn new<O>(history: &[Span<O>]) -> Self {
        let mut moments: Vec<(u64, usize, bool)> = Vec::new();
        for (number, span) in history.iter().enumerate() {
            moments.push((span.began, number, false));
            moments.extend(span.ended.map(|ended| (ended, number, true)));
        }
        moments.sort_unstable();
        let mut places = vec![(0, None); history.len()];
        for (place, (_, number, is_end)) in moments.iter().enumerate() {
            match is_end {
                false => places[*number].0 = place,
                true => places[*number].1 = Some(place),
            }
        }
        let count = moments.len();
        let next = (1..=count).chain([0]).collect();
        let previous = [count].into_iter().chain(0..count).collect();
        let of = moments.into_iter().map(|(_, number, is_end)| (number, is_end)).collect();
        Self { of, next, previous, places }
    }

    /// What stands for both ends.
    fn border(&self) -> Place {
        self.of.len()
    }

    fn first(&self) -> Place {
        self.next[self.border()]
    }

    fn take_out(&mut self, number: usize) {
        let (began, ended) = self.places[number];
        for place in [Some(began), ended].into_iter().flatten() {
            let (previous, next) = (self.previous[place], self.next[place]);
            self.next[previous] = next;
            self.previous[next] = previous;
        }
    }

    /// In the reverse order, so that the neighbours are what they were.
    fn put_back(&mut self, number: usize) {
        let (began, ended) = self.places[number];
        for place in [ended, Some(began)].into_iter().flatten() {
            let (previous, next) = (self.previous[place], self.next[place]);
            self.next[previous] = place;
            self.previous[next] = place;
        }
    }
}

/// A set of operations.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Taken(Vec<u64>);

impl Taken {
    fn flip(&mut self, number: usize) {
        self.0[number / 64] ^= 1 << (number % 64);
    }
}

/// Puts a history into an order, from a state on.
///
/// # Errors
/// Where there is none: the longest order that was found, and the operation whose end nothing leads to from there.
pub(crate) fn linearize<M: Model>(
    start: M::State,
    history: &[Span<M::Operation>],
) -> Result<Vec<usize>, String> {
    let mut events = Events::new(history);
    let mut open = history.iter().filter(|span| span.ended.is_some()).count();
    let mut taken = Taken(vec![0; history.len().div_ceil(64)]);
    let mut tried = HashSet::new();
    let (mut state, mut order): (M::State, Vec<(usize, M::State)>) = (start, Vec::new());
    let mut furthest = (0, String::new());
    let mut place = events.first();
    while open > 0 {
        let (number, is_end) = events.of[place];
        if !is_end {
            let next = M::apply(&state, &history[number].operation);
            taken.flip(number);
            if let Some(next) = next.filter(|next| tried.insert((taken.clone(), next.clone()))) {
                open -= usize::from(history[number].ended.is_some());
                order.push((number, std::mem::replace(&mut state, next)));
                events.take_out(number);
                place = events.first();
            } else {
                taken.flip(number);
                place = events.next[place];
            }
            continue;
        }
        if order.len() >= furthest.0 {
            let last: Vec<_> = order.iter().rev().take(6).map(|(number, _)| &history[*number]).collect();
            let told =
                format!("in {state:?}, nothing leads to {:?}; the last were {last:?}", history[number]);
            furthest = (order.len(), told);
        }
        let Some((number, before)) = order.pop() else { return Err(furthest.1) };
        open += usize::from(history[number].ended.is_some());
        taken.flip(number);
        state = before;
        events.put_back(number);
        place = events.next[events.places[number].0];
    }
    Ok(order.into_iter().map(|(number, _)| number).collect())
}

/// A register: writes, and reads of what was written.
struct Register;

#[derive(Debug)]
enum Access {
    Write(u32),
    Read(u32),
}

impl Model for Register {
    type State = u32;
    type Operation = Access;

    fn apply(state: &u32, operation: &Access) -> Option<u32> {
        match operation {
            Access::Write(value) => Some(*value),
            Access::Read(value) => (value == state).then_some(*state),
        }
    }
}

fn is_linearizable(history: Vec<(Access, u64, Option<u64>)>) -> bool {
    let span = |(operation, began, ended)| Span { operation, began, ended };
    linearize::<Register>(0, &history.into_iter().map(span).collect::<Vec<_>>()).is_ok()
}

#[test]
fn what_can_be_ordered_is() {
    use Access::{Read, Write};
    assert!(is_linearizable(vec![]));
    assert!(is_linearizable(vec![(Write(1), 0, Some(1)), (Read(1), 2, Some(3))]));
    // While a write is under way, either value may be read, but only once the other way round.
    assert!(is_linearizable(vec![(Write(1), 0, Some(9)), (Read(0), 1, Some(2)), (Read(1), 3, Some(4))]));
    // What looks like the wrong order is right, since both writes are under way.
    let both =
        vec![(Write(1), 0, Some(9)), (Write(2), 0, Some(9)), (Read(2), 1, Some(2)), (Read(1), 3, Some(4))];
    assert!(is_linearizable(both));
    // Without an answer a write may have happened, much later even, or not.
    assert!(is_linearizable(vec![(Write(1), 0, None), (Read(0), 1, Some(2)), (Read(1), 3, Some(4))]));
    assert!(is_linearizable(vec![(Write(1), 0, None), (Read(0), 1, Some(2))]));
}

#[test]
fn what_cannot_be_ordered_is_refused() {
    use Access::{Read, Write};
    assert!(!is_linearizable(vec![(Read(1), 0, Some(1))]));
    // Stale.
    assert!(!is_linearizable(vec![(Write(1), 0, Some(1)), (Read(0), 2, Some(3))]));
    // Back again.
    assert!(!is_linearizable(vec![(Write(1), 0, Some(9)), (Read(1), 1, Some(2)), (Read(0), 3, Some(4))]));
    // Read before it was asked for.
    assert!(!is_linearizable(vec![(Read(1), 0, Some(1)), (Write(1), 2, None)]));
    // Happened twice.
    let twice = vec![
        (Write(1), 0, None),
        (Read(1), 1, Some(2)),
        (Write(2), 3, Some(4)),
        (Read(2), 5, Some(6)),
        (Read(1), 7, Some(8)),
    ];
    assert!(!is_linearizable(twice));
}

#[test]
fn concurrent_operations_are_not_tried_in_every_order() {
    use Access::{Read, Write};
    let writes = || (1..=12).map(|value| (Write(value), 0, Some(1_000)));
    let mut history: Vec<_> = writes().collect();
    history.extend(
        (1..=12).rev().map(|value| (Read(value), 100 - u64::from(value), Some(100 - u64::from(value)))),
    );
    assert!(is_linearizable(history));
    // All of this is to no avail, which is found out without trying 12! orders.
    assert!(!is_linearizable(writes().chain([(Read(99), 2_000, Some(2_001))]).collect()));
}
