//! Times as log lines and the names of log streams write them.

/// The parts of a moment, in UTC.
struct Parts {
    year: u64,
    month: u64,
    day: u64,
    second: u64,
    ms: u64,
}

/// `2026-11-21T15:04:05.678Z`
pub(crate) fn iso(ms: u64) -> String {
    let Parts { year, month, day, second, ms } = parts(ms);
    let (hour, minute, second) = (second / 3_600, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{ms:03}Z")
}

/// `2026/11/21`
pub(crate) fn day(ms: u64) -> String {
    let Parts { year, month, day, .. } = parts(ms);
    format!("{year:04}/{month:02}/{day:02}")
}

/// The calendar of a moment, in years that begin in March, so that the day that comes and goes is the last of a year.
fn parts(ms: u64) -> Parts {
    let days = ms / 86_400_000 + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    Parts { year, month, day, second: ms / 1_000 % 86_400, ms: ms % 1_000 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_of_which_the_calendar_is_known() {
        for (ms, text) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z"),
            (1_596_128_520_007, "2020-07-30T17:02:00.007Z"),
            (1_735_689_599_999, "2024-12-31T23:59:59.999Z"),
            (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
        ] {
            assert_eq!(iso(ms), text);
        }
        assert_eq!(day(1_596_128_520_007), "2020/07/30");
    }
}
