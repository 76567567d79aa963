//! What became of everything, held against what had to.

use super::book::{Book, Call, Given, Rules};
use super::function::given;
use super::lives::text;
use super::mapped::{DEAD, DEAD_FIFO, FIFO, LOST, MAPPED, Mapped, QUEUE, Source, queue_arn};
use super::truth::{Due, Truth};
use super::world::Server;
use crate::{Violation, ensure};
use serde_json::Value;
use services::queues::Receive;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// A batch that was given up.
#[derive(Clone, Debug)]
struct Kept {
    mapping: String,
    condition: String,
    records: Vec<Given>,
}

/// What is found besides the calls.
#[derive(Clone, Debug, Default)]
pub(super) struct Outcome {
    kept: Vec<Kept>,
    /// What the OnFailure destination was told: the mapping, the shard, the first and the last record.
    told: BTreeSet<(String, String, u128, u128)>,
    dead: BTreeSet<String>,
}

impl Outcome {
    /// Takes what is there by now.
    pub(super) async fn take(&mut self, server: &Server) -> Result<(), Violation> {
        let name = |arn: &str| arn.split(':').nth(6).unwrap_or_default().to_owned();
        self.kept.clear();
        for summary in server.discarded.list(None) {
            let event = server.discarded.event(summary.id);
            let event = event.map_err(|error| Violation(format!("a batch that was kept: {error}")))?;
            let event: Value = serde_json::from_slice(&event).unwrap_or_default();
            let records: Vec<Given> = event["Records"].as_array().into_iter().flatten().map(given).collect();
            ensure!(records.len() as u64 == summary.batch.size, "a batch has lost records: {summary:?}");
            let (mapping, condition) = (name(&summary.batch.function_arn), summary.batch.condition.clone());
            self.kept.push(Kept { mapping, condition, records });
        }
        for body in taken(server, LOST).await?.into_iter().map(|(_, body)| body) {
            let message: Value = serde_json::from_str(&body).unwrap_or_default();
            let mapping = name(message["requestContext"]["functionArn"].as_str().unwrap_or_default());
            let info = message.get("DDBStreamBatchInfo").or(message.get("KinesisBatchInfo"));
            let info = info.ok_or_else(|| Violation(format!("no OnFailure message: {body}")))?;
            let number = |name: &str| text(&info[name]).parse().unwrap_or(0);
            let (first, last) = (number("startSequenceNumber"), number("endSequenceNumber"));
            self.told.insert((mapping, text(&info["shardId"]), first, last));
        }
        for queue in [DEAD, DEAD_FIFO] {
            self.dead.extend(taken(server, queue).await?.into_iter().map(|(id, _)| id));
        }
        Ok(())
    }
}

/// Takes all messages out of a queue: ids and bodies.
async fn taken(server: &Server, queue: &str) -> Result<Vec<(String, String)>, Violation> {
    let failed = |error| Violation(format!("{queue} cannot be read: {error}"));
    let (arn, mut all) = (queue_arn(queue), Vec::new());
    loop {
        let how = Receive { max: 100, visibility_ms: None, wait: Duration::ZERO };
        let received = server.queues.receive(&arn, how).await.map_err(failed)?;
        if received.is_empty() {
            return Ok(all);
        }
        let receipts: Vec<String> = received.iter().map(|message| message.receipt.clone()).collect();
        server.queues.delete(&arn, &receipts).await.map_err(failed)?;
        all.extend(received.into_iter().map(|message| (message.id, message.body)));
    }
}

/// Checks all that there is. Answers what is not done yet, if anything is.
pub(super) fn check(
    truth: &Truth,
    outcome: &Outcome,
    book: &mut Book,
    is_strict: bool,
) -> Result<Option<String>, Violation> {
    if let Some(wrong) = &book.wrong {
        return Err(Violation(wrong.clone()));
    }
    let mut missing = None;
    for mapped in &MAPPED {
        let calls = book.calls.get(mapped.name).map(Vec::as_slice).unwrap_or_default();
        let done: BTreeSet<&str> = calls.iter().flat_map(done_by).collect();
        let kept: Vec<&Kept> = outcome.kept.iter().filter(|kept| kept.mapping == mapped.name).collect();
        let found = if mapped.is_stream() {
            let rules = book.rules.get(mapped.name).copied().unwrap_or_default();
            kept.iter().try_for_each(|kept| check_rule(kept, rules, calls))?;
            stream(truth, (mapped, rules), (&done, &kept), calls, (outcome, is_strict))?
        } else {
            queue(outcome, mapped, &done, calls, book)?
        };
        missing = missing.or(found);
    }
    if missing.is_none() {
        count(truth, outcome, book);
    }
    Ok(missing)
}

fn done_by(call: &Call) -> impl Iterator<Item = &str> {
    call.given.iter().zip(&call.done).filter(|(_, done)| **done).map(|(given, _)| given.id.as_str())
}

fn count(truth: &Truth, outcome: &Outcome, book: &mut Book) {
    book.counts.records = truth.count();
    book.counts.dead_letters = outcome.dead.len() as u64;
    book.counts.on_failure_messages = outcome.told.len() as u64;
    for kept in &outcome.kept {
        let count = kept.records.len() as u64;
        if kept.condition == "RecordAgeExceeded" {
            book.counts.records_too_old += count;
        } else {
            book.counts.records_given_up += count;
        }
    }
    let mut again = 0;
    for calls in book.calls.values() {
        let given: Vec<&str> =
            calls.iter().flat_map(|call| &call.given).map(|given| given.id.as_str()).collect();
        again += given.len() - given.iter().collect::<BTreeSet<_>>().len();
    }
    book.counts.records_given_again = again as u64;
}

/// A batch is given up by a rule that the mapping had.
fn check_rule(kept: &Kept, rules: Rules, calls: &[Call]) -> Result<(), Violation> {
    if kept.condition == "RecordAgeExceeded" {
        ensure!(rules.ages, "{kept:?} became too old by no rule");
        return Ok(());
    }
    let Some(retries) = rules.retries else {
        return Err(Violation(format!("{kept:?} is given up by no rule")));
    };
    for record in &kept.records {
        let in_vain = |call: &&Call| {
            let place = call.given.iter().position(|given| given.id == record.id);
            call.ended > 0 && place.is_some_and(|place| !call.done[place])
        };
        let count = calls.iter().filter(in_vain).count();
        ensure!(
            count > retries as usize,
            "{record:?} is given up after {count} calls, with {retries} retries"
        );
    }
    Ok(())
}

fn stream(
    truth: &Truth,
    (mapped, rules): (&Mapped, Rules),
    (done, kept): (&BTreeSet<&str>, &[&Kept]),
    calls: &[Call],
    (outcome, is_strict): (&Outcome, bool),
) -> Result<Option<String>, Violation> {
    let given_up: BTreeSet<&str> =
        kept.iter().flat_map(|kept| &kept.records).map(|record| record.id.as_str()).collect();
    let records = truth.of(mapped);
    let due: BTreeMap<&str, Due> =
        records.iter().map(|(record, due)| (record.given.id.as_str(), *due)).collect();
    for given in calls.iter().flat_map(|call| &call.given) {
        let due = due.get(given.id.as_str()).copied();
        let is_right = due.is_some_and(|due| due != Due::MustNot);
        ensure!(is_right, "{} was given {given:?}, which is {due:?} for it", mapped.name);
    }
    let must: Vec<&Given> =
        records.iter().filter(|(_, due)| *due == Due::Must).map(|(record, _)| &record.given).collect();
    check_order((mapped.name, rules), &must, &given_up, calls)?;
    for (record, _) in records.iter().filter(|(_, due)| *due == Due::Must) {
        let id = record.given.id.as_str();
        if done.contains(id) {
            continue;
        }
        let covers = |(mapping, shard, first, last): &(String, String, u128, u128)| {
            mapping == mapped.name && *shard == record.shard && (*first..=*last).contains(&record.given.at)
        };
        if !given_up.contains(id) {
            return Ok(Some(format!("{} is still to do {record:?}", mapped.name)));
        }
        if is_strict && !outcome.told.iter().any(covers) {
            return Ok(Some(format!("{} gave {record:?} up, and OnFailure was not told", mapped.name)));
        }
    }
    Ok(None)
}

fn queue(
    outcome: &Outcome,
    mapped: &Mapped,
    done: &BTreeSet<&str>,
    calls: &[Call],
    book: &Book,
) -> Result<Option<String>, Violation> {
    let name = if mapped.source == Source::Fifo { FIFO } else { QUEUE };
    let sent = book.sent.get(name).map(Vec::as_slice).unwrap_or_default();
    if mapped.source == Source::Fifo {
        let as_given = |message: &super::book::Message| Given {
            key: message.group.clone().unwrap_or_default(),
            id: message.id.clone(),
            at: message.at,
            is_poison: false,
        };
        let mut must: Vec<Given> = sent.iter().map(as_given).collect();
        must.sort_by_key(|given| given.at);
        let dead: BTreeSet<&str> = outcome.dead.iter().map(String::as_str).collect();
        let rules = Rules::default();
        check_order((mapped.name, rules), &must.iter().collect::<Vec<_>>(), &dead, calls)?;
    }
    let is_open = |id: &str| !done.contains(id) && !outcome.dead.contains(id);
    let open = sent.iter().find(|message| is_open(&message.id));
    Ok(open.map(|message| format!("{name} is still to do {message:?}")))
}

/// Whatever is given to a function comes when everything of its key before it is done or given up, or in the same call.
///
/// Something may be given up, and what is behind it be called for, when a crash takes that back. Then it is given again, so
/// it is no longer among what was given up.
fn check_order(
    (name, rules): (&str, Rules),
    must: &[&Given],
    given_up: &BTreeSet<&str>,
    calls: &[Call],
) -> Result<(), Violation> {
    let mut left: BTreeMap<&str, BTreeMap<u128, &Given>> = BTreeMap::new();
    for given in must.iter().filter(|given| !given_up.contains(given.id.as_str())) {
        left.entry(&given.key).or_default().insert(given.at, given);
    }
    let mut moments: Vec<(u64, bool, &Call)> = Vec::new();
    for call in calls {
        moments.push((call.begun, false, call));
        if call.ended > 0 {
            moments.push((call.ended, true, call));
        }
    }
    moments.sort_by_key(|(moment, ..)| *moment);
    let mut failures: BTreeMap<u128, u32> = BTreeMap::new();
    for (_, is_end, call) in moments {
        for (place, given) in call.given.iter().enumerate() {
            let Some(left) = left.get_mut(given.key.as_str()) else { continue };
            if is_end {
                let failures = failures.entry(given.at).or_insert(0_u32);
                *failures += u32::from(!call.done[place]);
                if call.done[place] || rules.retries.is_some_and(|retries| *failures > retries) {
                    left.remove(&given.at);
                }
                continue;
            }
            let before = left.range(..given.at).map(|(_, before)| *before);
            let skipped =
                before.into_iter().find(|before| !call.given[..place].iter().any(|it| it.id == before.id));
            if let Some(skipped) = skipped.filter(|_| !rules.ages) {
                let of_both =
                    |call: &&Call| call.given.iter().any(|it| it.id == given.id || it.id == skipped.id);
                let calls: Vec<String> =
                    calls.iter().filter(of_both).map(|call| format!("{call:?}")).collect();
                let calls = calls.join("\n");
                return Err(Violation(format!("{name} was given {given:?} before {skipped:?}:\n{calls}")));
            }
        }
    }
    Ok(())
}
