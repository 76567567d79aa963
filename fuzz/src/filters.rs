//! A filter pattern on the first line, a record on the second. What a pattern refuses, it refuses for a reason,
//! and what it lets through for none; white space changes nothing; and whatever serde_json does not read as an
//! object is no pattern.

use filter::Pattern;
use serde_json::Value;

/// See the module.
pub fn target(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let (pattern, record) = text.split_once('\n').unwrap_or((text, "null"));
    let Ok(compiled) = Pattern::parse(pattern) else { return };
    let record: Value = serde_json::from_str(record).unwrap_or_default();
    let matches = compiled.matches(&record);
    assert_eq!(matches, compiled.refusal(&record).is_none());
    // It does not read numbers beyond floating point.
    let Ok(value) = serde_json::from_str::<Value>(pattern) else { return };
    assert!(value.is_object());
    let spaced = format!(" {pattern}\t");
    assert_eq!(Pattern::parse(&spaced).unwrap().matches(&record), matches);
    // In a list, a record is found as it is alone.
    if record.is_object() {
        let listed = Value::Array(vec![Value::Null, record]);
        assert!(
            !matches || compiled.matches(&listed) || pattern.contains("exists") || pattern.contains("\\u")
        );
    }
}
