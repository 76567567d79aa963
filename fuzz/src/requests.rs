//! Request bodies: every operation's decoder, chosen by the first byte. White space between tokens, which
//! leads past the short cuts of the decoders, changes nothing.

use std::fmt::Debug;
use wire::dynamodb::{
    BatchGetItem, BatchWriteItem, CreateTable, DeleteItem, DeleteTable, DescribeContinuousBackups,
    DescribeEndpoints, DescribeLimits, DescribeTable, DescribeTimeToLive, ExportTableToPointInTime, GetItem,
    ImportTable, ListTables, ListTagsOfResource, PutItem, Query, Scan, TagResource, TransactGetItems,
    TransactWriteItems, UntagResource, UpdateItem, UpdateTable, UpdateTimeToLive,
};
use wire::streams::{DescribeStream, GetRecords, GetShardIterator, ListStreams};
use wire::{ApiError, ErrorCode};

type Decode = fn(&[u8]) -> Result<String, ApiError>;

macro_rules! decoders {
    ($($request:ident),* $(,)?) => {
        &[$((stringify!($request), (|body| $request::decode(body).map(shown)) as Decode)),*]
    };
}

const DECODERS: &[(&str, Decode)] = decoders![
    PutItem,
    GetItem,
    UpdateItem,
    DeleteItem,
    Query,
    Scan,
    BatchGetItem,
    BatchWriteItem,
    TransactGetItems,
    TransactWriteItems,
    CreateTable,
    UpdateTable,
    DeleteTable,
    DescribeTable,
    ListTables,
    TagResource,
    UntagResource,
    ListTagsOfResource,
    UpdateTimeToLive,
    DescribeTimeToLive,
    DescribeContinuousBackups,
    DescribeEndpoints,
    DescribeLimits,
    ListStreams,
    DescribeStream,
    GetShardIterator,
    GetRecords,
    ExportTableToPointInTime,
    ImportTable,
];

fn shown(request: impl Debug) -> String {
    format!("{request:?}")
}

/// See the module.
pub fn target(data: &[u8]) {
    let Some((choice, body)) = data.split_first() else { return };
    let (name, decode) = DECODERS[usize::from(*choice) % DECODERS.len()];
    let decoded = decode(body);
    if let Err(error) = &decoded {
        assert_ne!(error.code(), ErrorCode::InternalServerError, "{name}: {error:?}");
    }
    let Some(spread) = spread(body) else {
        assert!(decoded.is_err(), "{name} takes what is no JSON: {decoded:?}");
        return;
    };
    let again = decode(&spread);
    match (&decoded, &again) {
        (Ok(one), Ok(other)) => assert_eq!(one, other, "{name}"),
        // Texts may show pieces of the request as it was written.
        (Err(one), Err(other)) => assert_eq!(one.code(), other.code(), "{name}: {one:?} and {other:?}"),
        _ => panic!("{name}: {decoded:?}, but with spaces {again:?}"),
    }
}

/// The same document with a space around every token; `None` for what is no JSON.
fn spread(body: &[u8]) -> Option<Vec<u8>> {
    let mut reader = wire::json::Reader::new(body).ok()?;
    reader.skip().ok()?;
    reader.finish().ok()?;
    let mut out = Vec::with_capacity(body.len() * 2);
    let (mut in_string, mut escaped) = (false, false);
    for &byte in body {
        let structure = !in_string && b"{}[]:,".contains(&byte);
        if structure {
            out.push(b' ');
        }
        out.push(byte);
        if structure {
            out.push(b'\n');
        }
        if byte == b'"' && !escaped {
            in_string = !in_string;
        }
        escaped = in_string && byte == b'\\' && !escaped;
    }
    Some(out)
}
