//! A record of a data stream, as bytes in a log: what a program put, or the change of a table.
//!
//! What a program put:
//!
//! | offset | length | what |
//! |---|---|---|
//! | 0 | 1 | 1 |
//! | 1 | 2 | P, the length of the partition key |
//! | 3 | P | the partition key, UTF-8 |
//! | 3+P | rest | the data |
//!
//! The change of a table. Its partition key is written out as 32 hex digits, and its data are the JSON that
//! [`ChangeWriter`] makes of it when it is read:
//!
//! | offset | length | what |
//! |---|---|---|
//! | 0 | 1 | 2 |
//! | 1 | 1 | the precision of its time: 0 milliseconds, 1 microseconds |
//! | 2 | 16 | the partition key: MD5 of the item's partition key |
//! | 18 | 1 | T, the length of the table's name |
//! | 19 | T | the table's name |
//! | 19+T | rest | the change, as [`crate::record`] writes it, with both images |
//!
//! Integers are little-endian.

use crate::hex::hex;
use crate::record::{ChangeWriter, Damaged, NewRecord, decode_parts, encode};
use md5::{Digest as _, Md5};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use store::{Head, LogRecord, Pieces};

const PUT: u8 = 1;
const CHANGE: u8 = 2;

/// The unit of a change's time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Precision {
    /// Milliseconds.
    #[default]
    Millisecond,
    /// Microseconds.
    Microsecond,
}

/// The hash key of a partition key: MD5, read as a number.
#[must_use]
pub fn hash_key(partition_key: &[u8]) -> u128 {
    u128::from_be_bytes(Md5::digest(partition_key).into())
}

/// The partition key of the changes of an item, given the stored bytes of its own partition key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChangeKey([u8; 16]);

impl ChangeKey {
    /// Of an item.
    #[must_use]
    pub fn of(partition: &[u8]) -> Self {
        Self(Md5::digest(partition).into())
    }

    /// The text, 32 hex digits.
    #[must_use]
    pub fn text(self) -> String {
        String::from_utf8_lossy(&hex(self.0)).into_owned()
    }

    /// The hash key that decides to which shard the changes go.
    #[must_use]
    pub fn hash_key(self) -> u128 {
        hash_key(&hex(self.0))
    }
}

/// Encodes what a program puts. The partition key has at most 256 characters.
#[must_use]
pub fn put(partition_key: &str, data: &[u8]) -> Pieces {
    let mut out = Vec::with_capacity(3 + partition_key.len() + data.len());
    out.push(PUT);
    out.extend_from_slice(&u16::try_from(partition_key.len()).unwrap_or(u16::MAX).to_le_bytes());
    out.extend_from_slice(partition_key.as_bytes());
    out.extend_from_slice(data);
    out.into()
}

/// Encodes the change of a table.
#[must_use]
pub fn change(table_name: &str, key: ChangeKey, precision: Precision, record: &NewRecord<'_>) -> Pieces {
    let record = encode(record);
    let mut out = Head::with_capacity(19 + table_name.len() + record.head().len());
    out.push(CHANGE);
    out.push(u8::from(precision == Precision::Microsecond));
    out.extend_from_slice(&key.0);
    out.push(u8::try_from(table_name.len()).unwrap_or(u8::MAX));
    out.extend_from_slice(table_name.as_bytes());
    out.extend_from_slice(record.head());
    Pieces::new(out, record.tail().clone())
}

/// A record as a reader of the stream gets it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataRecord<'a> {
    /// Its partition key.
    pub partition_key: Cow<'a, str>,
    /// Its data.
    pub data: Cow<'a, [u8]>,
}

/// Reads a record; `changes` writes those that are changes of tables.
///
/// # Errors
/// When the bytes are no record.
pub fn read<'a>(record: &'a LogRecord, changes: &mut ChangeWriter) -> Result<DataRecord<'a>, Damaged> {
    let (kind, body) = record.bytes.head().split_first().ok_or(SHORT)?;
    match *kind {
        PUT => {
            let (length, body) = body.split_first_chunk().ok_or(SHORT)?;
            let (key, data) = body.split_at_checked(usize::from(u16::from_le_bytes(*length))).ok_or(SHORT)?;
            let key = std::str::from_utf8(key).map_err(|_| Damaged("a partition key that is no text"))?;
            Ok(DataRecord { partition_key: Cow::Borrowed(key), data: Cow::Borrowed(data) })
        }
        CHANGE => {
            let (precision, body) = body.split_first().ok_or(SHORT)?;
            let precision = match *precision {
                0 => Precision::Millisecond,
                1 => Precision::Microsecond,
                _ => return Err(Damaged("an unknown precision")),
            };
            let (key, body) = body.split_first_chunk().ok_or(SHORT)?;
            let (length, body) = body.split_first().ok_or(SHORT)?;
            let (table, change) = body.split_at_checked(usize::from(*length)).ok_or(SHORT)?;
            let table = std::str::from_utf8(table).map_err(|_| Damaged("a table's name that is no text"))?;
            let mut data = Vec::with_capacity(512 + 2 * record.bytes.len());
            let change = decode_parts(change, record.bytes.tail())?;
            changes.write(&mut data, (table, precision), (record.position, record.time_ms), &change)?;
            Ok(DataRecord { partition_key: Cow::Owned(ChangeKey(*key).text()), data: Cow::Owned(data) })
        }
        _ => Err(Damaged("an unknown kind of record")),
    }
}

const SHORT: Damaged = Damaged("cut short");
