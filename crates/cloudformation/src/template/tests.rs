//! What is read as which value, and what is refused in which words.

use super::{BODY_BYTES_MAX, DEPTH_MAX, Document, ParameterType, Template};
use crate::evaluate::Pseudo;
use crate::parameters::Parameters;
use crate::{TemplateError, Value};
use proptest::prelude::*;

fn text(value: &str) -> Value {
    Value::string(value)
}

fn number(value: &str) -> Value {
    Value::Number(value.to_owned())
}

/// The value of `M` in the metadata of a template in YAML.
#[track_caller]
fn in_yaml(value: &str) -> Value {
    let document = Document::read(&format!("Metadata:\n  M: {value}\n")).unwrap();
    document.root["Metadata"].get("M").unwrap().clone()
}

fn template(body: &str) -> Result<Template, TemplateError> {
    Template::new(&Document::read(body)?, &Parameters::default(), &Pseudo::default())
}

#[track_caller]
fn refused(body: &str, message: &str) {
    assert_eq!(template(body).unwrap_err().to_string(), message, "{body}");
}

#[test]
fn scalars_in_yaml() {
    let table = [
        ("text", text("text")),
        ("''", text("")),
        ("", Value::Null),
        ("~", Value::Null),
        ("null", Value::Null),
        ("'null'", text("null")),
        ("yes", Value::Boolean(true)),
        ("No", Value::Boolean(false)),
        ("ON", Value::Boolean(true)),
        ("off", Value::Boolean(false)),
        ("true", Value::Boolean(true)),
        ("\"true\"", text("true")),
        ("tRue", text("tRue")),
        ("y", text("y")),
        ("5", number("5")),
        ("-5", number("-5")),
        ("1.10", number("1.10")),
        ("1e3", number("1e3")),
        ("012345678901", text("012345678901")),
        ("0x1F", text("0x1F")),
        ("1:30", text("1:30")),
        ("1_000", text("1_000")),
        (".5", text(".5")),
        (".inf", text(".inf")),
        ("2010-09-09", text("2010-09-09")),
        ("!!str 5", text("5")),
        ("!!int 5", number("5")),
        ("! 5", text("5")),
        ("|\n    a\n    b", text("a\nb\n")),
        (">-\n    a\n    b", text("a b")),
        ("&anchor x", text("x")),
        ("arn:aws:sqs:us-east-1:000000000000:q", text("arn:aws:sqs:us-east-1:000000000000:q")),
    ];
    for (written, expected) in table {
        assert_eq!(in_yaml(written), expected, "{written}");
    }
}

#[test]
fn short_forms() {
    let call = |name: &str, argument| Value::map([(name, argument)]);
    let list = |items: &[&str]| Value::List(items.iter().map(|item| text(item)).collect());
    let table = [
        ("!Ref Queue", call("Ref", text("Queue"))),
        ("!Ref AWS::Region", call("Ref", text("AWS::Region"))),
        ("!Condition Is", call("Condition", text("Is"))),
        ("!GetAtt Queue.Arn", call("Fn::GetAtt", list(&["Queue", "Arn"]))),
        ("!GetAtt Nested.Outputs.Arn", call("Fn::GetAtt", list(&["Nested", "Outputs.Arn"]))),
        ("!GetAtt [Queue, Arn]", call("Fn::GetAtt", list(&["Queue", "Arn"]))),
        ("!Sub 'a-${B}'", call("Fn::Sub", text("a-${B}"))),
        (
            "!Sub ['${A}', {A: 1}]",
            call("Fn::Sub", Value::List(vec![text("${A}"), Value::map([("A", number("1"))])])),
        ),
        ("!Join ['-', [a, b]]", call("Fn::Join", Value::List(vec![text("-"), list(&["a", "b"])]))),
        ("!If [Is, a, b]", call("Fn::If", list(&["Is", "a", "b"]))),
        ("!GetAZs ''", call("Fn::GetAZs", text(""))),
        ("!Base64 5", call("Fn::Base64", text("5"))),
        ("!Not [!Condition Is]", call("Fn::Not", Value::List(vec![call("Condition", text("Is"))]))),
        ("!ImportValue name", call("Fn::ImportValue", text("name"))),
        ("!Transform {Name: T}", call("Fn::Transform", Value::map([("Name", text("T"))]))),
    ];
    for (written, expected) in table {
        assert_eq!(in_yaml(written), expected, "{written}");
    }
}

#[test]
fn both_forms_read_the_same() {
    let json = r#"{"Metadata": {"a": [1, -2.50, true, null, "x\u00e9\n", {"b": {}}], "c": []}}"#;
    let yaml = "Metadata:\n  a: [1, -2.50, true, null, \"x\\u00e9\\n\", {b: {}}]\n  c: []\n";
    assert_eq!(Document::read(json), Document::read(yaml));
    assert_eq!(Document::read(&format!("\u{feff}{json}")), Document::read(yaml));
    let last = Document::read(r#"{"Metadata": {"a": 1, "a": 2}}"#).unwrap();
    assert_eq!(last.root["Metadata"].get("a"), Some(&number("2")));
    assert_eq!(Document::read("Metadata:\n  a: 1\n  a: 2\n"), Ok(last));
}

#[test]
fn what_is_no_document() {
    let deep = DEPTH_MAX + 2;
    let table = [
        (
            "{\n  \"a\": 1,\n  b\n}".to_owned(),
            "Template format error: JSON not well-formed. (line 3, column 3)",
        ),
        ("{} x".to_owned(), "Template format error: JSON not well-formed. (line 1, column 4)"),
        ("a: b\n  c: d\n".to_owned(), "Template format error: YAML not well-formed. (line 2, column 4)"),
        ("a: [1, 2\n".to_owned(), "Template format error: YAML not well-formed. (line 1, column 4)"),
        ("a: !Nope b\n".to_owned(), "Template format error: YAML not well-formed. (line 1, column 10)"),
        ("a: !!binary Zg==\n".to_owned(), "Template format error: YAML not well-formed. (line 1, column 13)"),
        ("a: 1\n---\nb: 2\n".to_owned(), "Template format error: YAML not well-formed. (line 3, column 1)"),
        ("<<: {a: b}\n".to_owned(), "Template format error: YAML not well-formed. (line 1, column 1)"),
        ("? [a]\n: b\n".to_owned(), "Template format error: YAML not well-formed. (line 1, column 3)"),
        (
            "a: &x {b: c}\nd: *x\n".to_owned(),
            "Template error: YAML aliases are not allowed in CloudFormation templates",
        ),
        (String::new(), "Template format error: unsupported structure."),
        ("text".to_owned(), "Template format error: unsupported structure."),
        ("[1]".to_owned(), "Template format error: unsupported structure."),
        (
            "Resources:\n  Q:\n    Type:\n".to_owned(),
            "[/Resources/Q/Type] 'null' values are not allowed in templates",
        ),
        (
            format!("{{\"a\": {}{}}}", "[".repeat(deep), "]".repeat(deep)),
            "Template format error: objects and lists nest deeper than 64 levels.",
        ),
        (
            format!("a: {}{}", "[".repeat(deep), "]".repeat(deep)),
            "Template format error: objects and lists nest deeper than 64 levels.",
        ),
        ("a: ".to_owned() + &"x".repeat(BODY_BYTES_MAX), "Template may not exceed 1048576 bytes in size."),
    ];
    for (body, message) in table {
        let shown: String = body.chars().take(80).collect();
        assert_eq!(Document::read(&body).unwrap_err().to_string(), message, "{shown}");
    }
}

const QUEUE: &str = "\nResources:\n  Q:\n    Type: AWS::SQS::Queue\n";

/// Sections, and what is said of them.
const NO_SECTION: &[(&str, &str)] = &[
    ("Foo: 1\nBar: 2", "Invalid template property or properties [Bar, Foo]"),
    (
        "AWSTemplateFormatVersion: '2011-01-01'",
        "Template format error: unsupported value for AWSTemplateFormatVersion.",
    ),
    ("Description: 5", "Template format error: Description must be a string."),
    ("Conditions: 5", "Template format error: Conditions must be an object."),
    (
        "Mappings:\n  a-b: {c: {d: e}}",
        "Template format error: Mappings attribute name 'a-b' must contain only alphanumeric characters.",
    ),
    (
        "Mappings:\n  a: {c: {d: {e: f}}}",
        "Template format error: Every Mappings attribute must be a String or a List.",
    ),
    ("Parameters:\n  P: {}", "Template format error: Every Parameters object must contain a Type member."),
    ("Parameters:\n  P: {Type: Foo}", "Template format error: Unrecognized parameter type: Foo"),
    ("Parameters:\n  P-: {Type: String}", "Template format error: Parameter name P- is non alphanumeric."),
    ("Parameters:\n  P: {Type: String, Foo: 1}", "Invalid template parameter property 'Foo'"),
    (
        "Parameters:\n  P: {Type: String, Default: [a]}",
        "Template format error: Every Default member must be a string.",
    ),
    (
        "Parameters:\n  P: {Type: Number, MinValue: x}",
        "Template format error: Every MinValue member must be a number.",
    ),
    (
        "Parameters:\n  P: {Type: String, AllowedValues: x}",
        "Template format error: Every AllowedValues member must be a list of strings.",
    ),
    ("Outputs:\n  O: {}", "Template format error: Every Outputs member must contain a Value object"),
    ("Outputs:\n  O: {Value: a, Foo: b}", "Invalid template output property 'Foo'"),
    (
        "Outputs:\n  O: {Value: a, Export: {}}",
        "Template format error: Output O is malformed: Export must contain a Name member.",
    ),
    (
        "Outputs:\n  O: {Value: a, Export: {Name: x}}\n  P: {Value: a, Export: {Name: x}}",
        "Template format error: Duplicate export names [x] in the Outputs block of the template",
    ),
    (
        "Outputs:\n  O: {Value: a, Condition: Missing}",
        "Template format error: Unresolved condition dependency Missing in the Outputs block of the template",
    ),
    (
        "Outputs:\n  O: {Value: !Ref No}",
        "Template format error: Unresolved resource dependencies [No] in the Outputs block of the template",
    ),
    (
        "Outputs:\n  O: {Value: !GetAtt No.Arn}",
        "Template error: instance of Fn::GetAtt references undefined resource No",
    ),
    (
        "Outputs:\n  O: {Value: !Sub '${No.Arn}'}",
        "Template error: instance of Fn::Sub references invalid resource attribute No.Arn",
    ),
    (
        "Outputs:\n  O: {Value: !Sub '${N-o}'}",
        "Template error: variable names in Fn::Sub syntax must contain only alphanumeric characters, underscores, periods, and colons",
    ),
    (
        "Outputs:\n  O: {Value: !Sub {a: b}}",
        "Template error: One or more Fn::Sub intrinsic functions don't specify expected arguments. Specify a string as first argument, and an optional second argument to specify a mapping of values to replace in the string",
    ),
    (
        "Outputs:\n  O: {Value: !GetAtt Q}",
        "Template error: every Fn::GetAtt object requires two non-empty parameters, the resource name and the resource attribute",
    ),
    (
        "Outputs:\n  O: {Value: {Ref: [a]}}",
        "Template error: every Ref object must have a single String value.",
    ),
    (
        "Outputs:\n  O: {Value: !If [a]}",
        "Template error: Fn::If requires a list argument with the first element being a condition",
    ),
    (
        "Conditions:\n  C: !Equals [!Ref Q, a]",
        "Template format error: Unresolved dependencies [Q]. Cannot reference resources in the Conditions block of the template",
    ),
    (
        "Conditions:\n  C: !Not [!Condition D]",
        "Template format error: Unresolved condition dependency D in the Conditions block of the template",
    ),
    ("Transform: Foo", "No transform named Foo found."),
    ("Transform: [AWS::LanguageExtensions, {Name: Bar}]", "No transform named Bar found."),
];

#[test]
fn what_is_no_template() {
    for (section, message) in NO_SECTION {
        refused(&format!("{section}{QUEUE}"), message);
    }
    refused("Description: x", "Template format error: At least one Resources member must be defined.");
    refused(
        &format!("Description: {}{QUEUE}", "x".repeat(1025)),
        "Template format error: 'Description' length is greater than 1024.",
    );
    let many: String = (0..501).map(|place| format!("  Q{place}: {{Type: A}}\n")).collect();
    refused(
        &format!("Resources:\n{many}"),
        "Template format error: Number of resources, 501, is greater than maximum allowed, 500",
    );
    let many: String = (0..201).map(|place| format!("  P{place}: {{Type: String}}\n")).collect();
    refused(
        &format!("Parameters:\n{many}{QUEUE}"),
        "Template format error: Number of parameters, 201, is greater than maximum allowed, 200",
    );
}

#[test]
fn what_is_no_resource() {
    let table = [
        ("Q: 5", "Template format error: [/Resources/Q] must be an object."),
        ("Q: {}", "Template format error: [/Resources/Q] Every Resources object must contain a Type member."),
        ("my-queue: {Type: A}", "Template format error: Resource name my-queue is non alphanumeric."),
        ("Q: {Type: A, Tags: []}", "Invalid template resource property 'Tags'"),
        (
            "Q: {Type: A, Properties: []}",
            "Template format error: [/Resources/Q/Properties] must be an object.",
        ),
        ("Q: {Type: A, DependsOn: {}}", "Template format error: Every DependsOn value must be a string."),
        (
            "Q: {Type: A, DependsOn: [X, Y, Q]}",
            "Template format error: Unresolved resource dependencies [X, Y] in the Resources block of the template",
        ),
        (
            "Q: {Type: A, Condition: C}",
            "Template format error: Unresolved condition dependency C in the Resources block of the template",
        ),
        (
            "Q: {Type: A, DeletionPolicy: Keep}",
            "Template format error: Unrecognized DeletionPolicy Keep for resource Q",
        ),
        (
            "Q: {Type: A, Properties: {a: !Ref b, c: !Sub '${d}'}}",
            "Template format error: Unresolved resource dependencies [b, d] in the Resources block of the template",
        ),
        (
            "Q: {Type: A, Properties: {a: !If [C, 1, 2]}}",
            "Template format error: Unresolved condition dependency C in the Resources block of the template",
        ),
        (
            "Q: {Type: A, Properties: {a: {'Fn::Foo': 1}}}",
            "Template format error: Encountered unsupported function: Fn::Foo Supported functions are: [Fn::Base64, Fn::GetAtt, Fn::GetAZs, Fn::ImportValue, Fn::Join, Fn::Split, Fn::FindInMap, Fn::Select, Ref, Fn::Equals, Fn::If, Fn::Not, Condition, Fn::And, Fn::Or, Fn::Contains, Fn::EachMemberEquals, Fn::EachMemberIn, Fn::ValueOf, Fn::ValueOfAll, Fn::RefAll, Fn::Sub, Fn::Cidr]",
        ),
    ];
    for (resource, message) in table {
        refused(&format!("Resources:\n  {resource}\n"), message);
    }
    for unsupported in ["Fn::Transform", "Fn::Length", "Fn::ToJsonString"] {
        let body = format!("Resources:\n  Q: {{Type: A, Properties: {{a: {{'{unsupported}': []}}}}}}\n");
        let error = template(&body).unwrap_err();
        assert_eq!(error, TemplateError::UnsupportedFunction(unsupported.to_owned()));
    }
}

#[test]
fn whole_templates_are_read() {
    let read = template(
        "AWSTemplateFormatVersion: 2010-09-09\nDescription: d\nMetadata: {a: null}\nParameters:\n  P: {Type: String}\n\
         Mappings: {M: {k-1: {a: [x]}}}\nConditions:\n  C: !Equals [!Ref P, a]\n  D: !And [!Condition C, !Not [!Condition C]]\n\
         Resources:\n  Q:\n    Type: AWS::SQS::Queue\n    Condition: C\n    DependsOn: R\n    DeletionPolicy: Retain\n    \
         Properties:\n      Policy: {Condition: {StringEquals: {a: b}}}\n  R:\n    Type: Custom::R\n    CreationPolicy: {}\n\
         Outputs:\n  O: {Value: !GetAtt Q.Arn, Export: {Name: !Sub '${AWS::StackName}-q'}, Condition: C}\n",
    )
    .unwrap();
    assert_eq!(read.description.as_deref(), Some("d"));
    assert_eq!(read.resources["Q"].depends_on, ["R"]);
    assert_eq!(read.resources["Q"].condition.as_deref(), Some("C"));
    assert_eq!(read.resources["Q"].deletion_policy, Some(text("Retain")));
    assert_eq!(read.resources["R"].properties, Value::empty());
    assert!(read.outputs["O"].export.is_some());
}

#[test]
fn types_of_parameters() {
    let table = [
        ("String", Some(ParameterType::String)),
        ("Number", Some(ParameterType::Number)),
        ("List<Number>", Some(ParameterType::NumberList)),
        ("CommaDelimitedList", Some(ParameterType::StringList)),
        ("AWS::EC2::VPC::Id", Some(ParameterType::String)),
        ("AWS::EC2::KeyPair::KeyName", Some(ParameterType::String)),
        ("List<AWS::EC2::Subnet::Id>", Some(ParameterType::StringList)),
        ("AWS::SSM::Parameter::Name", Some(ParameterType::StoreName)),
        ("AWS::SSM::Parameter::Value<String>", Some(ParameterType::StoreValue { is_list: false })),
        ("AWS::SSM::Parameter::Value<List<String>>", Some(ParameterType::StoreValue { is_list: true })),
        ("AWS::SSM::Parameter::Value<CommaDelimitedList>", Some(ParameterType::StoreValue { is_list: true })),
        (
            "AWS::SSM::Parameter::Value<AWS::EC2::Image::Id>",
            Some(ParameterType::StoreValue { is_list: false }),
        ),
        ("AWS::SSM::Parameter::Value<Number>", None),
        ("List<List<String>>", None),
        ("string", None),
        ("Boolean", None),
    ];
    for (name, expected) in table {
        let read = Document::read(&format!("Parameters:\n  P: {{Type: '{name}'}}{QUEUE}"));
        assert_eq!(read.ok().map(|read| read.parameters["P"].parameter_type.clone()), expected, "{name}");
    }
}

proptest! {
    /// Whatever is read comes back when it is written.
    #[test]
    fn what_is_read_comes_back(value in values()) {
        let document = Document::read(&Value::map([("Metadata", value)]).to_json()).unwrap();
        let again = Document::read(&Value::Map(document.root.clone()).to_json()).unwrap();
        prop_assert_eq!(document, again);
    }

    /// JSON is YAML, but for what YAML takes for something else: only the first character tells them apart.
    #[test]
    fn json_is_yaml(value in values()) {
        let json = Value::map([("Metadata", value)]).to_json();
        let read = Document::read(&json).unwrap();
        prop_assert_eq!(Document::read(&format!("--- {json}")).unwrap(), read);
    }

    #[test]
    fn nothing_panics(text in "[ -~\n]{0,200}") {
        let _ = template(&text);
    }
}

fn values() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Boolean),
        any::<i32>().prop_map(|number| Value::Number(number.to_string())),
        "[a-zA-Z0-9 :#*&!|>{}'\"\\\\,-]{0,12}".prop_map(Value::String),
    ];
    leaf.prop_recursive(4, 32, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::List),
            prop::collection::btree_map("[a-zA-Z0-9 :#*!-]{0,8}", inner, 0..4).prop_map(Value::Map),
        ]
    })
}
