//! The keys of the meta space, which say what everything else in the store is.
//!
//! The meta space is the first space of a store and the only one that no descriptor names. This enum *is* the
//! on-disk schema of it: each variant states its key bytes and its value. Integers in keys are big-endian,
//! so that keys of one kind lie together in order of id.

use crate::table::TableId;
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use store::{Key, SpaceId};

/// The version of what the meta space holds. Another one is refused at open.
pub(crate) const FORMAT: u32 = 1;

/// The index id under which the expiry entries of a table are filled; indexes count from one.
pub(crate) const TIME_TO_LIVE: u32 = 0;

/// A key of the meta space.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MetaKey<'a> {
    /// `00`: [`Header`] as JSON, written once.
    Header,
    /// `01`: [`Ids`] as JSON.
    Ids,
    /// `02`: [`ServiceTime`] as JSON.
    ServiceTime,
    /// `10`, table id (8): the table's descriptor as JSON.
    Table(TableId),
    /// `11`, table id (8): items and bytes of the table, two counters of the store.
    TableCounters(TableId),
    /// `12`, table id (8), index id (4): entries and bytes of the index, two counters of the store.
    IndexCounters(TableId, u32),
    /// `13`, table id (8), index id (4): the last item key that the back-fill of this index is done with.
    Cursor(TableId, u32),
    /// `14`, table id (8), index id (4): nothing, and what the vectors of the index take as numbers beyond four
    /// bytes an element, two counters of the store.
    VectorSavings(TableId, u32),
    /// `20`, stream ARN: the stream's descriptor as JSON.
    Stream(&'a str),
    /// `30`, account, `00`, region, `00`, token: the outcome of a transaction by its ClientRequestToken.
    ClientToken {
        /// The caller's account.
        account: &'a str,
        /// The caller's region.
        region: &'a str,
        /// The token.
        token: &'a str,
    },
    /// `40`, backup ARN: the backup as JSON.
    Backup(&'a str),
    /// `41`, export ARN: the export as JSON.
    Export(&'a str),
    /// `42`, import ARN: the import as JSON.
    Import(&'a str),
    /// `50`, name: the id (4) of the space of a service beside the database.
    ServiceSpace(&'a str),
    /// `60`, data stream ARN: the data stream as JSON.
    DataStream(&'a str),
}

const TABLE: u8 = 0x10;
const STREAM: u8 = 0x20;
const CLIENT_TOKEN: u8 = 0x30;
const BACKUP: u8 = 0x40;
const EXPORT: u8 = 0x41;
const IMPORT: u8 = 0x42;
const SERVICE_SPACE: u8 = 0x50;
const DATA_STREAM: u8 = 0x60;

impl MetaKey<'_> {
    /// The key in the store.
    pub(crate) fn key(self, meta: SpaceId) -> Key {
        Key { space: meta, bytes: self.bytes() }
    }

    /// What there is of an index of a table.
    pub(crate) fn of_index(table: TableId, index: u32) -> [MetaKey<'static>; 3] {
        [
            MetaKey::IndexCounters(table, index),
            MetaKey::Cursor(table, index),
            MetaKey::VectorSavings(table, index),
        ]
    }

    fn bytes(self) -> Bytes {
        match self {
            Self::Header => Bytes::from_static(&[0x00]),
            Self::Ids => Bytes::from_static(&[0x01]),
            Self::ServiceTime => Bytes::from_static(&[0x02]),
            Self::Table(table) => of_table(TABLE, table, None),
            Self::TableCounters(table) => of_table(0x11, table, None),
            Self::IndexCounters(table, index) => of_table(0x12, table, Some(index)),
            Self::Cursor(table, index) => of_table(0x13, table, Some(index)),
            Self::VectorSavings(table, index) => of_table(0x14, table, Some(index)),
            Self::Stream(arn) => of_texts(STREAM, &[arn]),
            Self::ClientToken { account, region, token } => of_texts(CLIENT_TOKEN, &[account, region, token]),
            Self::Backup(arn) => of_texts(BACKUP, &[arn]),
            Self::Export(arn) => of_texts(EXPORT, &[arn]),
            Self::Import(arn) => of_texts(IMPORT, &[arn]),
            Self::ServiceSpace(name) => of_texts(SERVICE_SPACE, &[name]),
            Self::DataStream(arn) => of_texts(DATA_STREAM, &[arn]),
        }
    }

    /// All keys of tables' descriptors: from the first byte string to, but not with, the second.
    pub(crate) fn tables() -> (Bytes, Bytes) {
        (Bytes::from_static(&[TABLE]), Bytes::from_static(&[TABLE + 1]))
    }

    /// All keys of streams' descriptors.
    pub(crate) fn streams() -> (Bytes, Bytes) {
        (Bytes::from_static(&[STREAM]), Bytes::from_static(&[STREAM + 1]))
    }

    /// All keys of backups.
    pub(crate) fn backups() -> (Bytes, Bytes) {
        (Bytes::from_static(&[BACKUP]), Bytes::from_static(&[BACKUP + 1]))
    }

    /// All keys of exports.
    pub(crate) fn exports() -> (Bytes, Bytes) {
        (Bytes::from_static(&[EXPORT]), Bytes::from_static(&[EXPORT + 1]))
    }

    /// All keys of imports.
    pub(crate) fn imports() -> (Bytes, Bytes) {
        (Bytes::from_static(&[IMPORT]), Bytes::from_static(&[IMPORT + 1]))
    }

    /// All keys of spaces of services.
    pub(crate) fn service_spaces() -> (Bytes, Bytes) {
        (Bytes::from_static(&[SERVICE_SPACE]), Bytes::from_static(&[SERVICE_SPACE + 1]))
    }

    /// All keys of data streams.
    pub(crate) fn data_streams() -> (Bytes, Bytes) {
        (Bytes::from_static(&[DATA_STREAM]), Bytes::from_static(&[DATA_STREAM + 1]))
    }

    /// All keys of client tokens.
    pub(crate) fn client_tokens() -> (Bytes, Bytes) {
        (Bytes::from_static(&[CLIENT_TOKEN]), Bytes::from_static(&[CLIENT_TOKEN + 1]))
    }
}

fn of_table(tag: u8, table: TableId, index: Option<u32>) -> Bytes {
    let mut bytes = Vec::with_capacity(13);
    bytes.push(tag);
    bytes.extend_from_slice(&table.0.to_be_bytes());
    if let Some(index) = index {
        bytes.extend_from_slice(&index.to_be_bytes());
    }
    bytes.into()
}

fn of_texts(tag: u8, texts: &[&str]) -> Bytes {
    let mut bytes = vec![tag];
    for (place, text) in texts.iter().enumerate() {
        if place > 0 {
            bytes.push(0);
        }
        bytes.extend_from_slice(text.as_bytes());
    }
    bytes.into()
}

/// What holds for the whole store.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Header {
    /// [`FORMAT`] of the server that made it.
    pub(crate) format: u32,
    /// The key of the partition hash. It stays for ever, or no item would be found again.
    pub(crate) hash_key: [u8; 16],
}

/// The next ids to give out. An id is never given twice, so these only grow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Ids {
    /// The next table.
    pub(crate) table: u64,
    /// The next log.
    pub(crate) log: u64,
}

impl Default for Ids {
    fn default() -> Self {
        Self { table: 1, log: 1 }
    }
}

/// Service time when it was last written down.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub(crate) struct ServiceTime {
    /// How far it is ahead of the machine's clock; below zero where it is behind.
    pub(crate) offset_ms: i64,
    /// What it was; it never falls below.
    pub(crate) latest_ms: u64,
    /// Whether it stands still there.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) frozen: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_one_kind_lie_in_their_range_and_no_other() {
        let meta = SpaceId(0);
        let table = MetaKey::Table(TableId(u64::MAX)).key(meta).bytes;
        let stream = MetaKey::Stream("arn:aws:dynamodb:x").key(meta).bytes;
        let token = MetaKey::ClientToken { account: "1", region: "r", token: "t" }.key(meta).bytes;
        let backup = MetaKey::Backup("arn:aws:dynamodb:x").key(meta).bytes;
        let data = MetaKey::DataStream("arn:aws:kinesis:x").key(meta).bytes;
        let others = [
            MetaKey::Header,
            MetaKey::Ids,
            MetaKey::ServiceTime,
            MetaKey::TableCounters(TableId(1)),
            MetaKey::IndexCounters(TableId(1), 2),
            MetaKey::Cursor(TableId(1), TIME_TO_LIVE),
        ];
        let ranges = [
            MetaKey::tables(),
            MetaKey::streams(),
            MetaKey::client_tokens(),
            MetaKey::backups(),
            MetaKey::data_streams(),
        ];
        let all = [&table, &stream, &token, &backup, &data];
        for (range, inside) in ranges.iter().zip(all) {
            assert!(range.0 <= *inside && *inside < range.1);
            let strangers = all.into_iter().filter(|key| *key != inside).cloned();
            for key in strangers.chain(others.iter().map(|key| key.key(meta).bytes)) {
                assert!(key < range.0 || key >= range.1, "{key:?}");
            }
        }
    }

    #[test]
    fn ids_order_keys() {
        let at = |id| MetaKey::Table(TableId(id)).key(SpaceId(0));
        assert!(at(255) < at(256));
        assert_ne!(
            MetaKey::Cursor(TableId(1), 2).key(SpaceId(0)),
            MetaKey::IndexCounters(TableId(1), 2).key(SpaceId(0))
        );
    }
}
