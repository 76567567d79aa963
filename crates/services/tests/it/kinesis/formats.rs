//! JSON and CBOR: the same operations, each answered in the language of its request.

use super::world::{START_MS, World};
use serde_json::json;

const CBOR: &str = "application/x-amz-cbor-1.1";

async fn call(world: &World, operation: &str, body: &[u8]) -> (u16, Vec<u8>) {
    let answer = world.kinesis.call(operation, &world.caller, CBOR, body).await;
    assert_eq!(answer.content_type, CBOR);
    (answer.status, answer.body)
}

fn contains(body: &[u8], part: &[u8]) -> bool {
    body.windows(part.len()).any(|window| window == part)
}

/// A short text in CBOR.
fn text(text: &str) -> Vec<u8> {
    let head = if text.len() < 24 { vec![0x60 | text.len() as u8] } else { vec![0x78, text.len() as u8] };
    [head, text.as_bytes().to_vec()].concat()
}

#[tokio::test]
async fn a_client_that_speaks_cbor_puts_and_reads() {
    let world = World::in_memory();
    // As Jackson writes it: structures of lengths not told.
    let create =
        [b"\xbf".to_vec(), text("StreamName"), text("changes"), text("ShardCount"), b"\x01\xff".to_vec()];
    assert_eq!(call(&world, "CreateStream", &create.concat()).await, (200, Vec::new()));
    let put = [
        b"\xbf".to_vec(),
        text("StreamName"),
        text("changes"),
        text("Data"),
        b"\x43\x00\xff\x01".to_vec(),
        text("PartitionKey"),
        text("key"),
        b"\xff".to_vec(),
    ];
    let (status, body) = call(&world, "PutRecord", &put.concat()).await;
    assert_eq!(status, 200);
    assert!(contains(&body, &text("shardId-000000000000")));
    let time = [b"\xc1\x1b".to_vec(), START_MS.to_be_bytes().to_vec()].concat();
    let iterator = [
        b"\xa4".to_vec(),
        text("StreamName"),
        text("changes"),
        text("ShardId"),
        text("shardId-000000000000"),
        text("ShardIteratorType"),
        text("AT_TIMESTAMP"),
        text("Timestamp"),
        time.clone(),
    ];
    let (status, body) = call(&world, "GetShardIterator", &iterator.concat()).await;
    assert_eq!(status, 200);
    // The answer is a structure of one member, whose value follows its name.
    let value = &body[1 + text("ShardIterator").len()..];
    let read = [b"\xa1".to_vec(), text("ShardIterator"), value.to_vec()];
    let (status, body) = call(&world, "GetRecords", &read.concat()).await;
    assert_eq!(status, 200);
    assert!(contains(&body, b"\x43\x00\xff\x01"), "the data are bytes");
    assert!(contains(&body, &time), "the time is in milliseconds, under its tag");
}

#[tokio::test]
async fn failures_are_told_in_the_same_language() {
    let world = World::in_memory();
    let (status, body) =
        call(&world, "DescribeStream", &[b"\xa1".to_vec(), text("StreamName"), text("nope")].concat()).await;
    assert_eq!(status, 400);
    assert!(contains(&body, &text("ResourceNotFoundException")));
    for (body, what) in [(&b"\x81"[..], "cut short"), (b"\x01", "no structure"), (b"{}", "JSON")] {
        let (status, answer) = call(&world, "ListStreams", body).await;
        assert_eq!(status, 400, "{what}");
        assert!(contains(&answer, b"SerializationException"), "{what}");
    }
    for body in ["[", "[]", "1"] {
        let answer = world
            .kinesis
            .call("ListStreams", &world.caller, "application/x-amz-json-1.1", body.as_bytes())
            .await;
        let told: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
        assert_eq!((answer.status, &told["__type"]), (400, &json!("SerializationException")), "{body}");
    }
}

#[tokio::test]
async fn more_values_than_any_request_has_are_not_kept_in_memory() {
    let world = World::in_memory();
    let json = format!(r#"{{"StreamName":"changes","Records":[{}1]}}"#, "1,".repeat(20_000));
    let answer =
        world.kinesis.call("PutRecords", &world.caller, "application/x-amz-json-1.1", json.as_bytes()).await;
    let told: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
    let says = "The body has more than 10000 values.";
    assert_eq!(told, json!({ "__type": "SerializationException", "message": says }));
    // A list of 20,000 numbers.
    let list = [b"\x99\x4e\x20".to_vec(), vec![1; 20_000]].concat();
    let body = [b"\xa1".to_vec(), text("Records"), list].concat();
    let (status, answer) = call(&world, "PutRecords", &body).await;
    assert!(status == 400 && contains(&answer, says.as_bytes()), "{answer:?}");
}
