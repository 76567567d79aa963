//! The `Range` header.

/// What a header asks for of so many bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Range {
    /// All of them: there is no header, or none that S3 looks at.
    Whole,
    /// From one byte on to, but not with, another.
    Part(u64, u64),
    /// Bytes that are not there.
    Unsatisfiable,
}

/// What a header asks for. S3 looks at one range of bytes only; other headers are as if they were not there.
pub(super) fn parse(header: Option<&str>, size: u64) -> Range {
    parsed(header.unwrap_or_default(), size).unwrap_or(Range::Whole)
}

fn parsed(header: &str, size: u64) -> Option<Range> {
    let (first, last) = header.trim().strip_prefix("bytes=")?.split_once('-')?;
    let number = |text: &str| {
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        // More than fits is more than there is.
        digits.then(|| text.parse::<u64>().unwrap_or(u64::MAX))
    };
    let (first, last) = (first.trim(), last.trim());
    let (from, to) = match (number(first), number(last)) {
        (Some(from), Some(last)) if from <= last => (from, last.saturating_add(1).min(size)),
        (Some(from), None) if last.is_empty() => (from, size),
        (None, Some(suffix)) if first.is_empty() => (size - suffix.min(size), size),
        _ => return None,
    };
    Some(if from < to { Range::Part(from, to) } else { Range::Unsatisfiable })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn one_range_is_looked_at() {
        let cases = [
            ("bytes=0-0", Range::Part(0, 1)),
            ("bytes=2-", Range::Part(2, 10)),
            ("bytes=-3", Range::Part(7, 10)),
            ("bytes=-30", Range::Part(0, 10)),
            ("bytes=8-99999999999999999999999", Range::Part(8, 10)),
            ("bytes=10-", Range::Unsatisfiable),
            ("bytes=-0", Range::Unsatisfiable),
            ("bytes=5-4", Range::Whole),
            ("bytes=0-1,3-4", Range::Whole),
            ("bytes=-", Range::Whole),
            ("bytes=+1-2", Range::Whole),
            ("items=0-1", Range::Whole),
            ("", Range::Whole),
        ];
        for (header, range) in cases {
            assert_eq!(parse(Some(header), 10), range, "{header}");
        }
        assert_eq!(parse(None, 10), Range::Whole);
        assert_eq!(parse(Some("bytes=0-"), 0), Range::Unsatisfiable);
    }

    proptest! {
        #[test]
        fn a_part_is_within(header in "(bytes=)?[0-9]{0,21}-?[0-9]{0,21}", size in 0_u64..100) {
            if let Range::Part(from, to) = parse(Some(&header), size) {
                prop_assert!(from < to && to <= size);
            }
        }
    }
}
