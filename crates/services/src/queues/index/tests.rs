//! The order of a queue in memory, held against a plain one.

use super::*;
use proptest::prelude::*;

const HOW: Taking =
    Taking { max: 10, visibility_ms: 100, receives_max: None, dead_max: 10, in_flight_max: 1_000 };

fn numbers(taken: &Taken) -> Vec<u64> {
    taken.messages.iter().map(|(number, _)| *number).collect()
}

fn with(is_fifo: bool, messages: &[(u64, &str)]) -> Index {
    let mut index = Index::new(is_fifo);
    for (number, group) in messages {
        index.begin(*number, Entry::sent(Some(group), 0));
        index.committed(*number, 0, 0);
    }
    index
}

#[test]
fn a_group_is_held_back_by_what_is_in_flight_and_others_are_not() {
    let mut index = with(true, &[(1, "a"), (2, "b"), (3, "a"), (4, "a")]);
    assert_eq!(numbers(&index.take(Taking { max: 2, ..HOW }, 0)), [1, 3]);
    assert_eq!(numbers(&index.take(HOW, 0)), [2]);
    assert_eq!(numbers(&index.take(HOW, 50)), [0; 0]);
    index.remove(1);
    assert_eq!(numbers(&index.take(HOW, 50)), [0; 0]);
    index.remove(3);
    assert_eq!(numbers(&index.take(HOW, 50)), [4]);
    // What comes back comes back in order.
    let mut index = with(true, &[(1, "a"), (2, "a"), (3, "a")]);
    index.take(Taking { max: 2, ..HOW }, 0);
    assert!(index.set_visibility(2, 0, 10).is_some());
    assert_eq!(numbers(&index.take(HOW, 10)), [0; 0]);
    assert_eq!(numbers(&index.take(HOW, 100)), [1, 2, 3]);
    // The first alone does not, as long as another is in flight.
    let mut index = with(true, &[(1, "a"), (2, "a")]);
    assert_eq!(numbers(&index.take(HOW, 0)), [1, 2]);
    assert!(index.set_visibility(1, 0, 10).is_some());
    assert_eq!(numbers(&index.take(HOW, 10)), [0; 0]);
    index.remove(2);
    assert_eq!(numbers(&index.take(HOW, 10)), [1]);
}

#[test]
fn what_is_not_committed_holds_its_group_back() {
    let mut index = Index::new(true);
    for number in [1, 2, 3] {
        index.begin(number, Entry::sent(Some("a"), 0));
    }
    index.committed(2, 0, 0);
    assert_eq!(numbers(&index.take(HOW, 0)), [0; 0]);
    index.committed(1, 0, 0);
    assert_eq!(numbers(&index.take(HOW, 0)), [1, 2]);
    index.remove(1);
    index.remove(2);
    assert_eq!(numbers(&index.take(HOW, 0)), [0; 0]);
    index.remove(3);
    assert!(index.groups.is_empty());
}

#[test]
fn the_dead_are_held_until_they_are_moved() {
    let how = Taking { receives_max: Some(1), ..HOW };
    let mut index = with(true, &[(1, "a"), (2, "a")]);
    assert_eq!(numbers(&index.take(Taking { max: 1, ..how }, 0)), [1]);
    let taken = index.take(how, 100);
    assert_eq!((numbers(&taken), taken.dead), (vec![], vec![1]));
    assert_eq!(numbers(&index.take(how, 100)), [0; 0]);
    index.remove(1);
    assert_eq!(numbers(&index.take(how, 100)), [2]);
    // Those that cannot be moved are received on.
    let mut index = with(false, &[(1, "a")]);
    index.take(how, 0);
    assert_eq!(index.take(how, 100).dead, [1]);
    index.release(1);
    assert_eq!(numbers(&index.take(HOW, 100)), [1]);
}

#[test]
fn only_so_many_of_the_dead_are_taken_at_once() {
    let messages: Vec<(u64, &str)> = (1..=25).map(|number| (number, "a")).collect();
    let mut index = with(false, &messages);
    index.take(Taking { max: 23, ..HOW }, 0);
    let how = Taking { receives_max: Some(1), ..HOW };
    for dead in [1..=10, 11..=20] {
        let taken = index.take(how, 100);
        assert_eq!((numbers(&taken), taken.dead), (vec![], dead.collect()));
    }
    let taken = index.take(how, 100);
    assert_eq!((numbers(&taken), taken.dead), (vec![24, 25], vec![21, 22, 23]));
}

#[test]
fn a_full_queue_says_so() {
    let how = Taking { in_flight_max: 1, max: 1, ..HOW };
    let mut index = with(false, &[(1, "a"), (2, "a")]);
    assert_eq!(numbers(&index.take(how, 0)), [1]);
    assert!(index.take(how, 0).is_full);
    index.remove(1);
    assert_eq!(numbers(&index.take(how, 0)), [2]);
}

#[test]
fn what_was_stored_is_as_it_was() {
    let mut index = Index::new(false);
    index.load(1, Entry { receives: 1, ..Entry::sent(None, 0) }, 100, 50);
    index.load(2, Entry::sent(None, 0), 100, 50);
    index.load(3, Entry { receives: 1, ..Entry::sent(None, 0) }, 50, 50);
    assert_eq!(index.counts(50), Counts { visible: 1, in_flight: 1, delayed: 1 });
    assert_eq!(index.next_ms(), Some(100));
    assert_eq!(index.counts(100), Counts { visible: 3, in_flight: 0, delayed: 0 });
}

/// To take costs the logarithm of their number: a hundred times as many cost hardly more, and would a hundred times as much
/// where all were looked at.
#[test]
fn to_take_costs_no_more_where_there_are_many() {
    let clock = environment::Clock::system();
    let cost = |is_fifo: bool, count: u64| {
        let mut index = Index::new(is_fifo);
        for number in 0..count {
            index.begin(number, Entry::sent(Some(&(number % 1_000).to_string()), 0));
            index.committed(number, 0, 0);
        }
        let start = clock.machine();
        for _ in 0..500 {
            assert_eq!(index.take(Taking { max: 1, ..HOW }, 0).messages.len(), 1);
        }
        clock.machine() - start
    };
    for is_fifo in [false, true] {
        let (few, many) = (cost(is_fifo, 1_000), cost(is_fifo, 100_000));
        assert!(many < few * 20 + std::time::Duration::from_millis(20), "{few:?}, {many:?}");
    }
}

/// One thing that happens.
#[derive(Clone, Debug)]
enum Event {
    Send { group: u8, delay_ms: u64, commits: bool },
    Commit(usize),
    Take { max: usize, visibility_ms: u64 },
    SetVisibility(usize, u64),
    Remove(usize),
    Hold(usize),
    Release(usize),
    Pass(u64),
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        3 => (0..3_u8, prop_oneof![Just(0_u64), 0..50_u64], any::<bool>())
            .prop_map(|(group, delay_ms, commits)| Event::Send { group, delay_ms, commits }),
        1 => (0..20_usize).prop_map(Event::Commit),
        3 => (1..5_usize, 1..100_u64).prop_map(|(max, visibility_ms)| Event::Take { max, visibility_ms }),
        1 => (0..20_usize, 0..100_u64).prop_map(|(at, ms)| Event::SetVisibility(at, ms)),
        2 => (0..20_usize).prop_map(Event::Remove),
        1 => (1..3_usize).prop_map(Event::Hold),
        1 => (0..20_usize).prop_map(Event::Release),
        1 => (0..60_u64).prop_map(Event::Pass),
    ]
}

/// The same, as slow and as plain as can be.
#[derive(Default)]
struct Model {
    is_fifo: bool,
    messages: Vec<(u64, u8, Phase, u32)>,
}

impl Model {
    fn settle(&mut self, now_ms: u64) {
        for message in &mut self.messages {
            if matches!(message.2, Phase::Delayed(until) | Phase::InFlight(until) if until <= now_ms) {
                message.2 = Phase::Visible;
            }
        }
    }

    fn take(&mut self, max: usize, phase: Phase) -> Vec<u64> {
        let mut taken = Vec::new();
        let held = |messages: &[(u64, u8, Phase, u32)], group: u8| {
            messages.iter().any(|m| m.1 == group && matches!(m.2, Phase::InFlight(_) | Phase::Held))
        };
        while taken.len() < max {
            let first = self.messages.iter().position(|(number, group, phase, _)| {
                let is_first = self.messages.iter().all(|m| m.1 != *group || m.0 >= *number);
                *phase == Phase::Visible && (!self.is_fifo || is_first && !held(&self.messages, *group))
            });
            let Some(first) = first else { break };
            let group = self.messages[first].1;
            for message in &mut self.messages[first..] {
                if self.is_fifo && message.1 != group {
                    continue;
                }
                if message.2 != Phase::Visible || taken.len() == max {
                    break;
                }
                message.2 = phase;
                message.3 += u32::from(phase != Phase::Held);
                taken.push(message.0);
                if !self.is_fifo {
                    break;
                }
            }
        }
        taken
    }
}

proptest! {
    #[test]
    fn a_queue_is_as_the_plain_one(is_fifo: bool, events in prop::collection::vec(event(), 1..80)) {
        let (mut index, mut model) = (Index::new(is_fifo), Model { is_fifo, ..Model::default() });
        let (mut now_ms, mut next, mut waiting) = (0_u64, 1_u64, HashMap::new());
        for event in events {
            model.settle(now_ms);
            let at = |place: usize| model.messages.get(place % model.messages.len().max(1)).map(|message| message.0);
            match event {
                Event::Send { group, delay_ms, commits } => {
                    index.begin(next, Entry::sent(Some(&group.to_string()), now_ms));
                    model.messages.push((next, group, Phase::Pending, 0));
                    waiting.insert(next, now_ms + delay_ms);
                    if commits {
                        let last = model.messages.len() - 1;
                        commit(&mut index, &mut model, last, &waiting, now_ms);
                    }
                    next += 1;
                }
                Event::Commit(place) if !model.messages.is_empty() => {
                    let place = place % model.messages.len();
                    commit(&mut index, &mut model, place, &waiting, now_ms);
                }
                Event::Take { max, visibility_ms } => {
                    let taken = index.take(Taking { max, visibility_ms, ..HOW }, now_ms);
                    prop_assert_eq!(numbers(&taken), model.take(max, Phase::InFlight(now_ms + visibility_ms)));
                }
                Event::SetVisibility(place, ms) => if let Some(number) = at(place) {
                    let message = model.messages.iter_mut().find(|m| m.0 == number).unwrap();
                    let in_flight = matches!(message.2, Phase::InFlight(_));
                    if in_flight {
                        message.2 = if ms == 0 { Phase::Visible } else { Phase::InFlight(now_ms + ms) };
                    }
                    prop_assert_eq!(index.set_visibility(number, now_ms + ms, now_ms).is_some(), in_flight);
                },
                Event::Remove(place) => if let Some(number) = at(place) {
                    index.remove(number);
                    model.messages.retain(|message| message.0 != number);
                },
                Event::Hold(max) => {
                    prop_assert_eq!(index.hold_visible(max, now_ms), model.take(max, Phase::Held));
                }
                Event::Release(place) => if let Some(number) = at(place) {
                    index.release(number);
                    let message = model.messages.iter_mut().find(|m| m.0 == number).unwrap();
                    if message.2 == Phase::Held {
                        message.2 = Phase::Visible;
                    }
                },
                Event::Pass(ms) => now_ms += ms,
                Event::Commit(_) => {}
            }
            model.settle(now_ms);
            check(&mut index, &model, now_ms)?;
        }
    }
}

fn commit(index: &mut Index, model: &mut Model, place: usize, waiting: &HashMap<u64, u64>, now_ms: u64) {
    let (number, _, phase, _) = &mut model.messages[place];
    index.committed(*number, waiting[number], now_ms);
    if *phase == Phase::Pending {
        *phase = if waiting[number] <= now_ms { Phase::Visible } else { Phase::Delayed(waiting[number]) };
    }
}

fn check(index: &mut Index, model: &Model, now_ms: u64) -> Result<(), TestCaseError> {
    let count = |is: fn(&Phase) -> bool| model.messages.iter().filter(|message| is(&message.2)).count();
    let counts = Counts {
        visible: count(|phase| *phase == Phase::Visible),
        in_flight: count(|phase| matches!(phase, Phase::InFlight(_))),
        delayed: count(|phase| matches!(phase, Phase::Delayed(_))),
    };
    prop_assert_eq!(index.counts(now_ms), counts);
    prop_assert_eq!(index.entries.len(), model.messages.len());
    let next = model.messages.iter().filter_map(|message| match message.2 {
        Phase::Delayed(until) | Phase::InFlight(until) => Some(until),
        _ => None,
    });
    prop_assert_eq!(index.next_ms(), next.min());
    for (number, _, _, receives) in &model.messages {
        prop_assert_eq!(index.get(*number).unwrap().receives, *receives);
    }
    Ok(())
}
