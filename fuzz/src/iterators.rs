//! Shard iterators: one that is taken is, letter for letter, one that would have been handed out.

use streams::iterator::ShardIterator;

/// See the module.
pub fn target(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    check(text);
    // Almost no text has the right checksum, so that what follows it is reached with one put right, too.
    if let Some((arn, rest)) = text.split_once("|1|") {
        let mut body = [0; 41];
        let bytes = rest.as_bytes();
        let length = bytes.len().min(body.len());
        body[..length].copy_from_slice(&bytes[..length]);
        let word = |at: usize| u64::from_be_bytes(std::array::from_fn(|place| body[at + place]));
        let shard = streams::ShardId { created_ms: word(0), suffix: word(8) as u32 };
        let after = store::Position(u128::from(word(16)) << 64 | u128::from(word(24)));
        let iterator = ShardIterator { arn, shard, after, issued_ms: word(32) };
        let mut text = Vec::new();
        iterator.encode(&mut text);
        let text = String::from_utf8(text).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(ShardIterator::decode(&text), Some(iterator), "{text}");
    }
}

fn check(text: &str) {
    let Some(iterator) = ShardIterator::decode(text) else { return };
    let mut again = Vec::new();
    iterator.encode(&mut again);
    assert_eq!(again, text.as_bytes());
}
