//! How far an export or an import has come: a bar on a terminal, nothing elsewhere, and a line at the end.

use environment::Clock;
use indicatif::{ProgressBar, ProgressStyle};
use std::io::{self, Write};
use std::time::Duration;

/// What is shown while something goes on.
pub(crate) struct Progress {
    bar: ProgressBar,
    clock: Clock,
    began: Duration,
    items: u64,
}

impl Progress {
    /// Begins; `total` is how much there will be, if that is known, counted in items or in bytes.
    pub(crate) fn begin(clock: Clock, total: Option<u64>, in_bytes: bool) -> Self {
        // Hidden where standard error is no terminal.
        let bar = match total {
            Some(total) => ProgressBar::new(total),
            None => ProgressBar::no_length(),
        };
        let how_far = match (total, in_bytes) {
            (Some(_), true) => "{wide_bar} {bytes}/{total_bytes} {msg} {eta}",
            (Some(_), false) => "{wide_bar} {human_pos}/{human_len} {msg} {eta}",
            (None, true) => "{spinner} {bytes} {msg}",
            (None, false) => "{spinner} {human_pos} {msg}",
        };
        if let Ok(style) = ProgressStyle::with_template(how_far) {
            bar.set_style(style);
        }
        let began = clock.machine();
        Self { bar, clock, began, items: 0 }
    }

    /// So many items more, and so much of the total.
    pub(crate) fn add(&mut self, items: u64, of_total: u64) {
        self.items += items;
        self.bar.inc(of_total);
        self.bar.set_message(counted(self.items));
    }

    /// How many items there were so far.
    pub(crate) fn items(&self) -> u64 {
        self.items
    }

    /// Says something without disturbing the bar.
    pub(crate) fn say(&self, text: &str) {
        self.bar.suspend(|| say(text));
    }

    /// Takes the bar away, and says how it ended.
    pub(crate) fn end(self, what: &str) {
        self.bar.finish_and_clear();
        let took = self.clock.machine().saturating_sub(self.began).as_secs_f64();
        say(&format!("{} {what} in {took:.1} s", counted(self.items)));
    }

    /// Takes the bar away without a word.
    pub(crate) fn leave(&self) {
        self.bar.finish_and_clear();
    }
}

/// A line to standard error. Nothing can be done if it cannot be written.
pub(crate) fn say(text: &str) {
    let _ = writeln!(io::stderr(), "{text}");
}

/// So many items, in words.
pub(crate) fn counted(items: u64) -> String {
    format!("{} {}", grouped(items), if items == 1 { "item" } else { "items" })
}

/// A number with commas between its thousands.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_item_is_no_items() {
        assert_eq!([0, 1, 2_000].map(counted), ["0 items", "1 item", "2,000 items"]);
    }

    #[test]
    fn thousands_are_parted() {
        for (number, text) in [(0, "0"), (999, "999"), (1_000, "1,000"), (1_234_567, "1,234,567")] {
            assert_eq!(grouped(number), text);
        }
    }
}
