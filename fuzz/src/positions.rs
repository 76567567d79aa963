//! Positions in a stream: what is taken is, but for the order of its parts, what is written again.

use streams::Positions;

/// See the module.
pub fn target(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Ok(positions) = text.parse::<Positions>() else { return };
    let mut parts: Vec<&str> = text.split(',').collect();
    parts.sort_unstable();
    let written = positions.to_string();
    assert_eq!(written, parts.join(","));
    assert_eq!(written.parse::<Positions>().as_ref(), Ok(&positions));
    assert_eq!((positions.len(), positions.is_empty()), (parts.len(), false));
    assert_eq!(positions.lowest(), positions.iter().map(|(_, number)| number).min());
}
