//! The segments of a parallel Scan: an exact partition of the hash space, whatever their number.

/// The lowest and the highest partition hash of a segment. Every segment holds one, since there are more hashes
/// than segments.
pub(crate) fn bounds(segment: u32, total: u32) -> (u128, u128) {
    let total = u128::from(total.max(1));
    let segment = u128::from(segment);
    let first = start(segment, total);
    let last = if segment + 1 >= total { u128::MAX } else { start(segment + 1, total) - 1 };
    (first, last)
}

/// floor(segment * 2^128 / total), without leaving 128 bits.
fn start(segment: u128, total: u128) -> u128 {
    // 2^128 = quotient * total + remainder.
    let (mut quotient, mut remainder) = (u128::MAX / total, u128::MAX % total + 1);
    if remainder == total {
        quotient = quotient.wrapping_add(1);
        remainder = 0;
    }
    segment.wrapping_mul(quotient).wrapping_add(segment * remainder / total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_partition_the_hash_space() {
        for total in [1, 2, 3, 4, 7, 10, 4097, 999_999, 1_000_000] {
            let mut next = 0;
            for segment in 0..total {
                let (first, last) = bounds(segment, total);
                assert_eq!(first, next, "segment {segment} of {total}");
                assert!(first <= last);
                next = last.wrapping_add(1);
            }
            assert_eq!(next, 0, "the last of {total} ends at the highest hash");
        }
    }

    #[test]
    fn segments_are_of_equal_size() {
        let sizes = (0..7).map(|segment| bounds(segment, 7)).map(|(first, last)| last - first);
        let (least, most) = (sizes.clone().min().unwrap(), sizes.max().unwrap());
        assert!(most - least <= 1);
    }
}
