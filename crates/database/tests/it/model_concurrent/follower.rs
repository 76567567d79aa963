//! A reader that follows a stream from shard to shard, with the operations that clients have.

use super::Run;
use super::history::count;
use crate::dice::Dice;
use serde_json::{Value, json};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use wire::Operation::{DescribeStream, GetRecords, GetShardIterator};

/// Where a reader starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum From {
    /// At the beginning.
    Horizon,
    /// At the end of what is there.
    Latest,
}

/// A record, as it was read.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Record {
    pub(super) shard: String,
    pub(super) number: String,
    pub(super) record: Value,
}

/// What a reader has read.
#[derive(Debug)]
pub(super) struct Followed {
    pub(super) table: usize,
    pub(super) from: From,
    /// In the order in which they came.
    pub(super) records: Vec<Record>,
    /// The shards with which it began.
    pub(super) roots: Vec<String>,
    /// The parent of each shard.
    pub(super) parents: HashMap<String, Option<String>>,
}

/// A shard that is being read.
struct Cursor {
    shard: String,
    iterator: String,
    last: Option<Record>,
}

/// A reader.
pub(super) struct Follower {
    run: Arc<Run>,
    arn: String,
    dice: Dice,
    cursors: Vec<Cursor>,
    begun: HashSet<String>,
    followed: Followed,
}

/// What came of a look at a shard.
#[derive(PartialEq, Eq)]
enum Look {
    /// Nothing new.
    Nothing,
    /// Records, or another iterator.
    Something,
    /// The end of the shard.
    End,
}

impl Follower {
    pub(super) fn new(run: &Arc<Run>, (table, arn): (usize, String), from: From, dice: Dice) -> Follower {
        let followed = Followed { table, from, records: vec![], roots: vec![], parents: HashMap::new() };
        Follower { run: Arc::clone(run), arn, dice, cursors: vec![], begun: HashSet::new(), followed }
    }

    /// Reads until everything has ended that writes, and everything was read.
    pub(super) async fn all(mut self) -> Followed {
        self.begin().await;
        loop {
            let last_round = self.run.changed.load(Ordering::SeqCst);
            let mut idle = true;
            let mut nth = 0;
            while nth < self.cursors.len() {
                match self.look(nth).await {
                    Look::Nothing => nth += 1,
                    Look::Something => {
                        idle = false;
                        nth += 1;
                    }
                    Look::End => {
                        idle = false;
                        let ended = self.cursors.swap_remove(nth);
                        self.go_on(&ended.shard).await;
                    }
                }
            }
            if self.cursors.is_empty() || (idle && last_round) {
                break;
            }
            tokio::task::yield_now().await;
        }
        let shards = self.shards(None).await;
        let parent = |shard: &Value| shard["ParentShardId"].as_str().map(str::to_owned);
        self.followed.parents = shards
            .iter()
            .map(|shard| (shard["ShardId"].as_str().unwrap().to_owned(), parent(shard)))
            .collect();
        self.followed
    }

    /// The shards of the stream, over all pages; with a parent, only its children.
    async fn shards(&mut self, parent: Option<&str>) -> Vec<Value> {
        let mut request = json!({ "StreamArn": self.arn, "Limit": 1 + self.dice.roll(5) });
        if let Some(parent) = parent {
            request["ShardFilter"] = json!({ "Type": "CHILD_SHARDS", "ShardId": parent });
        }
        let mut shards = Vec::new();
        loop {
            let answer = self.run.world.ok(DescribeStream, request.clone()).await;
            let page = &answer["StreamDescription"];
            shards.extend(page["Shards"].as_array().unwrap().iter().cloned());
            match page.get("LastEvaluatedShardId") {
                Some(last) => request["ExclusiveStartShardId"] = last.clone(),
                None => return shards,
            }
        }
    }

    async fn begin(&mut self) {
        let from = self.followed.from;
        for shard in self.shards(None).await {
            let id = shard["ShardId"].as_str().unwrap().to_owned();
            let is_root = match from {
                From::Horizon => shard.get("ParentShardId").is_none(),
                From::Latest => shard["SequenceNumberRange"].get("EndingSequenceNumber").is_none(),
            };
            if is_root {
                self.followed.roots.push(id.clone());
                self.enter(id, if from == From::Horizon { "TRIM_HORIZON" } else { "LATEST" }).await;
            }
        }
    }

    async fn enter(&mut self, shard: String, kind: &str) {
        assert!(self.begun.insert(shard.clone()), "the shard {shard} was found twice");
        let iterator = self.iterator(&shard, kind, None).await;
        self.cursors.push(Cursor { shard, iterator, last: None });
    }

    async fn iterator(&self, shard: &str, kind: &str, number: Option<&str>) -> String {
        let mut request = json!({ "StreamArn": self.arn, "ShardId": shard, "ShardIteratorType": kind });
        if let Some(number) = number {
            request["SequenceNumber"] = json!(number);
        }
        let answer = self.run.world.ok(GetShardIterator, request).await;
        answer["ShardIterator"].as_str().unwrap().to_owned()
    }

    /// Goes on with the children of a shard that was read to its end.
    async fn go_on(&mut self, shard: &str) {
        let mut children = self.shards(Some(shard)).await;
        if children.is_empty() {
            let answer = self.run.world.ok(DescribeStream, json!({ "StreamArn": self.arn })).await;
            let status = &answer["StreamDescription"]["StreamStatus"];
            assert_eq!(*status, "DISABLED", "the end of a shard was seen before its children");
            return;
        }
        count(&self.run.seen.rollovers_crossed);
        for child in &mut children {
            let id = child["ShardId"].as_str().unwrap().to_owned();
            self.enter(id, "TRIM_HORIZON").await;
        }
    }

    /// Reads a page of a shard.
    async fn look(&mut self, nth: usize) -> Look {
        let limit = 1 + self.dice.roll(60);
        let cursor = &self.cursors[nth];
        let request = json!({ "ShardIterator": cursor.iterator, "Limit": limit });
        let page = match self.run.world.call(GetRecords, request).await {
            Ok(page) => page,
            Err((code, text)) => {
                assert_eq!(code, "ExpiredIteratorException", "{text}");
                count(&self.run.seen.expired);
                self.take_up(nth).await;
                return Look::Something;
            }
        };
        let records = page["Records"].as_array().unwrap();
        let cursor = &mut self.cursors[nth];
        for record in records {
            let number = record["dynamodb"]["SequenceNumber"].as_str().unwrap().to_owned();
            let after = cursor.last.as_ref().is_none_or(|last| last.number < number);
            assert!(after, "{number} comes again, or too late");
            let record = Record { shard: cursor.shard.clone(), number, record: record.clone() };
            cursor.last = Some(record.clone());
            self.followed.records.push(record);
        }
        let Some(next) = page.get("NextShardIterator") else { return Look::End };
        cursor.iterator = next.as_str().unwrap().to_owned();
        if records.is_empty() {
            return Look::Nothing;
        }
        if self.dice.once_in(8) {
            self.take_up(nth).await;
        }
        Look::Something
    }

    /// Takes a shard up again with a new iterator, by the number of the last record.
    async fn take_up(&mut self, nth: usize) {
        let (shard, last) = (self.cursors[nth].shard.clone(), self.cursors[nth].last.clone());
        let Some(last) = last else {
            // What came between the start of a reader of the newest and now, it would miss: it starts at the end
            // of what there was, which is nothing where it was the whole shard.
            let kind = if self.followed.from == From::Latest && self.followed.roots.contains(&shard) {
                "LATEST"
            } else {
                "TRIM_HORIZON"
            };
            self.cursors[nth].iterator = self.iterator(&shard, kind, None).await;
            return;
        };
        if self.dice.once_in(2) {
            self.cursors[nth].iterator =
                self.iterator(&shard, "AFTER_SEQUENCE_NUMBER", Some(&last.number)).await;
            return;
        }
        let at = self.iterator(&shard, "AT_SEQUENCE_NUMBER", Some(&last.number)).await;
        let page = match self.run.world.call(GetRecords, json!({ "ShardIterator": at, "Limit": 1 })).await {
            Ok(page) => page,
            // It expired at once, as the clock was moved. The next look is told so too.
            Err((code, text)) => return assert_eq!(code, "ExpiredIteratorException", "{text}"),
        };
        assert_eq!(page["Records"][0], last.record, "the same record, read again");
        if let Some(next) = page.get("NextShardIterator") {
            self.cursors[nth].iterator = next.as_str().unwrap().to_owned();
        }
    }
}
