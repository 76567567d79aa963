//! The order of a FIFO topic, and the messages that it will not send twice.

use super::message::Message;
use super::records::Deduplicated;
use crate::hex::hex;
use sha2::{Digest, Sha256};
use std::collections::{HashMap, VecDeque};

/// For so long a message of the same id is the same message.
const INTERVAL_MS: u64 = 5 * 60 * 1_000;

/// Sequence numbers have 20 digits, and rise with service time, which no restart takes back.
const NUMBER_BASE: u64 = 10_000_000_000_000_000_000;
const NUMBERS_IN_MS: u64 = 1 << 20;

/// How many remembered messages that are due to be forgotten go with one that is published.
const FORGET_MAX: usize = 32;

/// A topic's memory.
#[derive(Debug, Default)]
pub(super) struct Fifo {
    last: u64,
    known: HashMap<[u8; 32], Deduplicated>,
    /// Those that are known, in the order in which they are forgotten.
    order: VecDeque<([u8; 32], u64)>,
}

impl Fifo {
    /// Remembers what was published, the earlier first.
    pub(super) fn remember(&mut self, hash: [u8; 32], what: Deduplicated) {
        self.last = self.last.max(what.sequence_number);
        self.order.push_back((hash, what.sequence_number));
        self.known.insert(hash, what);
    }

    /// What was published with this id within the interval.
    pub(super) fn find(&self, hash: &[u8; 32], now_ms: u64) -> Option<&Deduplicated> {
        self.known.get(hash).filter(|known| now_ms < known.published_ms.saturating_add(INTERVAL_MS))
    }

    /// The number of the next message.
    pub(super) fn next_number(&self, now_ms: u64) -> u64 {
        let of_time = NUMBER_BASE.saturating_add(now_ms.saturating_mul(NUMBERS_IN_MS));
        of_time.max(self.last.saturating_add(1))
    }

    /// Forgets some of what the interval has passed of: their records can go.
    pub(super) fn forget(&mut self, now_ms: u64) -> Vec<[u8; 32]> {
        let mut forgotten = Vec::new();
        while forgotten.len() < FORGET_MAX {
            let Some((hash, number)) = self.order.front().copied() else { break };
            // One that was published again meanwhile is remembered for longer.
            let known = self.known.get(&hash).filter(|known| known.sequence_number == number);
            match known {
                Some(known) if now_ms < known.published_ms.saturating_add(INTERVAL_MS) => break,
                Some(_) => {
                    self.known.remove(&hash);
                    forgotten.push(hash);
                }
                None => {}
            }
            self.order.pop_front();
        }
        forgotten
    }
}

/// The id by which a message is known again: the publisher's, or one that follows from the text.
pub(super) fn deduplication_id(message: &Message) -> String {
    match &message.deduplication {
        Some(id) => id.clone(),
        None => hex(&Sha256::digest(message.text.as_bytes())),
    }
}

/// What a topic remembers a message by; within its group where only that counts.
pub(super) fn hash(id: &str, group: Option<&str>) -> [u8; 32] {
    let mut digest = Sha256::new();
    digest.update(id.as_bytes());
    if let Some(group) = group {
        digest.update([0]);
        digest.update(group.as_bytes());
    }
    digest.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn published(number: u64, ms: u64) -> Deduplicated {
        Deduplicated { message_id: number.to_string(), sequence_number: number, published_ms: ms }
    }

    #[test]
    fn an_id_is_known_for_five_minutes() {
        let (mut fifo, id) = (Fifo::default(), hash("a", None));
        fifo.remember(id, published(7, 1_000));
        assert_eq!(fifo.find(&id, 300_999).unwrap().sequence_number, 7);
        assert_eq!(fifo.find(&id, 301_000), None);
        assert_eq!(fifo.forget(300_999), Vec::<[u8; 32]>::new());
        // Published again: known by its second time.
        fifo.remember(id, published(9, 301_000));
        assert_eq!(fifo.forget(301_000), Vec::<[u8; 32]>::new());
        assert_eq!(fifo.find(&id, 301_001).unwrap().sequence_number, 9);
        assert_eq!(fifo.forget(601_000), [id]);
        assert_eq!(fifo.find(&id, 601_000), None);
    }

    #[test]
    fn numbers_rise_within_a_millisecond_and_have_20_digits() {
        let mut fifo = Fifo::default();
        let now_ms = 1_767_225_600_000;
        let first = fifo.next_number(now_ms);
        assert_eq!(first.to_string().len(), 20);
        fifo.remember(hash("a", None), published(first, now_ms));
        assert_eq!(fifo.next_number(now_ms), first + 1);
        assert!(fifo.next_number(now_ms + 1) > first + 1);
    }

    #[test]
    fn groups_part_ids_where_they_count() {
        assert_ne!(hash("a", Some("g")), hash("a", Some("h")));
        assert_ne!(hash("a", Some("g")), hash("a", None));
    }

    #[test]
    fn content_makes_an_id_where_there_is_none() {
        let message = Message { text: "abc".into(), ..Message::default() };
        assert_eq!(
            deduplication_id(&message),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
        assert_eq!(deduplication_id(&Message { deduplication: Some("d".into()), ..message }), "d");
    }
}
