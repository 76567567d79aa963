//! Bytes taken for a data stream's descriptor, or for a record of one, damaged or not.

use store::{LogRecord, Position};
use streams::data_stream::{DataStream, record};
use streams::record::ChangeWriter;

/// See the module.
pub fn target(data: &[u8]) {
    if let Ok(stream) = DataStream::from_bytes(data) {
        assert_eq!(DataStream::from_bytes(&stream.to_bytes()), Ok(stream.clone()));
        for hash_key in [0, 1 << 127, u128::MAX] {
            assert!(stream.owner(hash_key).is_some(), "nobody owns {hash_key}");
        }
    }
    let bytes = data.to_vec().into();
    let log_record = LogRecord { position: Position(7), time_ms: u64::MAX, bytes };
    let mut changes = ChangeWriter::new("arn", "us-east-1");
    let Ok(read) = record::read(&log_record, &mut changes) else { return };
    // A change is only read: damaged images need not come to JSON.
    if data.first() == Some(&1) {
        assert_eq!(record::put(&read.partition_key, &read.data), log_record.bytes);
    }
}
