//! The names of exports and imports: a table's ARN, `/export/` or `/import/`, and when and which.

use environment::Random;

/// The ARN of a new export or import: `kind` says which.
pub(super) fn make(table_arn: &str, kind: &str, now_ms: u64, random: &Random) -> String {
    let suffix = random.next_u64() >> 32;
    format!("{table_arn}/{kind}/{now_ms:014}-{suffix:08x}")
}

/// What tells it apart: the time in 14 digits, and random digits. As text it is in order of time.
pub(super) fn id(arn: &str) -> &str {
    arn.rsplit_once('/').map_or(arn, |(_, id)| id)
}

/// The table's ARN.
pub(super) fn table(arn: &str) -> &str {
    let mut parts = arn.rsplitn(3, '/');
    parts.nth(2).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_arn_is_taken_apart() {
        let table_arn = "arn:aws:dynamodb:us-east-1:123456789012:table/dogs";
        let arn = make(table_arn, "export", 1_600_000_000_000, &Random::seeded(1));
        assert!(arn.starts_with(&format!("{table_arn}/export/01600000000000-")), "{arn}");
        assert_eq!((id(&arn).len(), table(&arn)), (23, table_arn));
        assert_eq!((id("x"), table("x")), ("x", ""));
    }
}
