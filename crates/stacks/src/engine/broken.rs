//! What is known of a resource whose update failed: of each property, that it is what it was, or what it was to become.

use cloudformation::{Map, Value};

/// The properties `first`, but for those that are as in `wanted`, which are as in `second`. Providers change what differs: where
/// either may be there and `wanted` is to be, this differs in whatever may have to be changed.
pub(super) fn differing(first: &Value, wanted: &Value, second: &Value) -> Value {
    let names = [first, second].into_iter().filter_map(Value::as_map).flat_map(Map::keys);
    let member = |name: &String| {
        let same = match (first.get(name), wanted.get(name)) {
            (Some(first), Some(wanted)) => first.same(wanted),
            (first, wanted) => first.is_none() && wanted.is_none(),
        };
        let value = if same { second.get(name) } else { first.get(name) };
        Some((name.clone(), value?.clone()))
    };
    Value::Map(names.filter_map(member).collect())
}

#[cfg(test)]
mod tests {
    use super::differing;
    use cloudformation::Value;

    #[test]
    fn what_may_be_there_differs_from_what_is_wanted() {
        let properties = |json: &str| Value::from_json(json).unwrap();
        let was = properties(r#"{"Same":1,"Back":1,"On":1,"Gone":1}"#);
        let broken = properties(r#"{"Same":1,"Back":2,"On":2,"New":2}"#);
        let wanted = properties(r#"{"Same":1,"Back":1,"On":2,"Gone":1}"#);
        assert_eq!(
            differing(&was, &wanted, &broken).to_json(),
            r#"{"Back":2,"New":2,"On":1,"Same":1}"#,
            "gone, new and what goes back differ by what failed, what goes on by what was"
        );
    }
}
