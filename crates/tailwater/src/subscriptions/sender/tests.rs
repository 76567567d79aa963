//! One subscription over a database in memory, with a clock that stands still unless the test moves it.

use super::*;
use database::{Caller, Options, Storage};
use environment::Environment;
use filter::Filters;
use serde_json::Value;
use streams::following::Begin;
use wire::Operation;

const START_MS: u64 = 1_800_000_000_000;

struct World {
    environment: Environment,
    database: Arc<Database>,
    stream: Arc<StreamDescriptor>,
}

impl World {
    async fn new() -> Self {
        let environment = Environment::simulated(1, START_MS);
        let options = Options {
            storage: Storage::Memory { log_bytes_max: 64 << 20 },
            shared_tables: false,
            streams: streams::Options::default(),
            sweep_interval_ms: 1_000,
        };
        let database = Database::open(options, environment.clone()).unwrap();
        call(
            &database,
            Operation::CreateTable,
            &json!({
                "TableName": "dogs",
                "AttributeDefinitions": [{ "AttributeName": "name", "AttributeType": "S" }],
                "KeySchema": [{ "AttributeName": "name", "KeyType": "HASH" }],
                "BillingMode": "PAY_PER_REQUEST",
                "StreamSpecification": { "StreamEnabled": true, "StreamViewType": "NEW_IMAGE" },
            }),
        )
        .await;
        let stream = database.streams().all()[0].clone();
        Self { environment, database, stream }
    }

    async fn put(&self, name: &str, bytes: usize) {
        let item = json!({ "name": { "S": name }, "bark": { "S": "w".repeat(bytes) } });
        call(&self.database, Operation::PutItem, &json!({ "TableName": "dogs", "Item": item })).await;
    }

    /// A subscription that begins now.
    fn subscribe(
        &self,
        filters: &[&str],
        snapshots: Option<Arc<Semaphore>>,
    ) -> mpsc::Receiver<io::Result<Bytes>> {
        let (streams, store) = (self.database.streams(), &**self.database.store());
        let follower = match snapshots {
            Some(_) => None,
            None => Some(Follower::begin(streams, store, &self.stream, &Begin::Latest).unwrap()),
        };
        let filters = Filters::parse(filters.iter().copied()).unwrap();
        let sender = Sender {
            database: Arc::clone(&self.database),
            stream: Arc::clone(&self.stream),
            wanted: Wanted::Changes(RecordFilter::new(filters, &self.stream)),
            snapshots,
        };
        let (pieces, received) = mpsc::channel(1);
        drop(environment::spawn(sender.run(follower, pieces)));
        received
    }

    /// Lets time pass for whoever sleeps by now.
    async fn pass(&self, seconds: u64) {
        settle().await;
        self.environment.clock.pass(Duration::from_secs(seconds));
    }
}

async fn call(database: &Arc<Database>, operation: Operation, request: &Value) {
    let body = request.to_string().into_bytes();
    let caller = Caller::new("000000000000", "us-east-1");
    database.call(operation, &caller, body.into()).await.unwrap();
}

/// Lets every task do what it can.
async fn settle() {
    for _ in 0..50 {
        environment::yield_now().await;
    }
}

async fn next(received: &mut mpsc::Receiver<io::Result<Bytes>>) -> String {
    String::from_utf8(received.recv().await.unwrap().unwrap().to_vec()).unwrap()
}

fn id(piece: &str) -> &str {
    piece.lines().find_map(|line| line.strip_prefix("id: ")).unwrap()
}

#[tokio::test]
async fn a_sign_of_life_comes_when_nothing_else_does() {
    let world = World::new().await;
    let mut received = world.subscribe(&[r#"{"eventName":["REMOVE"]}"#], None);
    assert_eq!(next(&mut received).await, "retry: 1000\n\n");
    let begin = next(&mut received).await;
    assert!(begin.ends_with("event: heartbeat\ndata: {}\n\n"), "{begin}");
    world.pass(15).await;
    assert_eq!(next(&mut received).await, ": alive\n\n");
    // What the filter refuses moves the positions on, of which is told when there is time for it.
    world.put("Rex", 1).await;
    settle().await;
    assert!(received.try_recv().is_err());
    world.pass(15).await;
    let moved = next(&mut received).await;
    assert!(moved.ends_with("event: heartbeat\ndata: {}\n\n") && id(&moved) > id(&begin), "{moved}");
    world.pass(15).await;
    assert_eq!(next(&mut received).await, ": alive\n\n");
}

#[tokio::test]
async fn whoever_reads_slowly_gets_all_of_it_in_pieces() {
    let world = World::new().await;
    let mut received = world.subscribe(&[], None);
    for nth in 0..600 {
        world.put(&format!("dog-{nth}"), 2_000).await;
    }
    settle().await;
    let (mut events, mut last) = (0, String::new());
    while events < 600 {
        let piece = next(&mut received).await;
        assert!(piece.len() < 2 * PIECE_BYTES, "{}", piece.len());
        for event in piece.split_terminator("\n\n").filter(|event| event.contains("event: insert")) {
            assert!(id(event) > last.as_str());
            id(event).clone_into(&mut last);
            assert!(event.contains(&format!("\"S\":\"dog-{events}\"")), "{event}");
            events += 1;
        }
    }
}

#[tokio::test]
async fn a_snapshot_waits_for_its_turn_and_is_not_held_for_those_who_do_not_read_it() {
    let world = World::new().await;
    for nth in 0..200 {
        world.put(&format!("dog-{nth}"), 5_000).await;
    }
    let places = Arc::new(Semaphore::new(1));
    let mut first = world.subscribe(&[], Some(Arc::clone(&places)));
    assert_eq!(next(&mut first).await, "retry: 1000\n\n");
    assert!(next(&mut first).await.starts_with("event: reset\n"));
    let mut second = world.subscribe(&[], Some(Arc::clone(&places)));
    assert_eq!(next(&mut second).await, "retry: 1000\n\n");
    world.pass(15).await;
    assert_eq!(next(&mut second).await, ": alive\n\n");
    // The first one does not read on.
    world.pass(60).await;
    settle().await;
    let cut = loop {
        match first.recv().await {
            Some(Ok(_)) => {}
            other => break other,
        }
    };
    assert!(cut.unwrap().unwrap_err().to_string().contains("too long"));
    let mut text = String::new();
    while !text.contains("event: synced\ndata: {\"items\":200}") {
        text.push_str(&next(&mut second).await);
    }
    assert_eq!(text.matches("event: item\n").count(), 200);
    assert_eq!(text.matches("event: reset\n").count(), 1);
}
