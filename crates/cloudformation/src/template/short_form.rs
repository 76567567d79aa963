//! The short forms of functions in YAML: `!Ref x` for `{"Ref": "x"}`.

use crate::Value;

/// The functions that have one, by their names after `!` and, where it is not `Fn::` before that, in full.
const FUNCTIONS: &[&str] = &[
    "And",
    "Base64",
    "Cidr",
    "Contains",
    "EachMemberEquals",
    "EachMemberIn",
    "Equals",
    "FindInMap",
    "GetAZs",
    "GetAtt",
    "If",
    "ImportValue",
    "Join",
    "Length",
    "Not",
    "Or",
    "RefAll",
    "Select",
    "Split",
    "Sub",
    "ToJsonString",
    "Transform",
    "ValueOf",
    "ValueOfAll",
];

/// The long form; none for a tag that is no function's.
pub(super) fn expand(tag: &str, argument: Value) -> Option<Value> {
    match tag {
        "Ref" | "Condition" => Some(Value::map([(tag, argument)])),
        "GetAtt" => Some(Value::map([("Fn::GetAtt", attribute(argument))])),
        _ if FUNCTIONS.contains(&tag) => Some(Value::map([(format!("Fn::{tag}").as_str(), argument)])),
        _ => None,
    }
}

/// `a.b.c` is attribute `b.c` of `a`.
fn attribute(argument: Value) -> Value {
    let Some((resource, attribute)) = argument.as_str().and_then(|text| text.split_once('.')) else {
        return argument;
    };
    Value::List(vec![Value::string(resource), Value::string(attribute)])
}
