//! Times as the names of log streams write them.

use environment::calendar::date_of_ms;

/// `2026/11/21`
pub(crate) fn day(ms: u64) -> String {
    let (year, month, day) = date_of_ms(ms);
    format!("{year:04}/{month:02}/{day:02}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_written_with_slashes() {
        assert_eq!(day(1_596_128_520_007), "2020/07/30");
    }
}
