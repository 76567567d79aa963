//! Times as SigV4 writes them: `YYYYMMDDTHHMMSSZ`.

use environment::calendar;

const DAY_S: i64 = 86_400;

/// Seconds since the epoch, of a time as SigV4 writes it.
pub(crate) fn parse(text: &str) -> Option<i64> {
    let bytes = text.as_bytes();
    if bytes.len() != 16 || bytes[8] != b'T' || bytes[15] != b'Z' || !text.is_ascii() {
        return None;
    }
    let number = |from: usize, to: usize| {
        let digits = &text[from..to];
        digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse::<i64>().ok()).flatten()
    };
    let (year, month, day) = (number(0, 4)?, number(4, 6)?, number(6, 8)?);
    let (hour, minute, second) = (number(9, 11)?, number(11, 13)?, number(13, 15)?);
    let in_range = (1..=12).contains(&month) && (1..=31).contains(&day);
    (in_range && hour < 24 && minute < 60 && second < 61)
        .then(|| calendar::day((year, month, day)) * DAY_S + hour * 3_600 + minute * 60 + second)
}

/// A time as SigV4 writes it.
pub(crate) fn format(seconds: i64) -> String {
    let (days, second) = (seconds.div_euclid(DAY_S), seconds.rem_euclid(DAY_S));
    let (year, month, day) = calendar::date(days);
    let (hour, minute, second) = (second / 3_600, second / 60 % 60, second % 60);
    format!("{year:04}{month:02}{day:02}T{hour:02}{minute:02}{second:02}Z")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_and_written() {
        let cases =
            [("19700101T000000Z", 0), ("20000229T235959Z", 951_868_799), ("20150830T123600Z", 1_440_938_160)];
        for (text, seconds) in cases {
            assert_eq!((parse(text), format(seconds).as_str()), (Some(seconds), text));
        }
        for day in (0..60_000).step_by(7) {
            assert_eq!(parse(&format(day * DAY_S + 1)), Some(day * DAY_S + 1));
        }
    }

    #[test]
    fn what_is_no_time_is_none() {
        for text in [
            "",
            "20150830",
            "2015083T1236000Z",
            "20151330T123600Z",
            "20150830T243600Z",
            "2015-08-30T12:36Z",
            "+0150830T123600Z",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
