//! Server-sent events: what a subscriber is sent, as text. Nothing in it holds a line break but those between lines.

use std::fmt::Display;
use streams::following::Gap;
use streams::{Positions, SequenceNumber, ShardId};

/// How long a browser waits before it connects again, in milliseconds.
const RETRY_MS: u32 = 1_000;

/// What stands for the positions behind the end of a stream.
pub(super) const END_ID: &str = "end";

/// The first piece: it goes out at once, so that clients see that they are connected.
pub(super) fn greeting() -> Vec<u8> {
    format!("retry: {RETRY_MS}\n\n").into_bytes()
}

/// What clients are not shown, and proxies take for life.
pub(super) fn comment() -> Vec<u8> {
    b": alive\n\n".to_vec()
}

/// An event whose data is one line. With an id, whoever resumes from there goes on behind it.
pub(super) fn event(out: &mut Vec<u8>, name: &str, id: Option<&(dyn Display + Sync)>, data: &[u8]) {
    if let Some(id) = id {
        out.extend_from_slice(format!("id: {id}\n").as_bytes());
    }
    out.extend_from_slice(b"event: ");
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b"\ndata: ");
    out.extend_from_slice(data);
    out.extend_from_slice(b"\n\n");
}

/// The data of a gap.
pub(super) fn gap(gap: &Gap) -> String {
    let until = gap.until.map(|number| number.to_string());
    let data = serde_json::json!({
        "shardId": gap.shard.to_string(),
        "after": gap.after.to_string(),
        "until": until,
    });
    data.to_string()
}

/// The ids of the records of a page: positions in which only one shard moves on.
pub(super) struct Ids {
    before: String,
    after: String,
}

impl Ids {
    /// In all of these positions but those of this shard, which each id has anew.
    pub(super) fn around(all: &Positions, shard: ShardId) -> Self {
        let (mut before, mut after) = (String::new(), String::new());
        for (id, number) in all.iter() {
            if id < shard {
                before.push_str(&format!("{id}:{number},"));
            } else if id > shard {
                after.push_str(&format!(",{id}:{number}"));
            }
        }
        before.push_str(&format!("{shard}:"));
        Self { before, after }
    }

    /// The id of the record of this number.
    pub(super) fn at(&self, number: SequenceNumber) -> String {
        format!("{}{number}{}", self.before, self.after)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use store::Position;

    fn shard(created_ms: u64) -> ShardId {
        ShardId { created_ms, suffix: 7 }
    }

    #[test]
    fn an_event_is_lines_and_an_empty_one() {
        let mut out = Vec::new();
        event(&mut out, "insert", Some(&"a:1"), b"{}");
        event(&mut out, "reset", None, b"{\"a\":1}");
        let text = "id: a:1\nevent: insert\ndata: {}\n\nevent: reset\ndata: {\"a\":1}\n\n";
        assert_eq!(String::from_utf8(out).unwrap(), text);
    }

    #[test]
    fn ids_are_positions_in_which_one_shard_moves() {
        let number = |position| SequenceNumber::of(Position(position));
        for moving in 0..5 {
            let others: Positions =
                [1, 2, 3].into_iter().map(|ms| (shard(ms), number(u128::from(ms)))).collect();
            let ids = Ids::around(&others, shard(moving));
            let mut expected: Positions = others.iter().filter(|(id, _)| *id != shard(moving)).collect();
            expected.advance(shard(moving), number(9));
            assert_eq!(ids.at(number(9)), expected.to_string());
        }
    }

    #[test]
    fn a_gap_says_what_may_be_lost() {
        let number = |position| SequenceNumber::of(Position(position));
        let lost = Gap { shard: shard(1), after: number(1), until: Some(number(5)) };
        let expected = "{\"after\":\"100000000000000000001\",\"shardId\":\"shardId-00000000000000000001-00000007\",\
            \"until\":\"100000000000000000005\"}";
        assert_eq!(gap(&lost), expected);
        assert!(gap(&Gap { until: None, ..lost }).ends_with("\"until\":null}"));
    }
}
