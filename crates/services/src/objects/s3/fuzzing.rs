//! A way in for the fuzz targets: how the heads of S3's requests are read is nobody else's business, but anybody may send any.
//! Only with the feature `fuzzing`.

use super::range::{self, Range};
use super::uri::{self, Query};
use super::{tags, times};

/// How many bytes the object has of which a range is asked for.
const SIZE: u64 = 1_000;

/// Reads a text as a part of a head, which the first byte chooses, and panics where what was taken cannot be meant.
pub fn read(data: &[u8]) {
    let Some((choice, rest)) = data.split_first() else { return };
    let Ok(text) = std::str::from_utf8(rest) else { return };
    match choice % 4 {
        0 => {
            if let Range::Part(from, to) = range::parse(Some(text), SIZE) {
                assert!(from < to && to <= SIZE, "{text}: {from} to {to}");
            }
        }
        1 => parameters(text),
        2 => {
            if let Some(second) = times::parse_http(text) {
                assert_eq!(times::parse_http(&times::http(second * 1_000)), Some(second), "{text}");
            }
        }
        _ => {
            if let Ok(tags) = tags::from_query(text) {
                let mut names: Vec<_> = tags.iter().map(|(name, _)| name).collect();
                names.sort();
                names.dedup();
                assert_eq!(names.len(), tags.len(), "{text}");
            }
        }
    }
}

fn parameters(query: &str) {
    let Ok(read) = Query::parse(query) else { return };
    let encode = |text: &str| uri::encode(text).replace('/', "%2F");
    let pairs = read.pairs().iter().map(|(name, value)| format!("{}={}", encode(name), encode(value)));
    let written = pairs.collect::<Vec<_>>().join("&");
    assert_eq!(Query::parse(&written).as_ref().map(Query::pairs), Ok(read.pairs()), "{written}");
}
