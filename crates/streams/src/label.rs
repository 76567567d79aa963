//! Stream labels: the time at which a stream was asked for, in UTC, without a zone letter; and the reading of times
//! as people write them.

use environment::calendar;

const DAY_MS: u64 = 86_400_000;

/// Writes `YYYY-MM-DDTHH:MM:SS.mmm` for a time in epoch milliseconds.
#[must_use]
pub fn format(ms: u64) -> String {
    let mut text = calendar::iso(ms);
    // The letter of the zone.
    text.pop();
    text
}

/// Reads a time: what [`format`] writes, with or without a zone (`Z`, `+01:00`; UTC where there is none), with fewer
/// places (`2026-11-21T22:30`, `2026-11-21`), or a number of milliseconds since the epoch (13 digits) or of seconds (9
/// to 11). `None` for anything else, and before 1970 or after 9999.
#[must_use]
pub fn parse(text: &str) -> Option<u64> {
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return match text.len() {
            13 => text.parse().ok(),
            9..=11 => text.parse::<u64>().ok()?.checked_mul(1_000),
            _ => None,
        };
    }
    let (day, of_day) = text.split_once(['T', ' ']).map_or((text, None), |(day, time)| (day, Some(time)));
    let &[year, month, day] = numbers(day, '-', &[4, 2, 2])?.as_slice() else { return None };
    let days = days_of(year, month, day)?;
    let (of_day_ms, zone_ms) = of_day.map_or(Some((0, 0)), of_day_ms)?;
    let ms = i64::try_from(days * DAY_MS + of_day_ms).ok()?.checked_sub(zone_ms)?;
    u64::try_from(ms).ok().filter(|ms| *ms < END_MS)
}

/// The end of the year 9999.
const END_MS: u64 = 253_402_300_800_000;

/// Numbers of these widths; the last ones may be left out, but one must be there.
fn numbers(text: &str, between: char, widths: &[usize]) -> Option<Vec<u64>> {
    let mut found = Vec::with_capacity(widths.len());
    for part in text.split(between) {
        let is_number = part.bytes().all(|byte| byte.is_ascii_digit());
        if widths.get(found.len()) != Some(&part.len()) || !is_number {
            return None;
        }
        found.push(part.parse().ok()?);
    }
    Some(found)
}

/// The time of day in milliseconds, and how far its zone is ahead of UTC.
fn of_day_ms(text: &str) -> Option<(u64, i64)> {
    let (time, zone_ms) = match text.find(['Z', 'z', '+', '-']) {
        None => (text, 0),
        Some(at) => {
            let (time, zone) = text.split_at(at);
            let zone_ms = match zone.strip_prefix(['+', '-']) {
                None if zone.len() == 1 => 0,
                None => return None,
                Some(span) => {
                    let &[hours, minutes] = numbers(span, ':', &[2, 2])?.as_slice() else { return None };
                    if hours > 23 || minutes > 59 {
                        return None;
                    }
                    let span_ms = i64::try_from(hours * 3_600_000 + minutes * 60_000).ok()?;
                    if zone.starts_with('-') { -span_ms } else { span_ms }
                }
            };
            (time, zone_ms)
        }
    };
    let (time, fraction) = time.split_once('.').map_or((time, None), |(time, part)| (time, Some(part)));
    let parts = numbers(time, ':', &[2, 2, 2])?;
    let (hour, minute, second) = match (parts.as_slice(), fraction) {
        (&[hour, minute], None) => (hour, minute, 0),
        (&[hour, minute, second], _) => (hour, minute, second),
        _ => return None,
    };
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let fraction_ms = match fraction {
        None => 0,
        Some(part) if (1..=9).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit()) => {
            format!("{part:0<3}").get(..3)?.parse().ok()?
        }
        Some(_) => return None,
    };
    Some((hour * 3_600_000 + minute * 60_000 + second * 1_000 + fraction_ms, zone_ms))
}

/// The days from the epoch to a date; `None` where there is no such date, or it is before.
fn days_of(year: u64, month: u64, day: u64) -> Option<u64> {
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    let date = (year.cast_signed(), month.cast_signed(), day.cast_signed());
    let days = calendar::day(date);
    // A day that the month does not have is one of the next month.
    u64::try_from(days).ok().filter(|_| calendar::date(days) == date)
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

    #[test]
    fn times_are_read_as_they_are_written() {
        for day in 0..40_000 {
            let ms = day * DAY_MS + day * 1_001 % DAY_MS;
            assert_eq!(parse(&format(ms)), Some(ms));
        }
        for (text, ms) in [
            ("1970-01-01", 0),
            ("2000-02-29T00:00:00Z", 951_782_400_000),
            ("2000-02-29T01:30+01:30", 951_782_400_000),
            ("2000-02-28 22:00:00.5-02:00", 951_782_400_500),
            ("2000-02-29T00:00:00.1239Z", 951_782_400_123),
            ("951782400", 951_782_400_000),
            ("0951782400123", 951_782_400_123),
            ("9999-12-31T23:59:59.999Z", END_MS - 1),
        ] {
            assert_eq!(parse(text), Some(ms), "{text}");
        }
        for text in [
            "",
            "x",
            "2000",
            "2000-02",
            "2001-02-29",
            "2000-13-01",
            "2000-00-01",
            "2000-01-00",
            "2000-1-1",
            "2000-01-01T",
            "2000-01-01T24:00",
            "2000-01-01T1:00",
            "2000-01-01T00:00.5",
            "2000-01-01T00:00:00.",
            "2000-01-01T00:00:00.1234567890",
            "2000-01-01T00:00:00ZZ",
            "2000-01-01T00:00:00+1",
            "2000-01-01Z",
            "2000-01-01T00:00:00+24:00",
            "1969-12-31",
            "1970-01-01T00:00+00:01",
            "9999-12-31T23:59:59-00:01",
            "12345678",
            "123456789012",
            "100000000000001048576",
            "+1",
            "-1",
            "２000-01-01",
            "2000-01-01T00:00:00é",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_is_too_strange(text in "[0-9TZ:. +é-]{0,40}") {
            let _ = parse(&text);
        }
    }
}
