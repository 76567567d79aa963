//! Durations and sizes as people write them: `24h`, `1h30m`, `500ms`, `512MiB`, `2GB`.

use environment::calendar;
use std::time::Duration;

/// A span of time: numbers with units, one after the other.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || format!("'{text}' is not a duration: write 24h, 15m, 90s, 500ms, or 1h30m");
    let mut rest = text.trim();
    if rest.is_empty() {
        return Err(wrong());
    }
    let mut total_ms = 0_u64;
    while !rest.is_empty() {
        let (number, after) = leading_number(rest).ok_or_else(wrong)?;
        let unit_length = after.find(|character: char| character.is_ascii_digit()).unwrap_or(after.len());
        let (unit, after) = after.split_at(unit_length);
        let unit_ms = match unit.trim() {
            "ms" => 1,
            "s" => 1_000,
            "m" | "min" => 60_000,
            "h" => 3_600_000,
            "d" => 86_400_000,
            _ => return Err(wrong()),
        };
        let part_ms = number.checked_mul(unit_ms).ok_or_else(wrong)?;
        total_ms = total_ms.checked_add(part_ms).ok_or_else(wrong)?;
        rest = after;
    }
    Ok(Duration::from_millis(total_ms))
}

/// A span of time that is not zero.
pub(crate) fn positive_duration(text: &str) -> Result<Duration, String> {
    match duration(text)? {
        Duration::ZERO => Err("it must be more than nothing".to_owned()),
        duration => Ok(duration),
    }
}

/// A moment, as RFC 3339 writes it: `2026-01-31T12:00:00Z`, `2026-01-31 13:00+01:00`, or `2026-01-31`, whose midnight in
/// UTC is meant. In milliseconds since the epoch.
pub(crate) fn time(text: &str) -> Result<u64, String> {
    let wrong = || format!("'{text}' is no time: write 2026-01-31T12:00:00Z");
    moment(text.trim()).ok_or_else(wrong)
}

fn moment(text: &str) -> Option<u64> {
    let part = |from: usize, to: usize| -> Option<i64> {
        let digits = text.get(from..to)?;
        digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok())?
    };
    let is =
        |place: usize, wanted: &[u8]| text.as_bytes().get(place).is_some_and(|byte| wanted.contains(byte));
    let (year, month, day) = (part(0, 4)?, part(5, 7)?, part(8, 10)?);
    if !is(4, b"-")
        || !is(7, b"-")
        || !(1..=12).contains(&month)
        || !(1..=days_of(year, month)).contains(&day)
    {
        return None;
    }
    let midnight_ms = calendar::day((year, month, day)) * 86_400_000;
    if text.len() == 10 {
        return u64::try_from(midnight_ms).ok();
    }
    let (hour, minute) = (part(11, 13)?, part(14, 16)?);
    let (second, rest) = if is(16, b":") { (part(17, 19)?, text.get(19..)?) } else { (0, text.get(16..)?) };
    if !is(10, b"Tt ") || !is(13, b":") || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let (fraction, zone) = match rest.strip_prefix('.') {
        None => ("", rest),
        Some(rest) => rest.split_at(rest.find(|character: char| !character.is_ascii_digit())?),
    };
    if rest.starts_with('.') && (fraction.is_empty() || !is(16, b":")) {
        return None;
    }
    let milli: i64 = format!("{fraction:0<3}").get(..3)?.parse().ok()?;
    let local_ms = midnight_ms + ((hour * 60 + minute) * 60 + second) * 1_000 + milli;
    u64::try_from(local_ms - offset_ms(zone)?).ok()
}

/// How far a zone is ahead of UTC.
fn offset_ms(zone: &str) -> Option<i64> {
    if matches!(zone, "Z" | "z") {
        return Some(0);
    }
    let sign = match zone.as_bytes().first()? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let (hour, minute) = zone.get(1..)?.split_once(':')?;
    let number = |digits: &str| -> Option<i64> {
        let is_number = digits.len() == 2 && digits.bytes().all(|byte| byte.is_ascii_digit());
        is_number.then(|| digits.parse().ok())?
    };
    let (hour, minute) = (number(hour)?, number(minute)?);
    (hour <= 23 && minute <= 59).then_some(sign * (hour * 60 + minute) * 60_000)
}

fn days_of(year: i64, month: i64) -> i64 {
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    match month {
        2 if is_leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// A number of bytes, with or without a unit; `K`, `M` and `G` alone are powers of 1024, as are `KiB` ...;
/// `KB` ... are powers of 1000.
pub(crate) fn size(text: &str) -> Result<u64, String> {
    let wrong = || format!("'{text}' is not a size: write 512MiB, 2G, or a number of bytes");
    let (number, unit) = leading_number(text.trim()).ok_or_else(wrong)?;
    let unit_bytes = match unit.trim().to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "k" | "kib" => 1 << 10,
        "m" | "mib" => 1 << 20,
        "g" | "gib" => 1 << 30,
        "t" | "tib" => 1 << 40,
        "kb" => 1_000,
        "mb" => 1_000_000,
        "gb" => 1_000_000_000,
        "tb" => 1_000_000_000_000,
        _ => return Err(wrong()),
    };
    number.checked_mul(unit_bytes).ok_or_else(wrong)
}

/// The number that a text begins with, and what follows it.
fn leading_number(text: &str) -> Option<(u64, &str)> {
    let length = text.find(|character: char| !character.is_ascii_digit()).unwrap_or(text.len());
    let (number, rest) = text.split_at(length);
    Some((number.parse().ok()?, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_numbers_with_units() {
        let cases =
            [("24h", 86_400_000), ("1h30m", 5_400_000), ("500ms", 500), ("90s", 90_000), ("2d", 172_800_000)];
        for (text, ms) in cases {
            assert_eq!(duration(text), Ok(Duration::from_millis(ms)), "{text}");
        }
        for text in ["", "5", "h", "5 parsecs", "-1s", "1.5h", "99999999999999999999d", "999999999999999999d"]
        {
            assert!(duration(text).is_err(), "{text}");
        }
        assert!(positive_duration("0s").is_err());
    }

    #[test]
    fn times_are_read_as_they_are_written() {
        for ms in
            [0, 951_782_399_999, 951_782_400_000, 1_571_767_321_576, 4_102_444_800_001, 4_107_542_400_000]
        {
            assert_eq!(time(&(streams::label::format(ms) + "Z")), Ok(ms));
        }
        for (text, ms) in [
            ("1970-01-02", 86_400_000),
            ("1970-01-01T01:00:01Z", 3_601_000),
            ("1970-01-01 01:00Z", 3_600_000),
            ("1970-01-01T01:00:00.5+01:00", 500),
            ("1969-12-31T23:30:00-01:00", 1_800_000),
            ("1970-01-01T00:00:00.1239Z", 123),
        ] {
            assert_eq!(time(text), Ok(ms), "{text}");
        }
        for text in [
            "",
            "now",
            "1970",
            "1970-13-01",
            "1970-02-29",
            "1970-01-01T",
            "1970-01-01T01:00:00",
            "1969-12-31",
            "1970-01-01T24:00:00Z",
            "1970-01-01T01:60Z",
            "1970-01-01T01:00:00.Z",
            "1970-01-01T01:00:00+1:00",
            "1970-01-01T01:00:00+99:00",
            "+970-01-01",
            "1970-01-01T01:00:00Zx",
            "1970-01-0é",
        ] {
            assert!(time(text).is_err(), "{text}");
        }
    }

    #[test]
    fn sizes_are_numbers_with_or_without_units() {
        let cases = [
            ("0", 0),
            ("512MiB", 512 << 20),
            ("2G", 2 << 30),
            ("1 kb", 1_000),
            ("7b", 7),
            ("3tb", 3_000_000_000_000),
        ];
        for (text, bytes) in cases {
            assert_eq!(size(text), Ok(bytes), "{text}");
        }
        for text in ["", "GB", "-1", "1.5G", "1x", "99999999999T"] {
            assert!(size(text).is_err(), "{text}");
        }
    }
}
