//! A filter pattern of CloudWatch Logs on the first line, a message below. White space around a pattern changes nothing; one
//! word means the messages that have it; and what asks for members means no message that is not JSON.

use serde_json::Value;
use services::logs::pattern::Pattern;

/// See the module.
pub fn target(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let (pattern, message) = text.split_once('\n').unwrap_or((text, ""));
    let Ok(compiled) = Pattern::parse(pattern) else { return };
    let matches = compiled.matches(message);
    let spaced = format!("  {pattern}\t");
    if let Ok(spaced) = Pattern::parse(&spaced) {
        assert_eq!(spaced.matches(message), matches);
    }
    let word = pattern.trim();
    if word.is_empty() {
        assert!(matches);
    } else if word.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        assert_eq!(matches, message.contains(word));
    }
    if word.starts_with('{') && serde_json::from_str::<Value>(message).is_err() {
        assert!(!matches);
    }
}
