//! Bytes taken for a record of a stream, damaged or not.

use store::{LogRecord, Pieces, Position};
use streams::record::{Form, NewRecord, RecordWriter, decode, decode_stored, encode};

/// The descriptor of the stream that the records are of.
pub const STREAM: &str = include_str!("../corpus/descriptors/open");

/// See the module.
pub fn target(data: &[u8]) {
    let bytes = Pieces::from(data.to_vec());
    let Ok(record) = decode(&bytes) else {
        assert!(decode_stored(&bytes).is_err());
        return;
    };
    let Ok(stored) = decode_stored(&bytes) else { panic!("read one way and not the other") };
    let image = |image: &Option<item::Stored>| image.as_ref().map(|image| image.bytes().clone());
    assert_eq!(stored.keys.as_bytes(), record.keys);
    assert_eq!(image(&stored.new).as_deref(), record.new);
    assert_eq!(image(&stored.old).as_deref(), record.old);
    let again = encode(&NewRecord {
        kind: record.kind,
        keys: &stored.keys,
        old: stored.old.as_ref(),
        new: stored.new.as_ref(),
        view: record.view,
        service: record.service,
    });
    // All but the sizes, which damaged images need not have.
    let joined = again.joined();
    assert_eq!((&joined[..2], &joined[6..]), (&data[..2], &data[6..]));
    let Ok(apart) = decode(&again) else { panic!("its pieces are not read as they were together") };
    assert_eq!((apart.keys, apart.new, apart.old), (record.keys, record.new, record.old));
    let Ok(stream) = streams::StreamDescriptor::from_bytes(STREAM.as_bytes()) else {
        panic!("the stream of the corpus is none");
    };
    for form in [Form::GetRecords, Form::Event] {
        let mut json = Vec::new();
        let position = Position(u128::from(u64::MAX));
        let log = LogRecord { position, time_ms: 1_700_000_000_000, bytes: bytes.clone() };
        let _ = RecordWriter::new(&stream, "us-east-1", form).write(&mut json, &log);
    }
}
