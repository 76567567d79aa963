//! The task that changes tables under the writers: shards roll over and split, by demand and by age, an index is
//! made and deleted, a stream is switched off and on.

use super::history::{Span, count};
use super::tables::{Place, SORTED, TABLES, TOGGLED};
use super::{OPERATIONS, Run, WRITERS};
use crate::dice::Dice;
use crate::world::{definitions, index};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use wire::Operation::{Scan, UpdateTable};

/// How many changes there are while each writer does what it does at least.
const CHANGES: usize = 40;
/// No stream has more open shards.
const SHARDS_MAX: usize = 16;
/// After so long every iterator has expired and every shard is due for rollover. A few of these are less than the
/// time that records are kept.
const LONG_MS: u64 = 4 * 3_600_000;
const LONG_MAX: usize = 3;

/// The task.
pub(super) struct Changes {
    run: Arc<Run>,
    dice: Dice,
    late: bool,
    toggled: bool,
    advanced: usize,
}

impl Changes {
    pub(super) fn new(run: &Arc<Run>, dice: Dice) -> Changes {
        Changes { run: Arc::clone(run), dice, late: false, toggled: true, advanced: 0 }
    }

    /// One change after another, until the writers have ended. In the end the index is there.
    pub(super) async fn all(mut self) {
        let mut nth = 0;
        while !self.run.written.load(Ordering::SeqCst) {
            let due = nth * OPERATIONS * WRITERS / CHANGES;
            if self.run.operations.load(Ordering::Relaxed) >= due {
                self.one(nth).await;
                nth += 1;
            }
            tokio::task::yield_now().await;
        }
        if !self.late {
            self.toggle_index().await;
        }
    }

    async fn one(&mut self, nth: usize) {
        match nth % 6 {
            0 | 3 => self.split().await,
            1 => self.toggle_index().await,
            2 => self.roll().await,
            4 => self.toggle_stream().await,
            _ => self.let_time_pass().await,
        }
    }

    /// The ARN of a stream, mostly one of the two with the most writers, and its table.
    fn stream(&mut self) -> (usize, String) {
        let table = self.dice.roll(8) as usize % 5;
        (table, self.run.streams[table].clone().unwrap())
    }

    fn list(&self, arn: &str) -> Value {
        let world = &self.run.world;
        world.database.list_shards(&world.caller, &json!({ "stream_arn": arn })).unwrap()
    }

    /// Rolls a shard over, any.
    async fn roll(&mut self) {
        let (_, arn) = self.stream();
        let open = shards(&self.list(&arn), |shard| shard["state"] == "open");
        let question = json!({ "stream_arn": arn, "shard_id": self.dice.one(&open) });
        let world = &self.run.world;
        world.database.roll_shards(&world.caller, &question).await.unwrap();
    }

    /// Splits a shard, twice, while all writers write to it.
    async fn split(&mut self) {
        let (table, arn) = self.stream();
        let run = Arc::clone(&self.run);
        run.focus.store(table, Ordering::Relaxed);
        for _ in 0..2 {
            let focused = run.focused.load(Ordering::Relaxed) + WRITERS / 4;
            while run.focused.load(Ordering::Relaxed) < focused && !run.written.load(Ordering::SeqCst) {
                tokio::task::yield_now().await;
            }
            let (began, before) = (run.stamp(), self.list(&arn));
            let last = run.seen.last_shard(Place { table, number: 0 });
            let open = shards(&before, |shard| shard["state"] == "open");
            let Some(shard) = last.filter(|last| open.contains(last) && open.len() < SHARDS_MAX) else {
                break;
            };
            let question = json!({ "stream_arn": arn, "shard_id": shard });
            let listed = run.world.database.split_shards(&run.world.caller, &question).await.unwrap();
            let span = Span { began, ended: run.stamp() };
            for near in shards(&listed, |near| near["id"] == json!(shard) || near["parent"] == json!(shard)) {
                run.seen.note_split(&near, span);
            }
        }
        run.focus.store(usize::MAX, Ordering::Relaxed);
    }

    /// Makes the index `late` and waits until it is filled, or deletes it.
    async fn toggle_index(&mut self) {
        let name = TABLES[SORTED].name;
        let run = Arc::clone(&self.run);
        let update = match self.late {
            true => json!({ "Delete": { "IndexName": "late" } }),
            false => json!({ "Create": index("late", "g:HASH v:RANGE") }),
        };
        let request = json!({ "TableName": name, "AttributeDefinitions": definitions("pk:S sk:N l:S g:S v:S"),
            "GlobalSecondaryIndexUpdates": [update] });
        let before = run.operations.load(Ordering::Relaxed);
        run.world.ok(UpdateTable, request).await;
        self.late = !self.late;
        if !self.late {
            return;
        }
        while !is_filled(&run.world.describe(name).await) {
            tokio::task::yield_now().await;
        }
        if run.operations.load(Ordering::Relaxed) > before {
            count(&run.seen.filled);
        }
        run.world.ok(Scan, json!({ "TableName": name, "IndexName": "late" })).await;
    }

    async fn toggle_stream(&mut self) {
        self.toggled = !self.toggled;
        let specification = match self.toggled {
            true => json!({ "StreamEnabled": true, "StreamViewType": "NEW_AND_OLD_IMAGES" }),
            false => json!({ "StreamEnabled": false }),
        };
        let request = json!({ "TableName": TABLES[TOGGLED].name, "StreamSpecification": specification });
        self.run.world.ok(UpdateTable, request).await;
    }

    async fn let_time_pass(&mut self) {
        if self.advanced == LONG_MAX {
            return self.split().await;
        }
        self.advanced += 1;
        let run = Arc::clone(&self.run);
        let _alone = run.clock.write().await;
        run.world.advance(LONG_MS).await;
    }
}

fn shards(listed: &Value, wanted: impl Fn(&Value) -> bool) -> Vec<String> {
    let shards = listed["shards"].as_array().unwrap().iter().filter(|shard| wanted(shard));
    shards.map(|shard| shard["id"].as_str().unwrap().to_owned()).collect()
}

fn is_filled(table: &Value) -> bool {
    let indexes = table["GlobalSecondaryIndexes"].as_array().unwrap();
    indexes.iter().all(|index| index["IndexStatus"] == "ACTIVE")
}
