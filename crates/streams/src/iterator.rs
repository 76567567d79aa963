//! Shard iterators: `<streamArn>|1|<base64>`, which hold all there is to know about where a reader stands.
//!
//! Nothing is kept for them in the server: they survive a restart, may be used again, and expire by the time
//! of issue that they carry. The checksum tells garbage and truncation from iterators; it is no signature,
//! since an iterator gives its holder nothing that the stream's ARN does not.
//!
//! The 41 bytes in base64 (big-endian):
//!
//! | offset | length | what |
//! |---|---|---|
//! | 0 | 1 | format, 1 |
//! | 1 | 8 | milliseconds of the shard id |
//! | 9 | 4 | suffix of the shard id |
//! | 13 | 16 | the position after which to read |
//! | 29 | 8 | when it was issued, service time in epoch milliseconds |
//! | 37 | 4 | CRC-32 of the ARN and the 37 bytes before |

use crate::ShardId;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use store::Position;

const FORMAT: u8 = 1;
const BODY_LEN: usize = 37;
const PAYLOAD_LEN: usize = BODY_LEN + 4;
/// The base64 text of the payload.
const TEXT_LEN: usize = PAYLOAD_LEN.div_ceil(3) * 4;

/// Where a reader of a shard stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShardIterator<'a> {
    /// The stream.
    pub arn: &'a str,
    /// The shard.
    pub shard: ShardId,
    /// The next record is the first above this position.
    pub after: Position,
    /// When it was handed out.
    pub issued_ms: u64,
}

impl<'a> ShardIterator<'a> {
    /// Appends the text.
    pub fn encode(&self, out: &mut Vec<u8>) {
        let mut payload = [0; PAYLOAD_LEN];
        payload[0] = FORMAT;
        payload[1..9].copy_from_slice(&self.shard.created_ms.to_be_bytes());
        payload[9..13].copy_from_slice(&self.shard.suffix.to_be_bytes());
        payload[13..29].copy_from_slice(&self.after.0.to_be_bytes());
        payload[29..37].copy_from_slice(&self.issued_ms.to_be_bytes());
        let sum = checksum(self.arn, &payload[..BODY_LEN]);
        payload[BODY_LEN..].copy_from_slice(&sum.to_be_bytes());
        let mut text = [0; TEXT_LEN];
        // The buffer has the length that 41 bytes come to.
        let written = STANDARD.encode_slice(payload, &mut text).unwrap_or(0);
        out.extend_from_slice(self.arn.as_bytes());
        out.extend_from_slice(b"|1|");
        out.extend_from_slice(&text[..written]);
    }

    /// Reads the text; `None` for anything that [`ShardIterator::encode`] did not write.
    #[must_use]
    pub fn decode(text: &'a str) -> Option<ShardIterator<'a>> {
        let (arn, base64) = text.split_once("|1|")?;
        let mut buffer = [0; TEXT_LEN];
        let written = STANDARD.decode_slice(base64, &mut buffer).ok()?;
        let payload: &[u8; PAYLOAD_LEN] = buffer.get(..written)?.try_into().ok()?;
        let (body, sum) = payload.split_at(BODY_LEN);
        if body[0] != FORMAT || sum != checksum(arn, body).to_be_bytes() {
            return None;
        }
        let mut shard = ShardId { created_ms: 0, suffix: 0 };
        shard.created_ms = u64::from_be_bytes(body[1..9].try_into().ok()?);
        shard.suffix = u32::from_be_bytes(body[9..13].try_into().ok()?);
        let after = Position(u128::from_be_bytes(body[13..29].try_into().ok()?));
        let issued_ms = u64::from_be_bytes(body[29..37].try_into().ok()?);
        Some(ShardIterator { arn, shard, after, issued_ms })
    }
}

fn checksum(arn: &str, body: &[u8]) -> u32 {
    let mut crc = crc32fast::Hasher::new();
    crc.update(arn.as_bytes());
    crc.update(body);
    crc.finalize()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ARN: &str = "arn:aws:dynamodb:us-east-1:000000000000:table/Music/stream/2026-11-21T10:00:00.000";

    fn text(iterator: &ShardIterator<'_>) -> String {
        let mut out = Vec::new();
        iterator.encode(&mut out);
        String::from_utf8(out).unwrap()
    }

    fn any_iterator() -> impl Strategy<Value = ShardIterator<'static>> {
        (any::<u64>(), any::<u32>(), any::<u128>(), any::<u64>()).prop_map(
            |(ms, suffix, after, issued_ms)| {
                let shard = ShardId { created_ms: ms, suffix };
                ShardIterator { arn: ARN, shard, after: Position(after), issued_ms }
            },
        )
    }

    proptest! {
        #[test]
        fn comes_back_as_it_was(iterator in any_iterator()) {
            let text = text(&iterator);
            prop_assert_eq!(ShardIterator::decode(&text), Some(iterator));
        }

        #[test]
        fn garbage_is_refused(garbage in "(\\PC{0,80}|[a-z:/]{0,40}\\|1\\|[A-Za-z0-9+/]{0,80}={0,2})") {
            prop_assert_eq!(ShardIterator::decode(&garbage), None);
        }

        #[test]
        fn one_changed_byte_is_noticed(iterator in any_iterator(), at in any::<prop::sample::Index>(), to in 32_u8..127) {
            let good = text(&iterator);
            let mut bytes = good.clone().into_bytes();
            let at = at.index(bytes.len());
            bytes[at] = to;
            let changed = String::from_utf8(bytes).unwrap();
            prop_assume!(changed != good);
            prop_assert_eq!(ShardIterator::decode(&changed), None);
        }

        #[test]
        fn a_truncated_one_is_noticed(iterator in any_iterator(), at in any::<prop::sample::Index>()) {
            let good = text(&iterator);
            prop_assert_eq!(ShardIterator::decode(&good[..at.index(good.len())]), None);
        }
    }

    #[test]
    fn looks_like_aws() {
        let shard = ShardId { created_ms: 1_700_000_000_000, suffix: 7 };
        let text = text(&ShardIterator { arn: ARN, shard, after: Position(5), issued_ms: 1_700_000_000_001 });
        let base64 = text.strip_prefix(ARN).unwrap().strip_prefix("|1|").unwrap();
        assert_eq!(base64.len(), TEXT_LEN);
        assert!(text.len() <= 2_048);
    }
}
