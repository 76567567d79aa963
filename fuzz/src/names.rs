//! The names that requests carry: ids of shards, sequence numbers, ARNs of tables and streams, targets of
//! operations, binaries in base64. What is taken is written the same again.

use streams::arn::StreamArn;
use streams::{SequenceNumber, ShardId};
use wire::{Operation, TableRef};

/// See the module.
pub fn target(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Some(shard) = ShardId::parse(text) {
        assert_eq!(shard.to_string(), text);
    }
    if let Some(number) = SequenceNumber::parse(text) {
        let digits = text.trim_start_matches('+').trim_start_matches('0');
        assert_eq!(number.to_string(), if digits.is_empty() { "0" } else { digits });
        if let Some(position) = number.position() {
            assert_eq!(SequenceNumber::of(position), number);
        }
    }
    if let Some(StreamArn { region, account, table, label }) = StreamArn::parse(text) {
        let rest = format!(":dynamodb:{region}:{account}:table/{table}/stream/{label}");
        assert!(text.starts_with("arn:aws") && text.ends_with(&rest), "{text}");
    }
    if let Some(TableRef { account, region, name }) = TableRef::parse_arn(text) {
        let (region, account) = (region.unwrap_or_default(), account.unwrap_or_default());
        assert!(text.ends_with(&format!(":dynamodb:{region}:{account}:table/{name}")), "{text}");
    } else {
        assert_eq!(TableRef::parse(text).name, text);
    }
    if let Some(operation) = Operation::from_target(text) {
        assert_eq!(text.split_once('.').map(|(_, name)| name), Some(operation.name()));
    }
    if let Ok(bytes) = wire::value::decode_base64(text) {
        let mut quoted = Vec::new();
        wire::value::write_base64(&mut quoted, &bytes);
        let written = String::from_utf8_lossy(&quoted);
        let again = wire::value::decode_base64(written.trim_matches('"'));
        assert_eq!(again.as_deref().ok(), Some(&bytes[..]));
    }
}
