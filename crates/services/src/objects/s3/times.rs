//! Times as S3 writes them, and as HTTP does.

const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// `2026-11-21T12:00:00.000Z`.
pub(crate) fn iso(ms: u64) -> String {
    let (year, month, day) = date(ms / 86_400_000);
    let (hour, minute, second) = time(ms);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{:03}Z", ms % 1_000)
}

/// `Sat, 21 Nov 2026 12:00:00 GMT`.
pub(super) fn http(ms: u64) -> String {
    let days = ms / 86_400_000;
    let (year, month, day) = date(days);
    let (hour, minute, second) = time(ms);
    let (weekday, month) = (DAYS[(days % 7) as usize], MONTHS[(month as usize + 11) % 12]);
    format!("{weekday}, {day:02} {month} {year:04} {hour:02}:{minute:02}:{second:02} GMT")
}

/// Seconds since the epoch of a time as HTTP writes it; `None` where it is none.
pub(super) fn parse_http(text: &str) -> Option<u64> {
    let (_, rest) = text.trim().split_once(", ")?;
    let mut words = rest.split(' ');
    let mut next = || words.next();
    let (day, month, year, clock, zone) = (next()?, next()?, next()?, next()?, next()?);
    let month = MONTHS.iter().position(|name| *name == month)? as u64 + 1;
    let (day, year) = (number(day, 31)?, number(year, 9_999)?);
    let mut clock = clock.split(':');
    let mut next = |most| clock.next().and_then(|text| number(text, most));
    let (hour, minute, second) = (next(23)?, next(59)?, next(60)?);
    if zone != "GMT" || year < 1_970 || day == 0 {
        return None;
    }
    Some(days(year, month, day) * 86_400 + hour * 3_600 + minute * 60 + second)
}

fn number(text: &str, most: u64) -> Option<u64> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|number| digits && *number <= most)
}

fn time(ms: u64) -> (u64, u64, u64) {
    let seconds = ms / 1_000;
    (seconds / 3_600 % 24, seconds / 60 % 60, seconds % 60)
}

// Years are counted from March, so that the leap day is a year's last, and in eras of 400 years.

fn days(year: u64, month: u64, day: u64) -> u64 {
    let year = if month <= 2 { year - 1 } else { year };
    let (era, year_of_era) = (year / 400, year % 400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

fn date(days: u64) -> (u64, u64, u64) {
    let days = days + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year + year / 4 - year / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    (year + era * 400 + u64::from(month <= 2), month, day_of_year - (153 * shifted + 2) / 5 + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_and_read() {
        assert_eq!(iso(951_868_799_123), "2000-02-29T23:59:59.123Z");
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
