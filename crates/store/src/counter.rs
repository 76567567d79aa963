//! The values of counters: two sums, little-endian.

use bytes::Bytes;

/// The length of a counter's value.
pub(crate) const COUNTER_BYTES: usize = 16;

/// The sums in a counter's value; zero where it has another form, which no commit gives it.
#[must_use]
pub fn counter(value: &[u8]) -> [i64; 2] {
    let mut sums = [0; 2];
    for (sum, part) in sums.iter_mut().zip(value.chunks_exact(8)) {
        let mut bytes = [0; 8];
        bytes.copy_from_slice(part);
        *sum = i64::from_le_bytes(bytes);
    }
    sums
}

/// The value of a counter.
pub(crate) fn counter_bytes(sums: [i64; 2]) -> Bytes {
    let mut bytes = [0; COUNTER_BYTES];
    bytes[..8].copy_from_slice(&sums[0].to_le_bytes());
    bytes[8..].copy_from_slice(&sums[1].to_le_bytes());
    Bytes::copy_from_slice(&bytes)
}
