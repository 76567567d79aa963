//! How much is under way: requests, and bytes of their bodies.
//!
//! A request takes its place before its body is read, and gives it back when it is answered, so that no
//! number of clients makes the server hold more than it was told it may.

use std::sync::atomic::{AtomicUsize, Ordering};

/// What is under way, and how much may be.
#[derive(Debug)]
pub(crate) struct Budget {
    requests: Gauge,
    bytes: Gauge,
}

#[derive(Debug)]
struct Gauge {
    used: AtomicUsize,
    limit: usize,
}

impl Gauge {
    fn new(limit: usize) -> Self {
        Self { used: AtomicUsize::new(0), limit }
    }

    fn take(&self, amount: usize) -> bool {
        let before = self.used.fetch_add(amount, Ordering::AcqRel);
        let fits = before.checked_add(amount).is_some_and(|used| used <= self.limit);
        if !fits {
            self.give_back(amount);
        }
        fits
    }

    fn give_back(&self, amount: usize) {
        self.used.fetch_sub(amount, Ordering::AcqRel);
    }
}

impl Budget {
    pub(crate) fn new(requests: usize, bytes: usize) -> Self {
        Self { requests: Gauge::new(requests), bytes: Gauge::new(bytes) }
    }

    /// A place for a request with a body of so many bytes, or `None` where all are taken.
    pub(crate) fn admit(&self, bytes: usize) -> Option<Place<'_>> {
        if !self.requests.take(1) {
            return None;
        }
        let mut place = Place { budget: self, bytes: 0 };
        place.grow(bytes).then_some(place)
    }

    /// Counts one more that is under way, where there is room: [`Budget::leave`] ends it.
    pub(crate) fn enter(&self) -> bool {
        self.requests.take(1)
    }

    /// One of those that entered is done.
    pub(crate) fn leave(&self) {
        self.requests.give_back(1);
    }

    /// How many requests are under way.
    pub(crate) fn requests(&self) -> usize {
        self.requests.used.load(Ordering::Acquire)
    }
}

/// A request's place, given back when dropped.
#[derive(Debug)]
pub(crate) struct Place<'a> {
    budget: &'a Budget,
    bytes: usize,
}

impl Place<'_> {
    /// Takes more bytes; false where there are no more.
    pub(crate) fn grow(&mut self, bytes: usize) -> bool {
        let fits = bytes == 0 || self.budget.bytes.take(bytes);
        if fits {
            self.bytes += bytes;
        }
        fits
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        if self.bytes > 0 {
            self.budget.bytes.give_back(self.bytes);
        }
        self.budget.requests.give_back(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_counted_and_given_back() {
        let budget = Budget::new(2, 100);
        let first = budget.admit(60).unwrap();
        assert!(budget.admit(41).is_none());
        let mut second = budget.admit(30).unwrap();
        assert!(budget.admit(0).is_none());
        assert!(second.grow(10));
        assert!(!second.grow(1));
        drop(first);
        assert!(second.grow(60));
        drop(second);
        assert_eq!(budget.requests(), 0);
        assert!(budget.admit(100).is_some());
        assert!(budget.admit(usize::MAX).is_none());
        assert!(budget.admit(100).is_some());
    }
}
