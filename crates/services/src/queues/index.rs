//! Which messages of one queue may be received now, and what comes when: the order of a queue, without its contents. Pure.
//!
//! The store holds the messages; this holds a few dozen bytes of each, so that to receive costs the logarithm of their
//! number. A message is here from before the commit that makes it ([`Index::begin`]) to after the one that deletes it
//! ([`Index::remove`]). In a FIFO queue a message that is not committed yet holds its group back, so that what is received
//! is in the order of the numbers whatever the order of the commits.

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

/// What is known of a message besides its contents.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// The group that it is in, in a FIFO queue.
    pub(super) group: Option<Arc<str>>,
    /// When it was sent.
    pub(super) sent_ms: u64,
    /// How often it was received.
    pub(super) receives: u32,
    /// When it was first received.
    pub(super) first_received_ms: Option<u64>,
    /// When it was received last.
    pub(super) received_ms: u64,
    /// How often its state changed: of two states the one that changed more often is the newer.
    pub(super) changes: u32,
    phase: Phase,
}

/// Where a message is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// Its commit is under way.
    Pending,
    /// It is not to be received before then.
    Delayed(u64),
    /// It may be received, in a FIFO queue once those before it in its group are gone.
    Visible,
    /// It was received, and is not to be received again before then.
    InFlight(u64),
    /// It is being moved or deleted.
    Held,
}

/// A group of a FIFO queue.
#[derive(Debug, Default)]
struct Group {
    /// Its messages.
    members: BTreeSet<u64>,
    /// How many of them are in flight or held, and so hold the others back.
    busy: usize,
}

/// How to receive.
#[derive(Clone, Copy, Debug)]
pub(super) struct Taking {
    /// At most so many.
    pub(super) max: usize,
    /// For how long they are not to be received again.
    pub(super) visibility_ms: u64,
    /// Messages that were received so often are dead.
    pub(super) receives_max: Option<u32>,
    /// It ends where it has found so many of the dead.
    pub(super) dead_max: usize,
    /// Nothing is received once so many are in flight.
    pub(super) in_flight_max: usize,
}

/// What was received.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Taken {
    /// The numbers of the messages, in order, and what is known of each now.
    pub(super) messages: Vec<(u64, Entry)>,
    /// The numbers of those that were received too often. They are held until they are moved, or [`Index::release`]d.
    pub(super) dead: Vec<u64>,
    /// Whether nothing was received because too many are in flight.
    pub(super) is_full: bool,
}

/// How many messages there are, by what can be done with them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counts {
    /// May be received, or could but for their group.
    pub(super) visible: usize,
    /// Were received.
    pub(super) in_flight: usize,
    /// Are not to be received yet.
    pub(super) delayed: usize,
}

/// The order of one queue.
#[derive(Debug, Default)]
pub(super) struct Index {
    is_fifo: bool,
    entries: BTreeMap<u64, Entry>,
    /// What may be received: every visible message, or in a FIFO queue the first of each group that is not held back.
    ready: BTreeSet<u64>,
    /// When something becomes visible.
    timed: BTreeSet<(u64, u64)>,
    /// By age.
    ages: BTreeSet<(u64, u64)>,
    groups: HashMap<Arc<str>, Group>,
    counts: Counts,
}

impl Entry {
    /// A message that was just sent.
    pub(super) fn sent(group: Option<&str>, sent_ms: u64) -> Self {
        Self {
            group: group.map(Arc::from),
            sent_ms,
            receives: 0,
            first_received_ms: None,
            received_ms: 0,
            changes: 0,
            phase: Phase::Pending,
        }
    }

    /// Until when it is not to be received.
    pub(super) fn until_ms(&self) -> u64 {
        match self.phase {
            Phase::Delayed(until_ms) | Phase::InFlight(until_ms) => until_ms,
            Phase::Pending | Phase::Visible | Phase::Held => 0,
        }
    }

    /// Whether it was received and is not visible again.
    pub(super) fn is_in_flight(&self) -> bool {
        matches!(self.phase, Phase::InFlight(_))
    }
}

impl Index {
    pub(super) fn new(is_fifo: bool) -> Self {
        Self { is_fifo, ..Self::default() }
    }

    /// A message whose commit is about to begin.
    pub(super) fn begin(&mut self, number: u64, entry: Entry) {
        self.ages.insert((entry.sent_ms, number));
        if let Some(group) = entry.group.clone().filter(|_| self.is_fifo) {
            self.groups.entry(group).or_default().members.insert(number);
        }
        self.entries.insert(number, Entry { phase: Phase::Pending, ..entry });
        self.refresh(number);
    }

    /// The commit of a message is done; it may be received from then on.
    pub(super) fn committed(&mut self, number: u64, visible_ms: u64, now_ms: u64) {
        let phase = if visible_ms <= now_ms { Phase::Visible } else { Phase::Delayed(visible_ms) };
        if self.phase(number) == Some(Phase::Pending) {
            self.enter(number, phase);
        }
    }

    /// A message as it was stored, until when it is not to be received.
    pub(super) fn load(&mut self, number: u64, entry: Entry, until_ms: u64, now_ms: u64) {
        let was_received = entry.receives > 0;
        self.begin(number, entry);
        match until_ms > now_ms && was_received {
            true => self.enter(number, Phase::InFlight(until_ms)),
            false => self.committed(number, until_ms, now_ms),
        }
    }

    /// Receives.
    pub(super) fn take(&mut self, how: Taking, now_ms: u64) -> Taken {
        self.settle(now_ms);
        let mut taken = Taken::default();
        while taken.messages.len() < how.max && taken.dead.len() < how.dead_max {
            let Some(first) = self.ready.first().copied() else { break };
            if self.counts.in_flight >= how.in_flight_max {
                taken.is_full = true;
                break;
            }
            for number in self.together(first, how.max - taken.messages.len()) {
                let Some(entry) = self.entries.get_mut(&number) else { continue };
                if how.receives_max.is_some_and(|max| entry.receives >= max) {
                    taken.dead.push(number);
                    self.enter(number, Phase::Held);
                    // What comes after it in its group waits until it is gone.
                    break;
                }
                entry.receives = entry.receives.saturating_add(1);
                entry.changes = entry.changes.saturating_add(1);
                entry.received_ms = now_ms;
                entry.first_received_ms.get_or_insert(now_ms);
                self.enter(number, Phase::InFlight(now_ms.saturating_add(how.visibility_ms)));
                taken.messages.extend(self.entries.get(&number).map(|entry| (number, entry.clone())));
            }
        }
        taken
    }

    /// What may be received together with the first that is ready: of its group all that follow without a gap.
    fn together(&self, first: u64, max: usize) -> Vec<u64> {
        let group = self.entries.get(&first).and_then(|entry| entry.group.as_ref());
        let Some(group) = group.and_then(|group| self.groups.get(group)) else { return vec![first] };
        let visible = |number: &&u64| self.phase(**number) == Some(Phase::Visible);
        group.members.range(first..).take_while(visible).take(max).copied().collect()
    }

    /// Takes visible messages aside, in the order in which they would be received.
    pub(super) fn hold_visible(&mut self, max: usize, now_ms: u64) -> Vec<u64> {
        self.settle(now_ms);
        let mut held = Vec::new();
        while held.len() < max {
            let Some(first) = self.ready.first().copied() else { break };
            for number in self.together(first, max - held.len()) {
                self.enter(number, Phase::Held);
                held.push(number);
            }
        }
        held
    }

    /// Lets a message that is in flight be received again from then on. Answers what is known of it now; none where it is not
    /// in flight.
    pub(super) fn set_visibility(&mut self, number: u64, until_ms: u64, now_ms: u64) -> Option<Entry> {
        self.settle(now_ms);
        let entry = self.entries.get_mut(&number).filter(|entry| entry.is_in_flight())?;
        entry.changes = entry.changes.saturating_add(1);
        let phase = if until_ms <= now_ms { Phase::Visible } else { Phase::InFlight(until_ms) };
        self.enter(number, phase);
        self.entries.get(&number).cloned()
    }

    /// Gives back a message that was taken aside.
    pub(super) fn release(&mut self, number: u64) {
        if self.phase(number) == Some(Phase::Held) {
            self.enter(number, Phase::Visible);
        }
    }

    /// A message is gone.
    pub(super) fn remove(&mut self, number: u64) {
        let Some(entry) = self.entries.get(&number).cloned() else { return };
        self.leave(number, &entry);
        self.entries.remove(&number);
        self.ages.remove(&(entry.sent_ms, number));
        self.ready.remove(&number);
        let Some(group) = entry.group.filter(|_| self.is_fifo) else { return };
        let Some(members) = self.groups.get_mut(&group) else { return };
        members.members.remove(&number);
        match members.members.first().copied() {
            Some(first) => self.refresh(first),
            None => {
                self.groups.remove(&group);
            }
        }
    }

    /// What is known of a message.
    pub(super) fn get(&self, number: u64) -> Option<&Entry> {
        self.entries.get(&number)
    }

    /// The numbers of messages that were sent before then and are not being moved or deleted, the oldest first.
    pub(super) fn sent_before(&self, time_ms: u64, max: usize) -> Vec<u64> {
        let old = self.ages.range(..(time_ms, 0)).map(|(_, number)| *number);
        let free = |number: &u64| !matches!(self.phase(*number), Some(Phase::Held | Phase::Pending));
        old.filter(free).take(max).collect()
    }

    /// The numbers of all messages below this one that are committed.
    pub(super) fn below(&self, number: u64) -> Vec<u64> {
        let committed = |(_, entry): &(&u64, &Entry)| entry.phase != Phase::Pending;
        self.entries.range(..number).filter(committed).map(|(number, _)| *number).collect()
    }

    /// The numbers of messages that were never received, and are not to be yet.
    pub(super) fn delayed(&self) -> Vec<(u64, u64)> {
        let delayed = |(number, entry): (&u64, &Entry)| match entry.phase {
            Phase::Delayed(_) => Some((*number, entry.sent_ms)),
            _ => None,
        };
        self.entries.iter().filter_map(delayed).collect()
    }

    /// Lets a message that is delayed be received from then on.
    pub(super) fn delay(&mut self, number: u64, visible_ms: u64, now_ms: u64) {
        if let Some(Phase::Delayed(_)) = self.phase(number) {
            let phase = if visible_ms <= now_ms { Phase::Visible } else { Phase::Delayed(visible_ms) };
            self.enter(number, phase);
        }
    }

    /// Whether something may be received.
    pub(super) fn is_ready(&mut self, now_ms: u64) -> bool {
        self.settle(now_ms);
        !self.ready.is_empty()
    }

    /// When the next message becomes visible by itself.
    pub(super) fn next_ms(&self) -> Option<u64> {
        self.timed.first().map(|(until_ms, _)| *until_ms)
    }

    /// When the oldest message was sent.
    pub(super) fn oldest_ms(&self) -> Option<u64> {
        self.ages.first().map(|(sent_ms, _)| *sent_ms)
    }

    /// How many there are.
    pub(super) fn counts(&mut self, now_ms: u64) -> Counts {
        self.settle(now_ms);
        self.counts
    }

    /// Makes visible what is due.
    fn settle(&mut self, now_ms: u64) {
        while let Some((until_ms, number)) = self.timed.first().copied() {
            if until_ms > now_ms {
                return;
            }
            self.enter(number, Phase::Visible);
        }
    }

    fn phase(&self, number: u64) -> Option<Phase> {
        self.entries.get(&number).map(|entry| entry.phase)
    }

    /// Takes a message from one phase to another.
    fn enter(&mut self, number: u64, phase: Phase) {
        let Some(entry) = self.entries.get(&number).cloned() else { return };
        self.leave(number, &entry);
        if let Some(entry) = self.entries.get_mut(&number) {
            entry.phase = phase;
        }
        match phase {
            Phase::Pending => {}
            Phase::Delayed(until_ms) => {
                self.counts.delayed += 1;
                self.timed.insert((until_ms, number));
            }
            Phase::Visible => self.counts.visible += 1,
            Phase::InFlight(until_ms) => {
                self.counts.in_flight += 1;
                self.timed.insert((until_ms, number));
                self.occupy(&entry, true);
            }
            Phase::Held => self.occupy(&entry, true),
        }
        self.refresh(number);
    }

    /// Undoes what came with the phase that a message is in.
    fn leave(&mut self, number: u64, entry: &Entry) {
        match entry.phase {
            Phase::Pending => {}
            Phase::Delayed(until_ms) => {
                self.counts.delayed -= 1;
                self.timed.remove(&(until_ms, number));
            }
            Phase::Visible => self.counts.visible -= 1,
            Phase::InFlight(until_ms) => {
                self.counts.in_flight -= 1;
                self.timed.remove(&(until_ms, number));
                self.occupy(entry, false);
            }
            Phase::Held => self.occupy(entry, false),
        }
    }

    /// A message begins or ends to hold back its group. In a standard queue nothing holds anything back.
    fn occupy(&mut self, entry: &Entry, begins: bool) {
        let group =
            entry.group.as_ref().filter(|_| self.is_fifo && !environment::planted("group_not_held_back"));
        if let Some(group) = group.and_then(|group| self.groups.get_mut(group)) {
            group.busy = if begins { group.busy + 1 } else { group.busy - 1 };
        }
    }

    /// Looks again what of a message, or of its group, may be received.
    fn refresh(&mut self, number: u64) {
        let Some(entry) = self.entries.get(&number) else { return };
        let Some(group) = entry.group.as_ref().filter(|_| self.is_fifo) else {
            match entry.phase {
                Phase::Visible => self.ready.insert(number),
                _ => self.ready.remove(&number),
            };
            return;
        };
        let Some(group) = self.groups.get(group) else { return };
        self.ready.remove(&number);
        // At most the first and the second can be there from before: the first is the only one that ever was.
        let mut firsts = group.members.iter().copied();
        let (first, second) = (firsts.next(), firsts.next());
        if let Some(second) = second {
            self.ready.remove(&second);
        }
        if let Some(first) = first {
            let is_visible = self.entries.get(&first).is_some_and(|entry| entry.phase == Phase::Visible);
            match is_visible && group.busy == 0 {
                true => self.ready.insert(first),
                false => self.ready.remove(&first),
            };
        }
    }
}
