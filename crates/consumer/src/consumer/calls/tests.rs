//! Calls of many pages, of a service that takes its time for each.

use super::*;
use crate::Item;
use crate::transport::{Delete, Put, RecordPage, ScanPage, Shard, StreamPage, StreamStatus, Update};
use futures_util::future::{Either, select};
use std::pin::pin;

const PAGES: usize = 5;
const PAGE_TIME: Duration = Duration::from_secs(4);

/// A stream of a few pages, and a lease table of as many, each of which takes a while.
struct Slow(Clock);

impl Slow {
    /// The number of the page that begins there, and where the next one does.
    async fn page(&self, after: Option<&str>) -> (usize, Option<String>) {
        self.0.sleep(PAGE_TIME).await;
        let page = after.map_or(0, |after| after.parse().unwrap());
        (page, (page + 1 < PAGES).then(|| (page + 1).to_string()))
    }
}

fn never<V>() -> Result<V, CallError> {
    Err(CallError::Refused("not asked here".to_owned()))
}

impl Transport for Slow {
    async fn describe_stream(&self, _: &str, after: Option<&str>) -> Result<StreamPage, CallError> {
        let (page, last_evaluated) = self.page(after).await;
        let shards = vec![Shard { id: format!("shard-{page}"), parent: None, starting: None, ending: None }];
        let (status, table) = (StreamStatus::Enabled, "table".to_owned());
        Ok(StreamPage { status, table, key_attributes: Vec::new(), shards, last_evaluated })
    }

    async fn scan(&self, _: &str, after: Option<&Item>) -> Result<ScanPage, CallError> {
        let after = after.and_then(|key| key["leaseKey"].as_s());
        let (page, next) = self.page(after).await;
        let items = vec![Lease::new(&format!("shard-{page}"), Checkpoint::Latest).to_item()];
        Ok(ScanPage { items, last_evaluated: next.as_deref().map(key) })
    }

    async fn get_shard_iterator(&self, _: &str, _: &str, _: &StartingPosition) -> Result<String, CallError> {
        never()
    }

    async fn get_records(&self, _: &str, _: u32) -> Result<RecordPage, CallError> {
        never()
    }

    async fn get_item(&self, _: &str, _: &Item) -> Result<Option<Item>, CallError> {
        never()
    }

    async fn put_item(&self, _: &str, _: &Put) -> Result<(), CallError> {
        never()
    }

    async fn update_item(&self, _: &str, _: &Update) -> Result<Item, CallError> {
        never()
    }

    async fn delete_item(&self, _: &str, _: &Delete) -> Result<(), CallError> {
        never()
    }

    async fn create_table(&self, _: &str, _: &str) -> Result<(), CallError> {
        never()
    }

    async fn table_is_active(&self, _: &str) -> Result<bool, CallError> {
        never()
    }
}

/// Makes a call while time passes.
async fn made(time: Duration, action: Action) -> Event {
    let clock = Clock::simulated(0);
    let calls = Calls {
        transport: Arc::new(Slow(clock.clone())),
        stream_arn: "arn".into(),
        lease_table: "leases".into(),
        batch_max: 1,
        clock: clock.clone(),
        time,
    };
    let passes = pin!(async {
        loop {
            clock.pass(Duration::from_secs(1));
            environment::yield_now().await;
        }
    });
    match select(pin!(calls.make(action)), passes).await {
        Either::Left((event, _)) => event.unwrap(),
        Either::Right((never, _)) => never,
    }
}

#[tokio::test]
async fn a_call_of_many_pages_may_take_its_time_for_each() {
    let enough = PAGE_TIME + Duration::from_secs(2);
    let Event::Described(described) = made(enough, Action::Describe).await else { panic!("another event") };
    assert_eq!(described.unwrap().shards.len(), PAGES);
    let Event::Leases(leases) = made(enough, Action::ScanLeases).await else { panic!("another event") };
    assert_eq!(leases.unwrap().len(), PAGES);
    let Event::Described(late) = made(PAGE_TIME / 2, Action::Describe).await else { panic!("another event") };
    assert!(matches!(late, Err(CallError::Unavailable(_))), "{late:?}");
}
