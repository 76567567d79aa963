//! What is remembered of a run: calls of functions, messages that were sent, rules that mappings had.

use crate::trace::Trace;
use std::collections::BTreeMap;

/// How often things happened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub struct Counts {
    pub records: u64,
    pub calls: u64,
    pub calls_failed: u64,
    pub calls_partly_done: u64,
    pub calls_throttled: u64,
    pub calls_cut_off: u64,
    pub windows_closed: u64,
    pub records_given_up: u64,
    pub records_too_old: u64,
    pub records_given_again: u64,
    pub on_failure_messages: u64,
    pub updates: u64,
    pub switches: u64,
    pub reshards: u64,
    pub messages: u64,
    pub dead_letters: u64,
}

/// A record or message, as functions see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Given {
    /// What its order is kept for: the key of the item, the partition key, the message group; empty where none is kept.
    pub(super) key: String,
    /// Its sequence number, or the message's id.
    pub(super) id: String,
    /// Its place in that order.
    pub(super) at: u128,
    /// Whether a function that looks at it fails.
    pub(super) is_poison: bool,
}

/// A call of a function.
#[derive(Clone, Debug)]
pub(super) struct Call {
    pub(super) given: Vec<Given>,
    /// Which of them the function did, once it has answered.
    pub(super) done: Vec<bool>,
    /// When it began, and when it ended, in events of the run; 0 where it never did.
    pub(super) begun: u64,
    pub(super) ended: u64,
}

/// What a mapping may have been told at one time or another.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Rules {
    /// The lowest number of retries.
    pub(super) retries: Option<u32>,
    /// Whether records may become too old.
    pub(super) ages: bool,
}

/// A message that was acknowledged.
#[derive(Clone, Debug)]
pub(super) struct Message {
    pub(super) id: String,
    pub(super) group: Option<String>,
    pub(super) at: u128,
}

/// All of it.
#[derive(Debug, Default)]
pub(super) struct Book {
    pub(super) trace: Trace,
    pub(super) counts: Counts,
    /// By the name of the function, which is that of its mapping.
    pub(super) calls: BTreeMap<String, Vec<Call>>,
    pub(super) rules: BTreeMap<&'static str, Rules>,
    /// By queue.
    pub(super) sent: BTreeMap<&'static str, Vec<Message>>,
    /// The position of the last record that was there before the mapping with LATEST was asked for, and that of the first
    /// which came when it was there.
    pub(super) latest: Option<(u128, u128)>,
    /// The first thing that a function saw which it should not have.
    pub(super) wrong: Option<String>,
}

impl Book {
    /// A call begins; its number.
    pub(super) fn begin(&mut self, function: &str, given: Vec<Given>) -> usize {
        self.counts.calls += 1;
        self.counts.calls_cut_off += 1;
        let ids: Vec<&str> = given.iter().map(|given| given.id.as_str()).collect();
        self.trace.note(format_args!("call {function} {}", ids.join(" ")));
        let begun = self.trace.events();
        let calls = self.calls.entry(function.to_owned()).or_default();
        calls.push(Call { done: vec![false; given.len()], given, begun, ended: 0 });
        calls.len() - 1
    }

    /// It ends, with these done.
    pub(super) fn end(&mut self, function: &str, call: usize, done: &[bool]) {
        self.counts.calls_cut_off -= 1;
        self.trace.note(format_args!("ends {function} {done:?}"));
        let ended = self.trace.events();
        if let Some(call) = self.calls.get_mut(function).and_then(|calls| calls.get_mut(call)) {
            call.ended = ended;
            call.done.copy_from_slice(done);
        }
    }
}
