//! Stream labels: the time at which a stream was asked for, in UTC, without a zone letter.

use std::fmt::Write as _;

const DAY_MS: u64 = 86_400_000;

/// Writes `YYYY-MM-DDTHH:MM:SS.mmm` for a time in epoch milliseconds.
#[must_use]
pub fn format(ms: u64) -> String {
    let (year, month, day) = date(ms / DAY_MS);
    let of_day = ms % DAY_MS;
    let (hour, minute) = (of_day / 3_600_000, of_day / 60_000 % 60);
    let (second, milli) = (of_day / 1_000 % 60, of_day % 1_000);
    let mut text = String::with_capacity(23);
    // Writing to a String does not fail.
    let _ = write!(text, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{milli:03}");
    text
}

/// The Gregorian date of a day since the epoch. Counts in eras of 400 years that begin on 1 March, so that
/// the leap day is the last of its year.
fn date(days: u64) -> (u64, u64, u64) {
    let days = days + 719_468;
    let (era, of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_times() {
        let known = [
            (0, "1970-01-01T00:00:00.000"),
            (951_782_399_999, "2000-02-28T23:59:59.999"),
            (951_782_400_000, "2000-02-29T00:00:00.000"),
            (1_571_767_321_576, "2019-10-22T18:02:01.576"),
            (4_102_444_800_001, "2100-01-01T00:00:00.001"),
            (4_107_542_400_000, "2100-03-01T00:00:00.000"),
        ];
        for (ms, text) in known {
            assert_eq!(format(ms), text);
        }
    }

    #[test]
    fn later_is_greater() {
        let texts: Vec<String> = (0..4_000).map(|day| format(day * 7 * DAY_MS + day * 1_001)).collect();
        assert!(texts.is_sorted());
        assert_eq!(format(u64::MAX).len(), "584556019-04-03T14:25:51.615".len());
    }
}
