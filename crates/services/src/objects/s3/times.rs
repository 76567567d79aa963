//! Times as HTTP writes them.

use environment::calendar;

const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// `Sat, 21 Nov 2026 12:00:00 GMT`.
pub(super) fn http(ms: u64) -> String {
    let (year, month, day) = calendar::date_of_ms(ms);
    let seconds = ms / 1_000;
    let (hour, minute, second) = (seconds / 3_600 % 24, seconds / 60 % 60, seconds % 60);
    let (weekday, month) = (DAYS[(seconds / 86_400 % 7) as usize], MONTHS[(month as usize + 11) % 12]);
    format!("{weekday}, {day:02} {month} {year:04} {hour:02}:{minute:02}:{second:02} GMT")
}

/// Seconds since the epoch of a time as HTTP writes it; `None` where it is none.
pub(super) fn parse_http(text: &str) -> Option<u64> {
    let (_, rest) = text.trim().split_once(", ")?;
    let mut words = rest.split(' ');
    let mut next = || words.next();
    let (day, month, year, clock, zone) = (next()?, next()?, next()?, next()?, next()?);
    let month = MONTHS.iter().position(|name| *name == month)? as i64 + 1;
    let (day, year) = (number(day, 31)?, number(year, 9_999)?);
    let mut clock = clock.split(':');
    let mut next = |most| clock.next().and_then(|text| number(text, most));
    let (hour, minute, second) = (next(23)?, next(59)?, next(60)?);
    if zone != "GMT" || year < 1_970 || day == 0 {
        return None;
    }
    let days = calendar::day((year.cast_signed(), month, day.cast_signed()));
    Some(u64::try_from(days).ok()? * 86_400 + hour * 3_600 + minute * 60 + second)
}

fn number(text: &str, most: u64) -> Option<u64> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|number| digits && *number <= most)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_and_read() {
        assert_eq!(http(784_111_777_000), "Sun, 06 Nov 1994 08:49:37 GMT");
        assert_eq!(http(0), "Thu, 01 Jan 1970 00:00:00 GMT");
        for seconds in (0..4_000_000_000).step_by(7_777_777) {
            assert_eq!(parse_http(&http(seconds * 1_000)), Some(seconds));
        }
        for text in
            ["", "Sun, 06 Nov 1994", "Sun, 06 Nov 1994 25:49:37 GMT", "Sun, 0 Nov 1994 08:49:37 GMT", "x"]
        {
            assert_eq!(parse_http(text), None, "{text}");
        }
    }
}
