//! A way in for the fuzz targets: the forms on disk are nobody else's business, but any bytes may be found there.
//! Only with the feature `fuzzing`.

use super::block::{Block, BlockBuilder, sealed};
use super::rows::{self, BucketRow, Header};
use super::{bucket, directory, open, value, witness};
use crate::log_head::version_of;
use crate::{LogId, StoreError, Version};

/// Reads bytes as one of the forms on disk, which the first byte chooses, and panics where what was taken does not
/// come back when it is written again.
pub fn read(data: &[u8]) {
    let Some((choice, rest)) = data.split_first() else { return };
    match choice % 7 {
        0 => values(rest),
        1 => blocks(rest),
        2 => row(rest, Header::decode, Header::encode),
        3 => row(rest, BucketRow::decode, BucketRow::encode),
        4 => row(rest, rows::decode_log, rows::encode_log),
        5 => open::read_row(rest),
        _ => small_files(rest),
    }
}

fn values(bytes: &[u8]) {
    let _ = value::decode(b"key", bytes.into());
    let stored = value::encode(b"key", Version(7), bytes);
    assert!(value::decode(b"key", stored.into()).is_ok_and(|read| read.value == bytes));
}

/// A block with the right checksum, since hardly any other is looked into.
fn blocks(bytes: &[u8]) {
    let (key, stored) = sealed(LogId(5), Version(7), bytes);
    let Ok(block) = Block::decode(&key, stored.into()) else { return };
    let mut records = Vec::new();
    let Ok(true) = block.records(|record| {
        records.push(record);
        true
    }) else {
        return;
    };
    assert!(records.windows(2).all(|pair| pair[0].position < pair[1].position), "positions rise");
    let mut builder = BlockBuilder::new(LogId(5), Version(7), block.time_ms);
    for record in &records {
        assert!(version_of(record.position) == Version(7), "a position of another commit");
        builder
            .push((record.position.0 - crate::log_head::position_of(Version(7), 0).0) as u32, &record.bytes);
    }
    let (key, again) = builder.finish();
    let again = Block::decode(&key, again.into()).and_then(|block| {
        let mut read = Vec::new();
        block.records(|record| {
            read.push(record);
            true
        })?;
        Ok(read)
    });
    assert!(again.is_ok_and(|again| again == records), "the records come back");
}

fn row<T: PartialEq>(
    bytes: &[u8],
    decode: impl Fn(&[u8]) -> Result<T, StoreError>,
    encode: impl Fn(&T) -> Vec<u8>,
) {
    if let Ok(row) = decode(bytes) {
        assert!(decode(&encode(&row)).is_ok_and(|again| again == row), "the row comes back");
    }
}

fn small_files(bytes: &[u8]) {
    if let Ok(text) = std::str::from_utf8(bytes) {
        let _ = directory::is_fresh(std::path::Path::new("/data"), text);
        if let Some(id) = bucket::parse_name(text) {
            assert!(bucket::parse_name(&bucket::keyspace_name(id)) == Some(id));
        }
    }
    if let Some(slot) = bytes.first_chunk() {
        let _ = witness::decode(*slot);
    }
}
