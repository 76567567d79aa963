//! What is kept of a batch that was given up, and for how long.

use super::*;
use std::sync::Arc;
use store::{AnyStore, Memory, Store};

struct World {
    runner: Runner,
    space: SpaceId,
    environment: Environment,
}

impl World {
    fn new() -> Self {
        let environment = Environment::simulated(1, 1_000_000);
        let store = Arc::new(AnyStore::Memory(Memory::new(1 << 20)));
        let runner = Runner::inline(Arc::clone(&store), &environment);
        Self { runner, space: store.create_space().unwrap(), environment }
    }

    fn open(&self, limits: Limits) -> Discarded {
        Discarded::open(self.runner.clone(), self.space, limits, &self.environment).unwrap()
    }

    fn batch(&self, mapping: &str) -> Batch {
        Batch {
            mapping: mapping.into(),
            function_arn: "arn:f".into(),
            source_arn: "arn:s".into(),
            shard: "shardId-1".into(),
            condition: "RetryAttemptsExhausted".into(),
            invokes: 3,
            request_id: Some("r".into()),
            error: Some("Error: no".into()),
            first: "1".into(),
            last: "9".into(),
            size: 4,
            reports_item_failures: false,
            time_ms: self.environment.clock.now_ms(),
        }
    }
}

fn ids(discarded: &Discarded, mapping: Option<&str>) -> Vec<u64> {
    discarded.list(mapping).iter().map(|summary| summary.id.0).collect()
}

#[tokio::test]
async fn a_batch_is_there_after_a_restart_and_gone_when_deleted() {
    let world = World::new();
    let event = Bytes::from(vec![b'x'; 1_300_000]);
    let kept = world.open(Limits::default());
    let first = kept.keep(world.batch("m"), event.clone()).await.unwrap();
    let second = kept.keep(world.batch("n"), Bytes::new()).await.unwrap();
    kept.failed_again(first, "Error: again").await.unwrap();
    let kept = world.open(Limits::default());
    assert_eq!(kept.event(first).unwrap(), event);
    assert_eq!(kept.event(second).unwrap(), Bytes::new());
    let summary = kept.get(first).unwrap();
    assert_eq!((summary.reruns, summary.batch.error.as_deref()), (1, Some("Error: again")));
    assert_eq!((ids(&kept, None), ids(&kept, Some("n"))), (vec![0, 1], vec![1]));
    kept.delete(second).await.unwrap();
    kept.delete(first).await.unwrap();
    assert!(matches!(kept.delete(first).await, Err(DiscardedError::NotFound(_))));
    let kept = world.open(Limits::default());
    assert!(ids(&kept, None).is_empty());
    // A number is not given twice.
    assert_eq!(kept.keep(world.batch("m"), Bytes::new()).await.unwrap(), BatchId(2));
    let mut values = 0;
    let all = store::Range {
        space: world.space,
        from: std::ops::Bound::Unbounded,
        to: std::ops::Bound::Unbounded,
        direction: store::Direction::Forward,
    };
    store::Snapshot::range(&world.runner.store().snapshot(), &all, &mut |_, _| {
        values += 1;
        true
    })
    .unwrap();
    assert_eq!(values, 2, "the next number, and one batch without an event");
}

#[tokio::test]
async fn a_number_is_not_given_again_where_commits_were_out_of_order() {
    let world = World::new();
    let kept = world.open(Limits::default());
    kept.keep(world.batch("m"), Bytes::new()).await.unwrap();
    let newest = kept.keep(world.batch("m"), Bytes::new()).await.unwrap();
    // What a store holds in which the first of them was committed last.
    let late = (Keys::new(world.space).next(), Some(Bytes::copy_from_slice(&1_u64.to_be_bytes())));
    world.runner.write(store::Effect { writes: vec![late], ..store::Effect::default() }).await.unwrap();
    kept.delete(newest).await.unwrap();
    let kept = world.open(Limits::default());
    assert_eq!(kept.keep(world.batch("m"), Bytes::new()).await.unwrap(), BatchId(2));
}

#[tokio::test]
async fn batches_that_are_kept_at_the_same_time_may_both_push_the_oldest_out() {
    let world = World::new();
    let kept = world.open(Limits { age_ms: 5_000, bytes: 100 });
    let event = Bytes::from(vec![0; 60]);
    kept.keep(world.batch("m"), event.clone()).await.unwrap();
    let changing = kept.inner.changing.lock().await;
    let (one, other) = (kept.keep(world.batch("m"), event.clone()), kept.keep(world.batch("m"), event));
    let (one, other, ()) = tokio::join!(one, other, async move { drop(changing) });
    assert_eq!((one.unwrap(), other.unwrap()), (BatchId(1), BatchId(2)));
    assert_eq!(ids(&kept, None), [2]);
}

#[tokio::test]
async fn the_oldest_go_first() {
    let world = World::new();
    let kept = world.open(Limits { age_ms: 5_000, bytes: 250 });
    for _ in 0..4 {
        kept.keep(world.batch("m"), Bytes::from(vec![0; 100])).await.unwrap();
    }
    assert_eq!(ids(&kept, None), [2, 3]);
    // One that is larger than all may be stays alone.
    let large = kept.keep(world.batch("m"), Bytes::from(vec![0; 300])).await.unwrap();
    assert_eq!(ids(&kept, None), [large.0]);
    world.environment.clock.advance(5_001);
    assert!(ids(&kept, None).is_empty() && kept.event(large).is_err());
}
