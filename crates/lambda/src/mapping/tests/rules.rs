//! The rules, one by one, on one shard.

use super::super::*;

const SHARD: &str = "s";

struct One {
    mapping: Mapping<()>,
    now_ms: u64,
    read: Option<u64>,
}

/// What was invoked: the id, and the sequence numbers.
type Call = (u64, Vec<u128>);

fn shard() -> ShardName {
    SHARD.into()
}

fn record(sequence: u128, time_ms: u64) -> Record<()> {
    Record { sequence, key_hash: 0, size_bytes: 100, time_ms, passes: true, payload: () }
}

fn answered(body: &str) -> Outcome {
    Outcome::Answered { request_id: "r".into(), body: body.as_bytes().to_vec() }
}

fn error() -> Outcome {
    Outcome::FunctionError { request_id: "r".into() }
}

fn calls(actions: &[Action<()>]) -> Vec<Call> {
    let call = |action: &Action<()>| match action {
        Action::Invoke { invocation, records, .. } => {
            Some((*invocation, records.iter().map(|record| record.sequence).collect()))
        }
        _ => None,
    };
    actions.iter().filter_map(call).collect()
}

fn discards(actions: &[Action<()>]) -> Vec<(Vec<u128>, Condition, u32)> {
    let discard = |action: &Action<()>| match action {
        Action::Discard { records, condition, invokes, .. } => {
            Some((records.iter().map(|record| record.sequence).collect(), *condition, *invokes))
        }
        _ => None,
    };
    actions.iter().filter_map(discard).collect()
}

fn watermark(actions: &[Action<()>]) -> Option<u128> {
    actions.iter().rev().find_map(|action| match action {
        Action::Store { checkpoint, .. } => Some(checkpoint.watermark()),
        _ => None,
    })
}

impl One {
    fn new(rules: Rules) -> One {
        let mut one = One { mapping: Mapping::new(rules, true, []), now_ms: 1_000_000, read: None };
        one.step(Event::Shards(vec![ShardInfo { name: shard(), parents: Vec::new() }]));
        one
    }

    fn step(&mut self, event: Event<()>) -> Vec<Action<()>> {
        let actions = self.mapping.step(event, self.now_ms);
        for action in &actions {
            if let Action::Read { read, .. } = action {
                self.read = Some(*read);
            }
        }
        actions
    }

    /// Records with these sequence numbers, made now, are read.
    fn read(&mut self, sequences: &[u128], is_end: bool) -> Vec<Action<()>> {
        let records: Vec<_> = sequences.iter().map(|sequence| record(*sequence, self.now_ms)).collect();
        self.read_records(records, is_end)
    }

    fn read_records(&mut self, records: Vec<Record<()>>, is_end: bool) -> Vec<Action<()>> {
        let next = records.last().map_or(0, |record| record.sequence + 1);
        let read = self.read.take().unwrap();
        self.step(Event::Read { read, shard: shard(), page: Page { records, next, is_end } })
    }

    fn end(&mut self, invocation: u64, outcome: Outcome) -> Vec<Action<()>> {
        self.step(Event::Invoked { invocation, shard: shard(), outcome })
    }

    fn at(&mut self, later_ms: u64) -> Vec<Action<()>> {
        self.now_ms += later_ms;
        self.step(Event::Tick)
    }

    /// Lets the function fail where a record is poison, until nothing more is invoked. Gives all batches.
    fn fail_on(
        &mut self,
        poison: &[u128],
        mut actions: Vec<Action<()>>,
    ) -> (Vec<Vec<u128>>, Vec<Action<()>>) {
        let (mut batches, mut all) = (Vec::new(), Vec::new());
        loop {
            let next = calls(&actions);
            all.append(&mut actions);
            match next.as_slice() {
                [(id, records)] => {
                    let fails = records.iter().any(|record| poison.contains(record));
                    batches.push(records.clone());
                    actions = self.end(*id, if fails { error() } else { answered("") });
                }
                _ => {
                    actions = self.at(60_000);
                    if calls(&actions).is_empty() {
                        return (batches, all);
                    }
                }
            }
        }
    }
}

#[test]
fn retries_end_after_their_number_and_back_off() {
    let mut one = One::new(Rules { maximum_retries: Some(3), ..Rules::default() });
    let mut actions = one.read(&[10, 11], false);
    for (wait_ms, attempt) in [(100, 1), (200, 2), (400, 3), (0, 4)] {
        let id = calls(&actions)[0].0;
        actions = one.end(id, error());
        if attempt == 4 {
            break;
        }
        assert!(actions.contains(&Action::Wake { at_ms: one.now_ms + wait_ms }), "{attempt}: {actions:?}");
        assert!(calls(&one.at(wait_ms - 1)).is_empty());
        actions = one.at(1);
    }
    assert_eq!(discards(&actions), [(vec![10, 11], Condition::RetryAttemptsExhausted, 4)]);
    assert_eq!(watermark(&actions), Some(12));
}

#[test]
fn throttles_back_off_and_do_not_count() {
    let mut one = One::new(Rules { maximum_retries: Some(0), bisects: true, ..Rules::default() });
    let mut actions = one.read(&[10, 11], false);
    for _ in 0..20 {
        let id = calls(&actions)[0].0;
        assert!(watermark(&one.end(id, Outcome::NotInvoked)).is_none());
        actions = one.at(10_000);
        assert_eq!(calls(&actions)[0].1, [10, 11]);
    }
    let actions = one.end(calls(&actions)[0].0, answered(""));
    assert_eq!(watermark(&actions), Some(12));
}

#[test]
fn bisect_isolates_exactly_the_poison_records() {
    let mut one = One::new(Rules { maximum_retries: Some(1), bisects: true, ..Rules::default() });
    let actions = one.read(&[1, 2, 3, 4, 5], false);
    let (batches, actions) = one.fail_on(&[4], actions);
    let expected: [&[u128]; 6] = [&[1, 2, 3, 4, 5], &[1, 2, 3], &[4, 5], &[4], &[4], &[5]];
    assert_eq!(batches, expected);
    assert_eq!(discards(&actions), [(vec![4], Condition::RetryAttemptsExhausted, 2)]);
    let mut one = One::new(Rules { maximum_retries: Some(0), bisects: true, ..Rules::default() });
    let many: Vec<u128> = (1..=100).collect();
    let actions = one.read(&many, false);
    let (_, actions) = one.fail_on(&[1, 50, 51, 100], actions);
    let gone: Vec<u128> = discards(&actions).into_iter().flat_map(|(records, ..)| records).collect();
    assert_eq!(gone, [1, 50, 51, 100]);
}

#[test]
fn partial_failures_keep_what_is_done_and_begin_to_count_anew() {
    let rules =
        Rules { maximum_retries: Some(1), reports_item_failures: true, bisects: true, ..Rules::default() };
    let mut one = One::new(rules);
    let actions = one.read(&[7, 8, 9], false);
    let failed =
        |sequence: &str| answered(&format!(r#"{{"batchItemFailures":[{{"itemIdentifier":"{sequence}"}}]}}"#));
    let actions = one.end(calls(&actions)[0].0, failed("9"));
    assert_eq!(watermark(&actions), Some(9));
    assert_eq!(calls(&actions)[0].1, [9]);
    assert!(calls(&one.end(calls(&actions)[0].0, failed("9"))).is_empty());
    let actions = one.at(100);
    let actions = one.end(calls(&actions)[0].0, failed("9"));
    assert_eq!(discards(&actions), [(vec![9], Condition::RetryAttemptsExhausted, 2)]);
    let Some(Action::Discard { failure: Some(failure), .. }) =
        actions.iter().find(|action| matches!(action, Action::Discard { .. }))
    else {
        panic!("{actions:?}")
    };
    assert!(!failure.function_error);
}

#[test]
fn what_is_too_old_is_cut_from_the_front() {
    let mut one = One::new(Rules { age_limit_ms: 60_000, ..Rules::default() });
    let records = vec![record(1, 939_999), record(2, 940_000), record(3, 1_000_000)];
    let actions = one.read_records(records, false);
    assert_eq!(discards(&actions), [(vec![1], Condition::RecordAgeExceeded, 1)]);
    assert_eq!(calls(&actions)[0].1, [2, 3]);
    one.end(calls(&actions)[0].0, error());
    let actions = one.at(100);
    assert_eq!(discards(&actions), [(vec![2], Condition::RecordAgeExceeded, 1)]);
    assert_eq!(calls(&actions)[0].1, [3]);
}

#[test]
fn batches_close_by_size_by_time_and_by_bytes() {
    let mut one = One::new(Rules { batch_size: 3, batching_window_ms: 1_000, ..Rules::default() });
    assert!(calls(&one.read(&[1, 2], false)).is_empty());
    let actions = one.read(&[3, 4], false);
    assert_eq!(calls(&actions)[0].1, [1, 2, 3]);
    one.now_ms += 5_000;
    assert!(calls(&one.end(calls(&actions)[0].0, answered(""))).is_empty());
    // The tick of the first window is due by now.
    let actions = one.at(0);
    assert!(actions.contains(&Action::Wake { at_ms: one.now_ms + 1_000 }), "from the end of the invocation");
    assert!(calls(&one.at(999)).is_empty());
    assert_eq!(calls(&one.at(1))[0].1, [4]);

    let mut one = One::new(Rules { batching_window_ms: 1_000, ..Rules::default() });
    let size_bytes = PAYLOAD_LIMIT / 3 - 6;
    let records = (1..=4).map(|sequence| Record { size_bytes, ..record(sequence, 1_000_000) }).collect();
    assert_eq!(calls(&one.read_records(records, false))[0].1, [1, 2, 3]);
    let mut one = One::new(Rules { batching_window_ms: 1_000, ..Rules::default() });
    let records =
        (1..=4).map(|sequence| Record { size_bytes: size_bytes + 2, ..record(sequence, 1_000_000) });
    assert_eq!(calls(&one.read_records(records.collect(), false))[0].1, [1, 2]);

    let mut one = One::new(Rules { batching_window_ms: 1_000, ..Rules::default() });
    assert_eq!(calls(&one.read(&[1], true))[0].1, [1], "at the end of a shard nothing is waited for");
}

#[test]
fn filtered_records_move_the_checkpoint_and_invoke_nothing() {
    let mut one = One::new(Rules::default());
    let records = vec![Record { passes: false, ..record(5, 1_000_000) }];
    let actions = one.read_records(records, false);
    assert!(calls(&actions).is_empty());
    assert_eq!(watermark(&actions), Some(6));
}

#[test]
fn a_disabled_mapping_lets_its_invocation_end_and_resumes_behind_it() {
    let mut one = One::new(Rules { batch_size: 1, ..Rules::default() });
    let actions = one.read(&[1, 2], false);
    let id = calls(&actions)[0].0;
    assert!(calls(&one.step(Event::Enable(false))).is_empty());
    let actions = one.end(id, answered(""));
    assert_eq!((calls(&actions).len(), watermark(&actions)), (0, Some(2)));
    let actions = one.step(Event::Enable(true));
    assert!(matches!(actions.as_slice(), [Action::Read { from: 2, .. }]), "{actions:?}");
}

#[test]
fn an_update_waits_for_what_is_under_way_and_for_nothing_else() {
    let rules = Rules { lanes: 2, ..Rules::default() };
    let mut one = One::new(rules);
    let records =
        vec![Record { key_hash: 0, ..record(1, 1_000_000) }, Record { key_hash: 1, ..record(2, 1_000_000) }];
    let actions = one.read_records(records, false);
    let [(first, _), (second, _)] = calls(&actions)[..] else { panic!("{actions:?}") };
    assert!(one.end(first, error()).contains(&Action::Wake { at_ms: 1_000_100 }));
    assert_eq!(one.step(Event::Update(Rules { batch_size: 7, ..rules })), []);
    assert_eq!(one.at(1_000), []);
    let actions = one.end(second, answered(""));
    assert!(
        matches!(actions.as_slice(), [Action::Read { from: 1, .. }, Action::Store { .. }]),
        "{actions:?}"
    );
}

/// It was made without a window, and its answer has no state.
#[test]
fn what_is_under_way_as_windows_come_owes_no_state() {
    let rules = Rules { maximum_retries: Some(0), ..Rules::default() };
    let mut one = One::new(rules);
    let actions = one.read_records(vec![record(1, 1_000_000)], false);
    let [(call, _)] = calls(&actions)[..] else { panic!("{actions:?}") };
    one.step(Event::Update(Rules { tumbling_window_ms: Some(5_000), ..rules }));
    one.step(Event::Enable(true));
    let actions = one.end(call, answered("{}"));
    assert_eq!((discards(&actions), watermark(&actions)), (vec![], Some(2)), "{actions:?}");
}

#[test]
fn latest_begins_at_what_was_stored_and_children_at_their_oldest() {
    let stored = [(shard(), Checkpoint::starting(50))];
    let mut mapping: Mapping<()> = Mapping::new(Rules::default(), true, stored);
    let child = ShardInfo { name: "t".into(), parents: vec![shard()] };
    let shards = vec![ShardInfo { name: shard(), parents: vec!["gone".into()] }, child];
    let actions = mapping.step(Event::Shards(shards), 0);
    let [Action::Read { read, from: 50, .. }] = actions.as_slice() else { panic!("{actions:?}") };
    let page = Page { records: Vec::new(), next: 50, is_end: true };
    let actions = mapping.step(Event::Read { read: *read, shard: shard(), page }, 0);
    assert!(
        matches!(
            actions.as_slice(),
            [Action::Store { .. }, Action::Finished { .. }, Action::Read { from: 0, .. }]
        ),
        "{actions:?}"
    );
}

#[test]
fn tumbling_windows_hand_their_state_on_and_are_closed() {
    let rules = Rules { tumbling_window_ms: Some(1_000), maximum_retries: Some(0), ..Rules::default() };
    let mut one = One::new(rules);
    let window_of = |actions: &[Action<()>]| {
        actions.iter().find_map(|action| match action {
            Action::Invoke { window, invocation, .. } => Some((window.clone().unwrap(), *invocation)),
            _ => None,
        })
    };
    let records = vec![record(1, 1_000_100), record(2, 1_000_200), record(3, 1_001_000)];
    let actions = one.read_records(records, false);
    assert_eq!(calls(&actions)[0].1, [1, 2], "a batch is of one window");
    let (window, id) = window_of(&actions).unwrap();
    assert_eq!(
        (window.start_ms, window.end_ms, window.state, window.is_final),
        (1_000_000, 1_001_000, b"{}".to_vec(), false)
    );
    let actions = one.end(id, answered(r#"{"state":{"n":2}}"#));
    let (window, id) = window_of(&actions).unwrap();
    assert_eq!(
        (window.state, window.is_final, window.is_terminated_early),
        (br#"{"n":2}"#.to_vec(), true, false)
    );
    let Some(Action::Store { checkpoint, .. }) =
        actions.iter().find(|action| matches!(action, Action::Store { .. }))
    else {
        panic!("{actions:?}")
    };
    assert_eq!(checkpoint.lanes[0].window.as_ref().unwrap().state, br#"{"n":2}"#);
    let actions = one.end(id, answered(r#"{"state":{}}"#));
    let (window, id) = window_of(&actions).unwrap();
    assert_eq!((window.start_ms, window.state), (1_001_000, b"{}".to_vec()));
    // A state that is too large ends the window.
    let large = format!(r#"{{"state":{{"x":"{}"}}}}"#, "x".repeat(STATE_LIMIT));
    let (window, id) = window_of(&one.end(id, answered(&large))).unwrap();
    assert!(window.is_final && window.is_terminated_early);
    // It cannot be closed: that is given up as any batch is.
    let actions = one.end(id, answered("{}"));
    assert_eq!(discards(&actions), [(vec![], Condition::RetryAttemptsExhausted, 1)]);
    // An idle window is closed by the clock.
    let mut one = One::new(rules);
    let actions = one.read(&[1], false);
    let actions = one.end(window_of(&actions).unwrap().1, answered(r#"{"state":{}}"#));
    assert!(actions.contains(&Action::Wake { at_ms: 1_001_000 }), "{actions:?}");
    assert!(window_of(&one.at(1_000)).unwrap().0.is_final);
}

#[test]
fn a_restart_repeats_only_what_its_own_lane_has_not_done() {
    let rules = Rules { lanes: 2, ..Rules::default() };
    let mut one = One::new(rules);
    let records =
        vec![Record { key_hash: 0, ..record(1, 1_000_000) }, Record { key_hash: 1, ..record(2, 1_000_000) }];
    let actions = one.read_records(records.clone(), false);
    let second = calls(&actions).into_iter().find(|(_, records)| records == &[2]).unwrap();
    let actions = one.end(second.0, answered(""));
    let Some(Action::Store { checkpoint, .. }) = actions.first() else { panic!("{actions:?}") };
    let mut mapping: Mapping<()> = Mapping::new(rules, true, [(shard(), checkpoint.clone())]);
    let actions = mapping.step(Event::Shards(vec![ShardInfo { name: shard(), parents: Vec::new() }]), 0);
    let Some(Action::Read { read, from: 1, .. }) = actions.first() else { panic!("{actions:?}") };
    let page = Page { records, next: 3, is_end: false };
    let actions = mapping.step(Event::Read { read: *read, shard: shard(), page }, 1_000_000);
    assert_eq!(calls(&actions).into_iter().map(|call| call.1).collect::<Vec<_>>(), [[1]]);
}
