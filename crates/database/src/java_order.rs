//! The order in which Java walks a hash set of strings.
//!
//! Some of AWS's messages list attribute names in the order of the hash set that held them, and so must we.

/// Puts names in the order of a `HashSet` that was made for `expected` elements and filled in the order given.
/// A name given twice is listed once.
pub(crate) fn java_order<'a>(names: impl IntoIterator<Item = &'a str>, expected: usize) -> Vec<&'a str> {
    let mut distinct: Vec<&str> = Vec::new();
    for name in names {
        if !distinct.contains(&name) {
            distinct.push(name);
        }
    }
    let mut buckets = expected.max(1).next_power_of_two();
    // A hash set doubles when it is more than three quarters full.
    while distinct.len() * 4 > buckets * 3 {
        buckets *= 2;
    }
    // Stable: within a bucket, names keep the order in which they came.
    distinct.sort_by_key(|name| bucket(name, buckets));
    distinct
}

/// The size of a set that nobody gave a size.
pub(crate) const DEFAULT: usize = 16;

fn bucket(name: &str, buckets: usize) -> usize {
    let hash =
        name.encode_utf16().fold(0_u32, |hash, unit| hash.wrapping_mul(31).wrapping_add(u32::from(unit)));
    (hash ^ (hash >> 16)) as usize & (buckets - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_as_aws_was_seen_to() {
        assert_eq!(java_order(["PK", "a", "h"], DEFAULT), ["a", "h", "PK"]);
        assert_eq!(java_order(["PK", "h", "a", "unused"], 4), ["h", "a", "unused", "PK"]);
        assert_eq!(java_order(["PK", "a", "c"], 3), ["a", "PK", "c"]);
        assert_eq!(java_order(["b", "a", "b"], DEFAULT), ["a", "b"]);
    }

    #[test]
    fn grows_when_three_quarters_full() {
        let names: Vec<String> = ('h'..='t').map(String::from).collect();
        let ordered = java_order(names.iter().map(String::as_str), DEFAULT);
        assert!(ordered.is_sorted_by_key(|name| bucket(name, 32)));
        assert!(!ordered.is_sorted_by_key(|name| bucket(name, 16)));
    }
}
