//! Stored descriptors of streams: what is taken comes back, and its shards fit together.

use streams::StreamDescriptor;

/// See the module.
pub fn target(data: &[u8]) {
    let Ok(stream) = StreamDescriptor::from_bytes(data) else { return };
    let again = stream.to_bytes();
    match StreamDescriptor::from_bytes(&again) {
        Ok(read) => assert_eq!(read, stream),
        Err(error) => panic!("{error} in {}", String::from_utf8_lossy(&again)),
    }
    for shard in &stream.shards {
        assert!(shard.first <= shard.last);
        assert_eq!(stream.shard(shard.id), Some(shard));
        assert!(stream.children(shard.id).all(|child| child.id > shard.id));
        let _ = shard.has_expired(u64::MAX, u64::MAX);
    }
    let _ = (stream.due_for_rollover(u64::MAX, 1), stream.next_due_ms(u64::MAX, u64::MAX));
    let _ = stream.has_expired(u64::MAX, 0);
}
