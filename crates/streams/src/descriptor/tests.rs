//! The tree of shards keeps its invariants whatever is done to it.

use super::*;
use proptest::prelude::*;
use store::LogChange;

const RETENTION_MS: u64 = 1_000;

fn new_stream(label_ms: u64, initial_shards: u32) -> NewStream {
    NewStream {
        table_arn: "arn:aws:dynamodb:eu-west-1:000000000000:table/Music".into(),
        account: "000000000000".into(),
        region: "eu-west-1".into(),
        table_name: "Music".into(),
        key_schema: vec![KeyElement { name: "Artist".into(), role: KeyRole::Hash }],
        view: ViewType::NewAndOldImages,
        label_ms,
        initial_shards,
    }
}

fn logs(from: u64) -> impl FnMut() -> LogId {
    let mut last = from;
    move || {
        last += 1;
        LogId(last)
    }
}

fn opened(initial_shards: u32) -> StreamDescriptor {
    let mut next_log = logs(10);
    let opening = Opening { now_ms: 5_000, retention_ms: RETENTION_MS, next_log: &mut next_log };
    open(new_stream(5_000, initial_shards), opening).descriptor
}

/// Some stream.
pub(crate) fn example() -> StreamDescriptor {
    opened(1)
}

#[test]
fn a_new_stream_has_its_shards_and_opens_their_logs() {
    let mut next_log = logs(10);
    let opening = Opening { now_ms: 5_000, retention_ms: RETENTION_MS, next_log: &mut next_log };
    let change = open(new_stream(5_000, 4), opening);
    let stream = &change.descriptor;
    assert_eq!(stream.label, "1970-01-01T00:00:05.000");
    assert_eq!(
        stream.arn,
        format!("arn:aws:dynamodb:eu-west-1:000000000000:table/Music/stream/{}", stream.label)
    );
    assert_eq!(stream.shards.len(), 4);
    assert_eq!(stream.inconsistency(), None);
    let opens: Vec<LogChange> =
        (11..=14).map(|log| LogChange::Open { log: LogId(log), retention_ms: RETENTION_MS }).collect();
    assert_eq!(change.logs, opens);
    assert!(stream.shards.iter().all(|shard| shard.parent.is_none() && shard.created_ms == 5_000));
    assert_eq!(opened(0).shards.len(), 1);
}

#[test]
fn a_roll_closes_a_shard_and_opens_its_only_child() {
    let before = opened(2);
    let parent = before.shards[1].clone();
    let mut next_log = logs(20);
    let opening = Opening { now_ms: 9_000, retention_ms: RETENTION_MS, next_log: &mut next_log };
    let change = roll(&before, &[parent.id], opening).unwrap();
    let after = &change.descriptor;
    assert_eq!(after.shard(parent.id).unwrap().closed_ms, Some(9_000));
    let children: Vec<&Shard> = after.children(parent.id).collect();
    assert_eq!(children.len(), 1);
    assert_eq!((children[0].first, children[0].last), (parent.first, parent.last));
    let open = LogChange::Open { log: LogId(21), retention_ms: RETENTION_MS };
    assert_eq!(change.logs, [LogChange::Close(parent.log), open]);
    assert_eq!(after.inconsistency(), None);
}

#[test]
fn what_cannot_be_done_is_refused() {
    let stream = opened(1);
    let id = stream.shards[0].id;
    let plan = |stream: &StreamDescriptor, ids: &[ShardId]| {
        roll(stream, ids, Opening { now_ms: 6_000, retention_ms: 1, next_log: &mut logs(50) })
    };
    let unknown = ShardId { created_ms: 1, suffix: 1 };
    assert_eq!(plan(&stream, &[unknown]), Err(PlanError::UnknownShard(unknown)));
    assert_eq!(plan(&stream, &[id, id]), Err(PlanError::ShardClosed(id)));
    let rolled = plan(&stream, &[id]).unwrap().descriptor;
    assert_eq!(plan(&rolled, &[id]), Err(PlanError::ShardClosed(id)));
    let disabled = disable(&rolled, 7_000).unwrap();
    assert_eq!(disabled.logs, [LogChange::Close(LogId(51))]);
    assert_eq!(disabled.descriptor.inconsistency(), None);
    assert_eq!(disable(&disabled.descriptor, 8_000), Err(PlanError::Disabled));
    assert_eq!(plan(&disabled.descriptor, &[id]), Err(PlanError::Disabled));
    let mut narrow = stream;
    narrow.shards[0].last = 0;
    let opening = Opening { now_ms: 6_000, retention_ms: 1, next_log: &mut logs(50) };
    assert_eq!(split(&narrow, id, opening), Err(PlanError::TooNarrow(id)));
}

#[test]
fn times_fall_due_in_order() {
    let stream = opened(2);
    assert_eq!(stream.due_for_rollover(5_099, 100), []);
    assert_eq!(stream.due_for_rollover(5_100, 100).len(), 2);
    assert_eq!(stream.next_due_ms(100, RETENTION_MS), Some(5_100));
    let disabled = disable(&stream, 6_000).unwrap().descriptor;
    assert_eq!(disabled.next_due_ms(100, RETENTION_MS), Some(7_000));
    assert!(!disabled.has_expired(6_999, RETENTION_MS));
    assert!(disabled.has_expired(7_000, RETENTION_MS));
}

#[test]
fn damage_is_noticed() {
    let good = opened(2);
    assert_eq!(StreamDescriptor::from_bytes(&good.to_bytes()).unwrap(), good);
    assert!(StreamDescriptor::from_bytes(b"{}").is_err());
    assert!(StreamDescriptor::from_bytes(&good.to_bytes()[1..]).is_err());
    let damages: [fn(&mut StreamDescriptor); 6] = [
        |stream| stream.shards.reverse(),
        |stream| stream.shards[0].last -= 1,
        |stream| stream.shards[1].last -= 1,
        |stream| stream.shards[0].parent = Some(stream.shards[1].id),
        |stream| stream.status = StreamStatus::Disabled,
        |stream| stream.shards.truncate(1),
    ];
    for (nth, damage) in damages.iter().enumerate() {
        let mut damaged = good.clone();
        damage(&mut damaged);
        assert!(StreamDescriptor::from_bytes(&damaged.to_bytes()).is_err(), "damage {nth}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(environment::repeated(64) as u32))]

    /// Whatever is rolled and split, even many times in one millisecond: open ranges partition the hash
    /// space, ids rise, parents come before children, and children own exactly what their parent owned.
    #[test]
    fn rolling_and_splitting_keep_the_tree(
        initial in 1_u32..6,
        steps in prop::collection::vec((any::<bool>(), any::<prop::sample::Index>(), 0_u64..3), 0..24),
    ) {
        let mut stream = opened(initial);
        let mut next_log = logs(100);
        let mut now_ms = 5_000;
        for (splitting, which, later_ms) in steps {
            now_ms += later_ms;
            let open: Vec<ShardId> = stream.open_shards().iter().map(|shard| shard.id).collect();
            let id = open[which.index(open.len())];
            let opening = Opening { now_ms, retention_ms: RETENTION_MS, next_log: &mut next_log };
            let change =
                if splitting { split(&stream, id, opening) } else { roll(&stream, &[id], opening) }.unwrap();
            stream = change.descriptor;
            prop_assert_eq!(stream.inconsistency(), None);
            let texts: Vec<String> = stream.shards.iter().map(|shard| shard.id.to_string()).collect();
            prop_assert!(texts.is_sorted());
            let parent = stream.shard(id).unwrap();
            let children: Vec<&Shard> = stream.children(id).collect();
            prop_assert_eq!(children.len(), 1 + usize::from(splitting));
            prop_assert_eq!(children[0].first, parent.first);
            prop_assert_eq!(children[children.len() - 1].last, parent.last);
        }
        prop_assert_eq!(StreamDescriptor::from_bytes(&stream.to_bytes()).unwrap(), stream);
    }
}
