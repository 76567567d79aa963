//! Lines and frames of output, however the pieces come.

use super::*;

fn frame(message: &[u8]) -> Vec<u8> {
    let mut frame = 0xa55a_000f_u32.to_be_bytes().to_vec();
    frame.extend_from_slice(&u32::try_from(message.len()).unwrap().to_be_bytes());
    frame.extend_from_slice(&1_700_000_000_000_000_i64.to_be_bytes());
    frame.extend_from_slice(message);
    frame
}

/// The messages of output that comes in pieces of this size.
fn split(output: &[u8], size: usize) -> Vec<String> {
    let (mut splitter, mut messages) = (Splitter::default(), Vec::new());
    for part in output.chunks(size) {
        splitter.push(part, &mut messages);
    }
    splitter.finish(&mut messages);
    assert!(!splitter.is_pending());
    messages
}

fn check(output: &[u8], messages: &[&str]) {
    for size in [1, 2, 3, 5, 7, 16, 17, 64, 4096] {
        assert_eq!(split(output, size), messages, "in pieces of {size}");
    }
}

#[test]
fn lines() {
    check(b"", &[]);
    check(b"one\ntwo\r\n\nlast", &["one", "two", "", "last"]);
    check("grün\n\u{5940}Z".as_bytes(), &["grün", "\u{5940}Z"]);
    check(b"\xff\xa5x\n", &["\u{fffd}\u{fffd}x"]);
    check(b"\xa5\n\xa5\x5a\n\xa5", &["\u{fffd}", "\u{fffd}Z", "\u{fffd}"]);
}

#[test]
fn frames_are_messages_however_many_lines_they_have() {
    let mut output = b"raw\nbegun".to_vec();
    output.extend(frame(b"a\nb\n"));
    output.extend(frame(b""));
    output.extend(frame(b"c"));
    output.extend_from_slice(b"raw again");
    check(&output, &["raw", "begun", "a\nb", "", "c", "raw again"]);
}

#[test]
fn a_frame_that_breaks_off_is_not_lost() {
    let whole = frame(b"half of it");
    check(&whole[..20], &["half"]);
    assert_eq!(split(&whole[..10], 3).len(), 1);
}

#[test]
fn what_is_too_long_becomes_several_messages_between_characters() {
    let long = "ä".repeat(MESSAGE_BYTES_MAX);
    for output in [long.clone().into_bytes(), frame(long.as_bytes())] {
        let messages = split(&output, 4096);
        assert_eq!(messages.concat(), long);
        assert!(messages.iter().all(|message| message.len() <= MESSAGE_BYTES_MAX), "each fits");
    }
    let bytes = vec![0x80_u8; MESSAGE_BYTES_MAX + 1];
    assert_eq!(split(&bytes, 4096).concat().chars().count(), MESSAGE_BYTES_MAX + 1);
}
