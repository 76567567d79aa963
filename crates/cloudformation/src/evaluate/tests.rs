//! A table for each function.

use super::{Context, Evaluation, Lookup, Pseudo};
use crate::parameters::{EmptyStore, Given, Parameters};
use crate::template::{Document, Template};
use crate::{Reference, TemplateError, Value};
use proptest::prelude::*;
use std::collections::BTreeMap;

/// A queue that is there, and an export.
struct World;

impl Context for World {
    fn reference(&self, resource: &str) -> Lookup {
        match resource {
            "There" => Lookup::Known(Value::string("url")),
            _ => Lookup::Unknown,
        }
    }

    fn attribute(&self, resource: &str, attribute: &str) -> Lookup {
        match (resource, attribute) {
            ("There", "Arn") => Lookup::Known(Value::string("arn")),
            ("There", _) => Lookup::NoSuchAttribute,
            _ => Lookup::Unknown,
        }
    }

    fn export(&self, name: &str) -> Option<String> {
        (name == "shared").then(|| "imported".to_owned())
    }
}

fn pseudo() -> Pseudo {
    Pseudo {
        account: "123456789012".to_owned(),
        region: "eu-west-1".to_owned(),
        stack_id: "arn:stack".to_owned(),
        stack_name: "Orders".to_owned(),
        notification_arns: vec!["arn:topic".to_owned()],
    }
}

const HEAD: &str = "
Parameters:
  Text: {Type: String, Default: hello}
  Size: {Type: Number, Default: 5}
  Names: {Type: CommaDelimitedList, Default: 'a, b,c'}
Mappings:
  Regions: {eu-west-1: {name: Ireland, list: [x, y]}}
Conditions:
  Holds: !Equals [!Ref Text, hello]
  Fails: !Not [!Condition Holds]
Resources:
  There: {Type: AWS::SQS::Queue}
  Coming: {Type: AWS::SQS::Queue}
  Left: {Type: AWS::SQS::Queue, Condition: Fails}
";

/// What a value evaluates to; `head` goes before the sections that all have.
fn evaluated(head: &str, value: &str) -> Result<Option<Value>, TemplateError> {
    let document = Document::read(&format!("{head}{HEAD}Metadata:\n  M: {value}\n"))?;
    let parameters =
        Parameters::resolve(&document.parameters, &BTreeMap::new(), &BTreeMap::new(), &EmptyStore)?;
    let pseudo = pseudo();
    let template = Template::new(&document, &parameters, &pseudo)?;
    let evaluation = Evaluation::new(&template, &parameters, &pseudo)?;
    evaluation.value(template.metadata.get("M").unwrap(), &World)
}

const EXTENDED: &str = "Transform: AWS::LanguageExtensions";

#[track_caller]
fn gives(value: &str, json: &str) {
    let found = evaluated(EXTENDED, value).unwrap().unwrap();
    assert_eq!(found.to_json(), json, "{value}");
}

#[track_caller]
fn fails(value: &str, message: &str) {
    assert_eq!(evaluated(EXTENDED, value).unwrap_err().to_string(), message, "{value}");
}

#[track_caller]
fn waits(value: &str, references: &[(&str, Option<&str>)]) {
    let expected = references.iter().map(|(resource, attribute)| Reference {
        resource: (*resource).to_owned(),
        attribute: attribute.map(ToOwned::to_owned),
    });
    let expected = Value::Unknown(expected.collect());
    assert_eq!(evaluated(EXTENDED, value).unwrap(), Some(expected), "{value}");
}

#[test]
fn reference() {
    gives("!Ref Text", r#""hello""#);
    gives("!Ref Size", r#""5""#);
    gives("!Ref Names", r#"["a","b","c"]"#);
    gives("!Ref There", r#""url""#);
    gives("!Ref AWS::AccountId", r#""123456789012""#);
    gives("!Ref AWS::Region", r#""eu-west-1""#);
    gives("!Ref AWS::StackId", r#""arn:stack""#);
    gives("!Ref AWS::StackName", r#""Orders""#);
    gives("!Ref AWS::Partition", r#""aws""#);
    gives("!Ref AWS::URLSuffix", r#""amazonaws.com""#);
    gives("!Ref AWS::NotificationARNs", r#"["arn:topic"]"#);
    waits("!Ref Coming", &[("Coming", None)]);
    fails("!Ref [a]", "Template error: every Ref object must have a single String value.");
    fails(
        "!Ref Left",
        "Template format error: Unresolved resource dependencies [Left] in the Resources block of the template",
    );
}

#[test]
fn no_value_takes_away() {
    assert_eq!(evaluated("", "!Ref AWS::NoValue"), Ok(None));
    gives("{a: !Ref AWS::NoValue, b: 1}", r#"{"b":1}"#);
    gives("[a, !Ref AWS::NoValue, b]", r#"["a","b"]"#);
    gives("{a: !If [Fails, x, !Ref AWS::NoValue]}", "{}");
    gives("!Join ['-', [a, !Ref AWS::NoValue, b]]", r#""a-b""#);
    gives("{Ref: a, b: c}", r#"{"Ref":"a","b":"c"}"#);
}

#[test]
fn get_att() {
    gives("!GetAtt There.Arn", r#""arn""#);
    gives("{'Fn::GetAtt': There.Arn}", r#""arn""#);
    gives("!GetAtt [There, !Select [0, [Arn]]]", r#""arn""#);
}

#[test]
fn get_att_fails_and_waits() {
    waits("!GetAtt Coming.Arn", &[("Coming", Some("Arn"))]);
    fails(
        "!GetAtt There.Foo",
        "Template error: resource There does not support attribute type Foo in Fn::GetAtt",
    );
    let message = "Template error: every Fn::GetAtt object requires two non-empty parameters, the resource name and the resource attribute";
    for wrong in ["!GetAtt There", "!GetAtt []", "!GetAtt [There, '']", "!GetAtt [a, b, c]", "!GetAtt {a: b}"]
    {
        fails(wrong, message);
    }
}

#[test]
fn sub() {
    gives("!Sub plain", r#""plain""#);
    gives("!Sub '${Text}-${AWS::Region}-${There}-${There.Arn}'", r#""hello-eu-west-1-url-arn""#);
    gives("!Sub '${!Text} $ ${open'", r#""${Text} $ ${open""#);
}

#[test]
fn sub_with_variables() {
    gives("!Sub ['${a}${Text}', {a: !Ref Size}]", r#""5hello""#);
    gives("!Sub ['${Text}', {Text: mine}]", r#""mine""#);
    gives("!Sub ['${a.b}', {a.b: dotted}]", r#""dotted""#);
    gives("!Sub [x]", r#""x""#);
    gives("!Sub 'a${AWS::NoValue}b'", r#""ab""#);
    waits("!Sub '${Coming}/${Coming.Arn}'", &[("Coming", None), ("Coming", Some("Arn"))]);
    fails(
        "!Sub '${Names}'",
        "Template error: variable Names in Fn::Sub expression does not resolve to a string",
    );
    let message = "Template error: variable names in Fn::Sub syntax must contain only alphanumeric characters, underscores, periods, and colons";
    fails("!Sub '${a b}'", message);
    fails("!Sub '${}'", message);
    let message = "Template error: One or more Fn::Sub intrinsic functions don't specify expected arguments. Specify a string as first argument, and an optional second argument to specify a mapping of values to replace in the string";
    for wrong in ["!Sub []", "!Sub [a, b]", "!Sub [a, {}, {}]", "!Sub {a: b}"] {
        fails(wrong, message);
    }
}

#[test]
fn join() {
    gives("!Join ['', []]", r#""""#);
    gives("!Join [', ', [a, 5, true, !Ref Text]]", r#""a, 5, true, hello""#);
    gives("!Join [':', !Ref Names]", r#""a:b:c""#);
    gives("!Join [':', !Split [',', 'x,y']]", r#""x:y""#);
    waits("!Join ['-', [a, !Ref Coming, !GetAtt Coming.Arn]]", &[("Coming", None), ("Coming", Some("Arn"))]);
    let message = "Template error: every Fn::Join object requires two parameters, (1) a string delimiter and (2) a list of strings to be joined or a function that returns a list of strings (such as Fn::GetAZs) to be joined.";
    for wrong in [
        "!Join [a]",
        "!Join [a, b]",
        "!Join [[a], [b]]",
        "!Join ['', [[a]]]",
        "!Join ['', [], x]",
        "!Join ['', [{a: b}]]",
    ] {
        fails(wrong, message);
    }
}

#[test]
fn split() {
    gives("!Split ['|', 'a|b||c']", r#"["a","b","","c"]"#);
    gives("!Split ['--', 'a--b']", r#"["a","b"]"#);
    gives("!Split [',', '']", r#"[""]"#);
    waits("!Split ['|', !Ref Coming]", &[("Coming", None)]);
    let message = "Template error: every Fn::Split object requires two parameters, (1) a string delimiter and (2) a string to be split or a function that returns a string to be split.";
    for wrong in ["!Split ['', a]", "!Split [a]", "!Split [a, [b]]", "!Split a"] {
        fails(wrong, message);
    }
}

#[test]
fn select() {
    gives("!Select [1, [a, b]]", r#""b""#);
    gives("!Select ['0', !Ref Names]", r#""a""#);
    gives("!Select [1, [a, {b: c}]]", r#"{"b":"c"}"#);
    gives("!Select [!Ref Size, [0, 1, 2, 3, 4, five]]", r#""five""#);
    waits("!Select [0, !Split [',', !Ref Coming]]", &[("Coming", None)]);
    assert_eq!(evaluated("", "!Select [0, [!Ref AWS::NoValue, a]]"), Ok(None));
    fails("!Select [2, [a, b]]", "Template error: Fn::Select cannot select nonexistent value at index 2");
    fails("!Select [-1, [a, b]]", "Template error: Fn::Select cannot select nonexistent value at index -1");
    let message =
        "Template error: Fn::Select requires a list argument with two elements: an integer index and a list";
    for wrong in ["!Select [0]", "!Select [x, [a]]", "!Select [0, a]", "!Select a"] {
        fails(wrong, message);
    }
}

#[test]
fn find_in_map() {
    gives("!FindInMap [Regions, !Ref AWS::Region, name]", r#""Ireland""#);
    gives("!FindInMap [Regions, eu-west-1, list]", r#"["x","y"]"#);
    gives("!FindInMap [Regions, x, name, {DefaultValue: !Ref Text}]", r#""hello""#);
    gives("!FindInMap [Fails, x, name, {DefaultValue: 1}]", "1");
    fails(
        "!FindInMap [Fails, x, name]",
        "Template error: Mapping named 'Fails' is not present in the 'Mappings' section of template.",
    );
    fails("!FindInMap [Regions, x, name]", "Template error: Unable to get mapping for Regions::x::name");
    let message = "Template error: every Fn::FindInMap object requires three parameters, the map name, map key and the attribute for return value";
    fails("!FindInMap [Regions, x]", message);
    fails("!FindInMap [Regions, x, y, z]", message);
    fails("!FindInMap [Regions, [x], y]", message);
    // Defaults are an extension.
    let error = evaluated("", "!FindInMap [Regions, x, name, {DefaultValue: 1}]").unwrap_err();
    assert_eq!(error.to_string(), message);
}

#[test]
fn branches() {
    gives("!If [Holds, a, b]", r#""a""#);
    gives("!If [Fails, a, !If [Holds, !Ref Text, c]]", r#""hello""#);
    gives("!If [Fails, !GetAtt There.Foo, fine]", r#""fine""#);
    let message = "Template error: Fn::If requires a list argument with the first element being a condition";
    for wrong in ["!If [Holds, a]", "!If [{a: b}, c, d]", "!If Holds"] {
        fails(wrong, message);
    }
    fails("!Equals [a, a]", "Template error: Fn::Equals cannot be partially collapsed");
}

#[test]
fn base64() {
    gives("!Base64 'hi there'", r#""aGkgdGhlcmU=""#);
    gives("!Base64 {'Fn::Sub': '${Text}'}", r#""aGVsbG8=""#);
    gives("!Base64 ''", r#""""#);
    waits("{'Fn::Base64': !Ref Coming}", &[("Coming", None)]);
    fails("!Base64 [a]", "Template error: every Fn::Base64 object must have a String-typed value.");
}

#[test]
fn cidr() {
    gives(
        "!Cidr [192.168.0.0/24, 6, 5]",
        r#"["192.168.0.0/27","192.168.0.32/27","192.168.0.64/27","192.168.0.96/27","192.168.0.128/27","192.168.0.160/27"]"#,
    );
    gives("!Cidr [10.0.0.0/16, 2]", r#"["10.0.0.0/24","10.0.1.0/24"]"#);
    gives("!Cidr ['2001:db8::/56', 2, 64]", r#"["2001:db8::/64","2001:db8:0:1::/64"]"#);
    gives("!Cidr [0.0.0.0/0, 2, 31]", r#"["0.0.0.0/1","128.0.0.0/1"]"#);
    waits("!Cidr [!GetAtt Coming.CidrBlock, 2, 8]", &[("Coming", Some("CidrBlock"))]);
    fails(
        "!Cidr [10.0.0.0/24, 2, 8]",
        "Template error: Fn::Cidr cannot take 2 blocks of 8 bits out of 10.0.0.0/24",
    );
    fails(
        "!Cidr [10.0.0.0/24, 2, 9]",
        "Template error: Fn::Cidr cannot take 2 blocks of 9 bits out of 10.0.0.0/24",
    );
    fails(
        "!Cidr [10.0.0.0/33, 2, 8]",
        "Template error: Fn::Cidr: 10.0.0.0/33 is not a block of IP addresses",
    );
    fails("!Cidr [x, 2, 8]", "Template error: Fn::Cidr: x is not a block of IP addresses");
    let message = "Template error: every Fn::Cidr object requires two or three parameters, (1) an IP address block, (2) the number of blocks, from 1 to 256, and (3) the number of subnet bits.";
    for wrong in ["!Cidr [10.0.0.0/8]", "!Cidr [10.0.0.0/8, 0, 8]", "!Cidr [10.0.0.0/8, 257, 8]", "!Cidr x"] {
        fails(wrong, message);
    }
}

#[test]
fn zones_and_imports() {
    gives("!GetAZs ''", r#"["eu-west-1a","eu-west-1b","eu-west-1c"]"#);
    gives("!Select [0, !GetAZs us-east-1]", r#""us-east-1a""#);
    fails("!GetAZs [a]", "Template error: every Fn::GetAZs object must have a String-typed value.");
    gives("!ImportValue shared", r#""imported""#);
    gives("{'Fn::ImportValue': !Sub shared}", r#""imported""#);
    fails("!ImportValue other", "No export named other found.");
    fails(
        "{'Fn::ImportValue': !Ref Coming}",
        "Template error: the attribute in Fn::ImportValue must not depend on any resources, imported values, or Fn::GetAZs",
    );
    fails("!ImportValue [a]", "Template error: every Fn::ImportValue object must have a String-typed value.");
}

#[test]
fn language_extensions() {
    gives("{'Fn::Length': [a, b]}", "2");
    gives("{'Fn::Length': !Ref Names}", "3");
    fails(
        "{'Fn::Length': a}",
        "Transform AWS::LanguageExtensions failed with: Fn::Length layout is incorrect",
    );
    gives("{'Fn::ToJsonString': {b: [1, true], a: !Ref Text}}", r#""{\"a\":\"hello\",\"b\":[1,true]}""#);
    waits("{'Fn::ToJsonString': {a: !Ref Coming}}", &[("Coming", None)]);
    fails(
        "{'Fn::ToJsonString': a}",
        "Transform AWS::LanguageExtensions failed with: Fn::ToJsonString layout is incorrect",
    );
    let without = evaluated("", "{'Fn::Length': [a]}").unwrap_err();
    assert_eq!(without, TemplateError::UnsupportedFunction("Fn::Length".to_owned()));
}

#[test]
fn what_evaluates_to_much_is_refused() {
    let (much, many) = ("x".repeat(2_000), "${a}".repeat(2_000));
    let message =
        "Template error: functions in one resource, output or condition evaluate to more than 1048576 bytes";
    fails(&format!("!Sub ['{many}', {{a: {much}}}]"), message);
    fails(&format!("!Join ['{much}', [{}]]", "a, ".repeat(2_000)), message);
    let mut doubled = "aa".to_owned();
    for _ in 0..20 {
        doubled = format!("{{'Fn::Sub': ['${{a}}${{a}}', {{a: {doubled}}}]}}");
    }
    fails(&doubled, message);
}

/// Whether condition `X` holds.
fn condition(value: &str) -> Result<bool, TemplateError> {
    let body = format!(
        "{}  X: {value}\n{}",
        &HEAD[..HEAD.find("Resources").unwrap()],
        &HEAD[HEAD.find("Resources").unwrap()..]
    );
    let document = Document::read(&body)?;
    let parameters =
        Parameters::resolve(&document.parameters, &BTreeMap::new(), &BTreeMap::new(), &EmptyStore)?;
    let pseudo = pseudo();
    let template = Template::new(&document, &parameters, &pseudo)?;
    let evaluation = Evaluation::new(&template, &parameters, &pseudo)?;
    Ok(evaluation.conditions()["X"])
}

#[test]
fn conditions() {
    let table = [
        ("!Equals [a, a]", true),
        ("!Equals [a, b]", false),
        ("!Equals [!Ref Size, 5]", true),
        ("!Equals ['', !Join ['', [a]]]", false),
        ("!Equals [!Join ['', !Ref Names], abc]", true),
        ("!Equals [!FindInMap [Regions, !Ref AWS::Region, name], Ireland]", true),
        ("!Equals [true, 'true']", true),
        ("!Not [!Equals [a, b]]", true),
        ("!And [!Condition Holds, !Equals [a, a]]", true),
        ("!And [!Condition Holds, !Condition Fails]", false),
        ("!Or [!Condition Fails, !Condition Holds]", true),
        ("!Or [!Condition Fails, !Equals [a, b]]", false),
        ("!Condition Fails", false),
        ("!Equals [!Select [1, !Split ['-', !Ref AWS::Region]], west]", true),
    ];
    for (written, expected) in table {
        assert_eq!(condition(written), Ok(expected), "{written}");
    }
    let table = [
        (
            "!And [!Condition Holds]",
            "Template error: every Fn::And object requires a list of at least 2 and at most 10 boolean parameters.",
        ),
        (
            "!Or x",
            "Template error: every Fn::Or object requires a list of at least 2 and at most 10 boolean parameters.",
        ),
        ("!Not []", "Template error: every Fn::Not object requires one boolean parameter."),
        ("!Equals [a]", "Template error: every Fn::Equals object requires a list of 2 string parameters."),
        ("!Condition X", "Template format error: Circular dependency between conditions: [X]"),
        ("text", "Template error: every Condition object requires one string parameter."),
        (
            "!Equals [!Ref There, a]",
            "Template format error: Unresolved dependencies [There]. Cannot reference resources in the Conditions block of the template",
        ),
    ];
    for (written, message) in table {
        assert_eq!(condition(written).unwrap_err().to_string(), message, "{written}");
    }
    let eleven = format!("!Or [{}]", ["!Condition Fails"; 11].join(", "));
    assert!(condition(&eleven).is_err());
}

#[test]
fn conditions_are_made_of_each_other_as_long_as_a_template_is() {
    let (opening, closing) = ("{\"Fn::Not\":[".repeat(28), "]}".repeat(28));
    let chain: String = (0..999)
        .map(|place| format!("\"C{place:04}\":{opening}{{\"Condition\":\"C{:04}\"}}{closing},", place + 1))
        .collect();
    let present = |last: &str| {
        let body = format!(
            r#"{{"Conditions":{{{chain}"C0999":{last}}},"Resources":{{"Q":{{"Type":"A"}},"R":{{"Type":"A","Condition":"C0000"}}}}}}"#
        );
        let (parameters, pseudo) = (Parameters::default(), Pseudo::default());
        let template = Template::new(&Document::read(&body)?, &parameters, &pseudo)?;
        let evaluation = Evaluation::new(&template, &parameters, &pseudo)?;
        Ok::<usize, TemplateError>(evaluation.resources().count())
    };
    assert_eq!(present(r#"{"Fn::Equals":["a","a"]}"#), Ok(2));
    assert_eq!(present(r#"{"Fn::Equals":["a","b"]}"#), Ok(1));
    assert!(matches!(present(r#"{"Condition":"C0500"}"#), Err(TemplateError::CircularConditions(_))));
}

/// The resources of a template with loops, as JSON.
fn looped(resources: &str) -> Result<String, TemplateError> {
    let body = format!(
        "{EXTENDED}\nParameters:\n  Names: {{Type: CommaDelimitedList, Default: 'a-1,b'}}\nMappings: {{M: {{k: {{l: [x]}}}}}}\nResources:\n{resources}"
    );
    let document = Document::read(&body)?;
    let parameters =
        Parameters::resolve(&document.parameters, &BTreeMap::new(), &BTreeMap::new(), &EmptyStore)?;
    let template = Template::new(&document, &parameters, &pseudo())?;
    let resources = template.resources.into_iter().map(|(name, resource)| (name, resource.properties));
    Ok(Value::Map(resources.collect()).to_json())
}

#[test]
fn loops() {
    let one = "  Fn::ForEach::Queues: [Name, [a, b], {'Queue${Name}': {Type: A, Properties: {n: !Ref Name, s: !Sub '${Name}-${AWS::Region}'}}}]\n";
    assert_eq!(
        looped(one).unwrap(),
        r#"{"Queuea":{"n":"a","s":{"Fn::Sub":"a-${AWS::Region}"}},"Queueb":{"n":"b","s":{"Fn::Sub":"b-${AWS::Region}"}}}"#
    );
    let of_parameter = "  Fn::ForEach::Queues: [Name, !Ref Names, {'Queue&{Name}': {Type: A, Properties: {n: '${Name}'}}}]\n";
    assert_eq!(looped(of_parameter).unwrap(), r#"{"Queuea1":{"n":"a-1"},"Queueb":{"n":"b"}}"#);
    let of_mapping = "  Fn::ForEach::Queues: [N, !FindInMap [M, k, l], {'Q${N}': {Type: A}}]\n";
    assert_eq!(looped(of_mapping).unwrap(), r#"{"Qx":{}}"#);
    let nested = "  Fn::ForEach::Outer: [X, [a, b], {'Fn::ForEach::Inner': [Y, ['1', '2'], {'Q${X}${Y}': {Type: A}}]}]\n";
    assert_eq!(looped(nested).unwrap(), r#"{"Qa1":{},"Qa2":{},"Qb1":{},"Qb2":{}}"#);
    let inside = "  Q: {Type: A, Properties: {'Fn::ForEach::P': [X, [a], {'p${X}': !Sub '${X}'}], q: 1}}\n";
    assert_eq!(looped(inside).unwrap(), r#"{"Q":{"pa":"a","q":1}}"#);
    let table = [
        (
            "  Fn::ForEach::L: [X, [a]]\n",
            "Transform AWS::LanguageExtensions failed with: Fn::ForEach layout is incorrect",
        ),
        (
            "  Fn::ForEach::L: [X, a, {}]\n",
            "Transform AWS::LanguageExtensions failed with: the collection of Fn::ForEach::L does not resolve to a list of strings",
        ),
        (
            "  Fn::ForEach::L: [X, [a, a], {'Q${X}': {Type: A}}]\n",
            "Transform AWS::LanguageExtensions failed with: Fn::ForEach makes Qa more than once",
        ),
        (
            "  Fn::ForEach::L: [X, [a, b], {'Q': {Type: A}}]\n",
            "Transform AWS::LanguageExtensions failed with: Fn::ForEach makes Q more than once",
        ),
    ];
    for (written, message) in table {
        assert_eq!(looped(written).unwrap_err().to_string(), message, "{written}");
    }
}

#[test]
fn loops_are_bounded() {
    let ten = "['0', '1', '2', '3', '4', '5', '6', '7', '8', '9']";
    let mut body = "{'Q${A}${B}${C}${D}${E}${F}': {Type: A}}".to_owned();
    for name in ["A", "B", "C", "D", "E", "F"] {
        body = format!("{{'Fn::ForEach::{name}': [{name}, {ten}, {body}]}}");
    }
    let error = looped(&format!("  Q: {{Type: A, Properties: {body}}}\n")).unwrap_err();
    assert_eq!(
        error.to_string(),
        "Transform AWS::LanguageExtensions failed with: Fn::ForEach resolved to more than 4194304 bytes"
    );
    let (long, many) = ("x".repeat(3_000), "${X}".repeat(3_000));
    let wide =
        format!("  Q: {{Type: A, Properties: {{'Fn::ForEach::L': [X, [{long}], {{p: '{many}'}}]}}}}\n");
    assert_eq!(looped(&wide).unwrap_err(), error);
}

#[test]
fn rules() {
    let check = |rules: &str, mode: &str| {
        let body =
            format!("Parameters:\n  Mode: {{Type: String}}\nRules:\n{rules}\nResources:\n  Q: {{Type: A}}\n");
        let document = Document::read(&body)?;
        let given = BTreeMap::from([("Mode".to_owned(), Given::Value(mode.to_owned()))]);
        let parameters = Parameters::resolve(&document.parameters, &given, &BTreeMap::new(), &EmptyStore)?;
        let pseudo = pseudo();
        let template = Template::new(&document, &parameters, &pseudo)?;
        Evaluation::new(&template, &parameters, &pseudo).map(|_| ())
    };
    let bootstrap = "  R:\n    Assertions:\n      - Assert: !Not [!Contains [['1', '2'], !Ref Mode]]\n        AssertDescription: too old";
    assert_eq!(check(bootstrap, "21"), Ok(()));
    assert_eq!(
        check(bootstrap, "2").unwrap_err().to_string(),
        "Template constraint (Rule R) failed: too old"
    );
    let guarded = "  R:\n    RuleCondition: !Equals [!Ref Mode, strict]\n    Assertions:\n      - Assert: !EachMemberIn [[a], [b]]";
    assert_eq!(check(guarded, "other"), Ok(()));
    assert!(check(guarded, "strict").is_err());
    let equal = "  R:\n    Assertions:\n      - Assert: !EachMemberEquals [[a, a], !Ref Mode]";
    assert_eq!(check(equal, "a"), Ok(()));
    assert!(check(equal, "b").is_err());
    let asks = "  R:\n    Assertions:\n      - Assert: !Contains [!RefAll 'AWS::EC2::VPC::Id', x]";
    assert_eq!(check(asks, "a"), Ok(()));
}

proptest! {
    /// Joining and splitting by what is in no element gives the elements back.
    #[test]
    fn split_undoes_join(elements in prop::collection::vec("[a-z ]{0,8}", 1..6)) {
        let list = Value::List(elements.iter().map(Value::string).collect());
        let joined = Value::map([("Fn::Join", Value::List(vec![Value::string("|"), list.clone()]))]);
        let split = Value::map([("Fn::Split", Value::List(vec![Value::string("|"), joined]))]);
        prop_assert_eq!(evaluated("", &split.to_json()).unwrap(), Some(list));
    }

    /// A text without variables is what it was; `${!x}` escapes.
    #[test]
    fn sub_leaves_texts_alone(text in "[a-z$!. -]{0,20}") {
        let sub = Value::map([("Fn::Sub", Value::string(&text))]);
        prop_assert_eq!(evaluated("", &sub.to_json()).unwrap(), Some(Value::string(&text)));
        let sub = Value::map([("Fn::Sub", Value::string(format!("${{!{text}}}")))]);
        prop_assert_eq!(evaluated("", &sub.to_json()).unwrap(), Some(Value::string(format!("${{{text}}}"))));
    }
}
