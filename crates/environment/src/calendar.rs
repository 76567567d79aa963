//! The Gregorian calendar, in UTC: which date a day has, which day a date is, and times as most answers write them. Pure.
//!
//! Days are counted from 1970-01-01. Within, years begin on 1 March, so that the leap day is the last of its year, and are
//! counted in eras of 400 years, which all have as many days.

const DAY_MS: u64 = 86_400_000;

/// How many days an era has.
const ERA_DAYS: i64 = 146_097;

/// How many days there were from the first 1 March, of the year 0, to the epoch.
const EPOCH_DAYS: i64 = 719_468;

/// Year, month and day of the month of a day.
#[must_use]
pub fn date(day: i64) -> (i64, i64, i64) {
    let day = day + EPOCH_DAYS;
    let (era, of_era) = (day.div_euclid(ERA_DAYS), day.rem_euclid(ERA_DAYS));
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * of_year + 2) / 153;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    let year = era * 400 + year_of_era + i64::from(month <= 2);
    (year, month, of_year - (153 * from_march + 2) / 5 + 1)
}

/// The day of a date. Of a day that its month does not have, it is one of the next month.
#[must_use]
pub fn day((year, month, day): (i64, i64, i64)) -> i64 {
    let year = year - i64::from(month <= 2);
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * ERA_DAYS + of_era * 365 + of_era / 4 - of_era / 100 + of_year - EPOCH_DAYS
}

/// The date of a time in epoch milliseconds.
#[must_use]
pub fn date_of_ms(ms: u64) -> (i64, i64, i64) {
    // There are fewer days than milliseconds, by far.
    date((ms / DAY_MS).cast_signed())
}

/// A time in epoch milliseconds in ISO 8601: `2026-11-21T15:04:05.678Z`.
#[must_use]
pub fn iso(ms: u64) -> String {
    let (year, month, day) = date_of_ms(ms);
    let second = ms / 1_000 % 86_400;
    let (hour, minute, second) = (second / 3_600, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{:03}Z", ms % 1_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_which_the_calendar_is_known() {
        for (ms, text) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (951_782_399_999, "2000-02-28T23:59:59.999Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z"),
            (951_868_800_000, "2000-03-01T00:00:00.000Z"),
            (1_571_767_321_576, "2019-10-22T18:02:01.576Z"),
            (1_767_225_599_001, "2025-12-31T23:59:59.001Z"),
            (4_102_444_800_001, "2100-01-01T00:00:00.001Z"),
            (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
            (253_402_300_799_999, "9999-12-31T23:59:59.999Z"),
        ] {
            assert_eq!(iso(ms), text);
        }
        assert_eq!(iso(u64::MAX), "584556019-04-03T14:25:51.615Z");
    }

    /// Held against the rule itself, a day after the other, from before the year 0 on.
    #[test]
    fn each_day_has_the_date_after_the_one_before() {
        let is_leap = |year: i64| year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        let first = day((-401, 1, 1));
        let (mut year, mut month, mut of_month) = (-401, 1, 1);
        for number in first..day((2_801, 1, 1)) {
            assert_eq!(date(number), (year, month, of_month));
            assert_eq!(day((year, month, of_month)), number);
            let days = match month {
                2 => 28 + i64::from(is_leap(year)),
                4 | 6 | 9 | 11 => 30,
                _ => 31,
            };
            of_month += 1;
            if of_month > days {
                (of_month, month) = (1, month + 1);
            }
            if month > 12 {
                (month, year) = (1, year + 1);
            }
        }
        assert_eq!((year, date(0)), (2_801, (1970, 1, 1)));
    }
}
