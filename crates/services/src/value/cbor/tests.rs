//! What is written is read again; what others write is read; nothing else makes a panic.

use super::*;
use proptest::prelude::*;

fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Boolean),
        any::<i64>().prop_map(Value::Integer),
        (-1e12_f64..1e12).prop_map(Value::Float),
        "\\PC{0,40}".prop_map(Value::Text),
        prop::collection::vec(any::<u8>(), 0..300).prop_map(Value::Blob),
        (0_u64..1 << 60).prop_map(Value::Time),
    ];
    leaf.prop_recursive(4, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..30).prop_map(Value::List),
            prop::collection::vec(("\\PC{0,30}", inner), 0..6).prop_map(Value::Structure),
        ]
    })
}

proptest! {
    #[test]
    fn what_is_written_is_read_again(value in any_value()) {
        prop_assert_eq!(decode(&encode(&value)), Ok(value));
    }

    #[test]
    fn other_bytes_make_no_panic(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
        let _ = decode(&bytes);
    }
}

#[test]
fn what_others_write_is_read() {
    let text = |text: &str| Value::Text(text.into());
    let rows: [(&[u8], Value); 9] = [
        // A structure, a list, a text and a blob whose lengths are not told.
        (
            b"\xbf\x61a\x9f\x01\x20\xff\xff",
            Value::structure([("a", Value::List(vec![Value::Integer(1), Value::Integer(-1)]))]),
        ),
        (b"\x7f\x62ab\x61c\xff", text("abc")),
        (b"\x5f\x42ab\x41c\xff", Value::Blob(b"abc".to_vec())),
        (b"\xc1\x1b\x00\x00\x01\x8b\xcf\xe5\x68\x00", Value::Time(1_700_000_000_000)),
        (b"\xc1\xfb\x42\x78\xbc\xfe\x56\x80\x00\x00", Value::Time(1_700_000_000_000)),
        (b"\xd8\x20\x61u", text("u")),
        (b"\xf9\x3c\x00", Value::Float(1.0)),
        (b"\xfa\xc0\x00\x00\x00", Value::Float(-2.0)),
        (b"\xf7", Value::Null),
    ];
    for (bytes, value) in rows {
        assert_eq!(decode(bytes), Ok(value), "{bytes:02x?}");
    }
    assert_eq!(half(0x7bff), 65504.0);
    assert_eq!(half(0x8001), -(2_f64.powi(-24)));
    assert!(half(0x7e00).is_nan() && half(0x7c00).is_infinite());
}

#[test]
fn what_is_none_is_refused() {
    let deep = [0x81; 100];
    let rows: [&[u8]; 8] =
        [b"\x01\x01", b"\x62a", b"\x9f\x01", b"\xa1\x01\x01", b"\x1c", b"\xff", b"\x7f\x41a\xff", &deep];
    for bytes in rows {
        assert!(decode(bytes).is_err(), "{bytes:02x?}");
    }
}
