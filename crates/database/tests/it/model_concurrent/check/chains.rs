//! The history of an item as its stream tells it, against what operations were answered.

use super::Items;
use crate::model_concurrent::follower::Record;
use crate::model_concurrent::history::{History, Read, Span, Told, Write};
use crate::model_concurrent::tables::{Place, RING, TABLES, id_of};
use serde_json::Value;
use std::collections::{BTreeMap, HashMap, HashSet};

/// A record of a chain.
#[derive(Debug)]
pub(super) struct Step {
    name: String,
    /// The item before and after; always none in a stream of keys.
    old: Option<Value>,
    new: Option<Value>,
    shard: String,
    number: String,
}

/// All records of an item, in order, and how it is in the end.
#[derive(Debug)]
pub(super) struct Chain {
    place: Place,
    steps: Vec<Step>,
    end: Option<Value>,
}

/// The chains of all items that a stream tells of, or that are in the table.
pub(super) fn of(table: usize, records: &[Record], items: &Items) -> Vec<Chain> {
    let mut steps: BTreeMap<Place, Vec<Step>> = items.keys().map(|place| (*place, Vec::new())).collect();
    for Record { shard, number, record } in records {
        let data = &record["dynamodb"];
        let step = Step {
            name: record["eventName"].as_str().unwrap().to_owned(),
            old: data.get("OldImage").cloned(),
            new: data.get("NewImage").cloned(),
            shard: shard.clone(),
            number: number.clone(),
        };
        steps.entry(Place::of(table, &data["Keys"])).or_default().push(step);
    }
    let chain = |(place, steps): (Place, Vec<Step>)| {
        let mut chain = Chain { place, steps, end: items.get(&place).cloned() };
        chain.complete();
        chain
    };
    steps.into_iter().map(chain).collect()
}

impl Chain {
    fn view(&self) -> &'static str {
        self.place.spec().view.unwrap()
    }

    /// Puts in the images that the view leaves out but that follow from the others.
    fn complete(&mut self) {
        for at in 0..self.steps.len() {
            match self.view() {
                "NEW_IMAGE" if at > 0 => self.steps[at].old = self.steps[at - 1].new.clone(),
                "OLD_IMAGE" if self.steps[at].name != "REMOVE" => {
                    let next = self.steps.get(at + 1).map(|next| next.old.clone());
                    self.steps[at].new = next.unwrap_or_else(|| self.end.clone());
                }
                _ => {}
            }
        }
    }

    /// The ids of a place of the ring, in order.
    pub(super) fn ring(&self) -> Option<Vec<String>> {
        let ids = self.steps.iter().map(|step| id_of(step.new.as_ref().unwrap()).to_owned());
        RING.contains(&self.place).then(|| ids.collect())
    }

    /// Checks the history of an item from its beginning to its end.
    pub(super) fn check(&self, history: &History) {
        self.check_names(false);
        let writes: Vec<&Write> = history.writes.iter().filter(|write| write.place == self.place).collect();
        let given = writes.iter().filter(|write| write.id.is_some()).count();
        let kept = self.steps.iter().filter(|step| step.name != "REMOVE").count();
        assert_eq!(kept, given, "{:?}: every write is there once", self.place);
        for write in &writes {
            let changes = !matches!((&write.id, &write.old), (None, Told::Item(None)));
            assert_eq!(write.position.is_some(), write.single && changes, "{write:?}");
        }
        if self.view() == "KEYS_ONLY" {
            return self.check_positions(&writes);
        }
        self.check_links((true, true));
        let spans = self.check_told(&writes);
        assert_eq!(spans.iter().flatten().count(), spans.len() - self.removed_by_others(&spans));
        check_order(&spans);
        for read in history.reads.iter().filter(|read| read.place == self.place) {
            self.check_read(read, &spans);
        }
    }

    /// Checks what one of several streams tells of an item; answers how many of its writes were requests of their
    /// own. `first` and `last` say whether the stream began and ended with the item's history.
    pub(super) fn check_part(&self, history: &History, (first, last): (bool, bool)) -> usize {
        if self.steps.is_empty() {
            return 0;
        }
        self.check_names(!first);
        self.check_links((first, last));
        let writes: Vec<&Write> = history.writes.iter().filter(|write| write.place == self.place).collect();
        check_order(&self.check_told(&writes));
        let by_number = |number: &str| {
            writes.iter().any(|write| write.position.as_ref().is_some_and(|position| position.1 == number))
        };
        self.steps.iter().filter(|step| by_number(&step.number)).count()
    }

    /// Items are made before they change, and go when they are there.
    fn check_names(&self, any_beginning: bool) {
        let mut there = any_beginning.then(|| self.steps.first().is_some_and(|step| step.name != "INSERT"));
        for step in &self.steps {
            let was = there.unwrap_or(false);
            assert_eq!(was, step.name != "INSERT", "{self:?}");
            there = Some(step.name != "REMOVE");
        }
        if !any_beginning && self.place.spec().name != "toggled" {
            assert_eq!(there.unwrap_or(false), self.end.is_some(), "{self:?}");
        }
    }

    /// What is new in one record is old in the next.
    fn check_links(&self, (first, last): (bool, bool)) {
        let mut before = if first { None } else { self.steps[0].old.clone() };
        for step in &self.steps {
            assert_eq!(step.old, before, "{:?}", self.place);
            assert_eq!(step.new.is_some(), step.name != "REMOVE", "{step:?}");
            if let Some(prev) = step.new.as_ref().and_then(|new| new["prev"]["S"].as_str()) {
                assert_eq!(prev, step.old.as_ref().map_or("none", id_of), "an update saw another item");
            }
            before.clone_from(&step.new);
        }
        if last {
            assert_eq!(before, self.end, "{:?}", self.place);
        }
    }

    /// Every step is one write, and its answer told of it what the record does. Answers when each write was; none
    /// for the deletion by a request that is not told what it deletes.
    fn check_told(&self, writes: &[&Write]) -> Vec<Option<Span>> {
        let mut given: HashMap<&str, &Write> =
            writes.iter().filter_map(|write| Some((write.id.as_deref()?, *write))).collect();
        let mut deleted: HashMap<&str, &Write> = HashMap::new();
        for write in writes {
            if let (None, Told::Item(Some(old))) = (&write.id, &write.old) {
                assert!(deleted.insert(id_of(old), write).is_none(), "one item deleted twice: {write:?}");
            }
        }
        let find = |step: &Step| match (&step.new, &step.old) {
            (Some(new), _) => {
                let found = given.remove(id_of(new));
                assert!(found.is_some(), "nobody wrote this, or it is there twice: {step:?}");
                found
            }
            (None, Some(old)) => deleted.remove(id_of(old)),
            (None, None) => None,
        };
        let found: Vec<Option<&Write>> = self.steps.iter().map(find).collect();
        for (step, write) in self.steps.iter().zip(&found) {
            let Some(write) = write else { continue };
            assert!(agrees(&write.old, step.old.as_ref()), "{write:?} is recorded as {step:?}");
            assert!(agrees(&write.new, step.new.as_ref()), "{write:?} is recorded as {step:?}");
            if let Some((shard, number)) = &write.position {
                assert_eq!((shard, number), (&step.shard, &step.number), "{write:?}");
            }
        }
        if self.place.spec().name != "toggled" {
            assert!(given.is_empty() && deleted.is_empty(), "not recorded: {given:?} {deleted:?}");
            let unnamed = found.iter().filter(|found| found.is_none()).count();
            let silent = |write: &&&Write| write.id.is_none() && matches!(write.old, Told::Nothing);
            assert!(unnamed <= writes.iter().filter(silent).count(), "nobody deleted it: {self:?}");
        }
        found.iter().map(|write| write.map(|write| write.span)).collect()
    }

    fn removed_by_others(&self, spans: &[Option<Span>]) -> usize {
        self.steps.iter().zip(spans).filter(|(step, span)| step.name == "REMOVE" && span.is_none()).count()
    }

    /// In a stream of keys, the records are where the answers say.
    fn check_positions(&self, writes: &[&Write]) {
        let numbers: HashSet<(&str, &str)> =
            self.steps.iter().map(|step| (step.shard.as_str(), step.number.as_str())).collect();
        for (shard, number) in writes.iter().filter_map(|write| write.position.as_ref()) {
            assert!(numbers.contains(&(shard.as_str(), number.as_str())), "{:?} {number}", self.place);
        }
    }

    /// What was read was there at some moment of the read.
    fn check_read(&self, read: &Read, spans: &[Option<Span>]) {
        let id = |item: &Option<Value>| item.as_ref().map(|item| id_of(item).to_owned());
        let began = |at: usize| spans.get(at).map(|span| span.map_or(0, |span| span.began));
        let ended = |at: usize| spans.get(at).map(|span| span.map_or(u64::MAX, |span| span.ended));
        // The item is what step `at - 1` made of it, until step `at`.
        let possible = (0..=self.steps.len()).any(|at| {
            let (item, since) = match at.checked_sub(1) {
                None => (None, 0),
                Some(last) => (id(&self.steps[last].new), began(last).unwrap()),
            };
            item == read.id && since <= read.span.ended && ended(at).unwrap_or(u64::MAX) >= read.span.began
        });
        assert!(possible, "{read:?} saw what was not there: {self:?}");
    }
}

/// Whether an answer agrees with an image.
fn agrees(told: &Told, image: Option<&Value>) -> bool {
    match told {
        Told::Nothing => true,
        Told::Item(item) => item.as_ref() == image,
        Told::Id(id) => id.as_deref() == image.map(id_of),
    }
}

/// No write stands before one that was answered before it began.
fn check_order(spans: &[Option<Span>]) {
    let mut latest = 0;
    for span in spans.iter().flatten() {
        assert!(span.ended >= latest, "a write stands behind one that began after its answer");
        latest = latest.max(span.began);
    }
}

/// Of a table without a stream only the answers can be compared: nobody saw an item that somebody else had replaced.
pub(super) fn check_without_stream(history: &History, table: usize, items: &Items) {
    let mut given: HashMap<(Place, &str), Span> = HashMap::new();
    let mut replaced: HashSet<(Place, &str)> = HashSet::new();
    let writes = || history.writes.iter().filter(|write| write.place.table == table);
    for write in writes() {
        given.extend(write.id.as_deref().map(|id| ((write.place, id), write.span)));
        assert_eq!(write.position, None, "{} has no stream", TABLES[table].name);
    }
    for write in writes() {
        let old = match &write.old {
            Told::Item(Some(old)) => id_of(old),
            Told::Id(Some(id)) => id,
            _ => continue,
        };
        assert!(given.contains_key(&(write.place, old)), "nobody wrote what {write:?} replaced");
        assert!(replaced.insert((write.place, old)), "an item was replaced twice: {write:?}");
    }
    for (place, item) in items {
        assert!(given.contains_key(&(*place, id_of(item))), "nobody wrote {item}");
        assert!(!replaced.contains(&(*place, id_of(item))), "{item} was replaced");
    }
    for read in history.reads.iter().filter(|read| read.place.table == table) {
        let Some(id) = &read.id else { continue };
        assert!(given[&(read.place, id.as_str())].began <= read.span.ended, "{read:?}");
    }
}
