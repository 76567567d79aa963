//! What a function prints, lines and frames: the messages are the same however the output is cut up, and of lines alone
//! nothing is lost.

use runtime::fuzzing::messages;

/// See the module.
pub fn target(data: &[u8]) {
    let Some((size, output)) = data.split_first() else { return };
    let whole = messages(output, output.len());
    assert_eq!(messages(output, usize::from(*size)), whole);
    assert_eq!(messages(output, 1), whole);
    if !output.contains(&0xa5) {
        let mut lines: Vec<&[u8]> = output.split(|byte| *byte == b'\n').collect();
        // What stands behind the last line feed is a message where there is something.
        if lines.last().is_some_and(|last| last.is_empty()) {
            lines.pop();
        }
        let count = lines.len();
        let naive = lines.iter().enumerate().map(|(place, line)| {
            let is_ended = place + 1 < count || output.ends_with(b"\n");
            let line = if is_ended { line.strip_suffix(b"\r").unwrap_or(line) } else { line };
            String::from_utf8_lossy(line).into_owned()
        });
        assert_eq!(whole, naive.collect::<Vec<_>>());
    }
}
