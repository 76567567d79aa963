//! Parameters against their declarations.

use super::{EmptyStore, Given, Parameters, Store};
use crate::template::Document;
use crate::{TemplateError, Value};
use std::collections::BTreeMap;

struct OneParameter;

impl Store for OneParameter {
    fn value(&self, name: &str) -> Option<String> {
        (name == "/known").then(|| "x,y".to_owned())
    }
}

fn resolve(declaration: &str, given: &[(&str, Given)]) -> Result<Parameters, TemplateError> {
    let document = Document::read(&format!("Parameters:\n  P: {declaration}\n"))?;
    let given = given.iter().map(|(name, given)| ((*name).to_owned(), given.clone())).collect();
    let previous = BTreeMap::from([("P".to_owned(), "before".to_owned())]);
    Parameters::resolve(&document.parameters, &given, &previous, &OneParameter)
}

fn value(text: &str) -> Given {
    Given::Value(text.to_owned())
}

#[test]
fn values() {
    let list = |items: &[&str]| Value::List(items.iter().map(|item| Value::string(*item)).collect());
    let table = [
        ("{Type: String}", "x", Value::string("x")),
        ("{Type: Number}", "1.5", Value::string("1.5")),
        ("{Type: CommaDelimitedList}", "a, b ,c", list(&["a", "b", "c"])),
        ("{Type: CommaDelimitedList}", "", list(&[])),
        ("{Type: List<Number>}", "1,2", list(&["1", "2"])),
        ("{Type: AWS::SSM::Parameter::Name}", "/known", Value::string("/known")),
        ("{Type: AWS::SSM::Parameter::Value<String>}", "/known", Value::string("x,y")),
        ("{Type: AWS::SSM::Parameter::Value<List<String>>}", "/known", list(&["x", "y"])),
    ];
    for (declaration, text, expected) in table {
        let parameters = resolve(declaration, &[("P", value(text))]).unwrap();
        assert_eq!(parameters.get("P"), Some(&expected), "{declaration}");
        assert_eq!(parameters.texts()["P"], text);
    }
}

#[test]
fn where_values_come_from() {
    let text = |declaration: &str, given: &[(&str, Given)]| {
        resolve(declaration, given).unwrap().texts()["P"].clone()
    };
    assert_eq!(text("{Type: String, Default: d}", &[]), "d");
    assert_eq!(text("{Type: String, Default: d}", &[("P", value("g"))]), "g");
    assert_eq!(text("{Type: String, Default: d}", &[("P", Given::Previous)]), "before");
    assert_eq!(text("{Type: Number, Default: 5}", &[]), "5");
    let error = resolve("{Type: String}", &[]).unwrap_err();
    assert_eq!(error.to_string(), "Parameters: [P] must have values");
    let error = resolve("{Type: String}", &[("Q", value("")), ("R", value(""))]).unwrap_err();
    assert_eq!(error.to_string(), "Parameters: [Q, R] do not exist in the template");
    let error = resolve("{Type: AWS::SSM::Parameter::Value<String>}", &[("P", value("/other"))]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "Unable to fetch parameters [/other] from parameter store for this account."
    );
    let document =
        Document::read("Parameters:\n  P: {Type: AWS::SSM::Parameter::Name, Default: a}\n").unwrap();
    let nothing = (BTreeMap::new(), BTreeMap::new());
    assert!(Parameters::resolve(&document.parameters, &nothing.0, &nothing.1, &EmptyStore).is_err());
}

#[test]
fn constraints() {
    let table = [
        ("{Type: Number}", "x", "Parameter 'P' must be a number"),
        ("{Type: Number}", "inf", "Parameter 'P' must be a number"),
        ("{Type: List<Number>}", "1,x", "Parameter 'P' must be a number"),
        ("{Type: Number, MinValue: 2}", "1.9", "Parameter 'P' must be a number not less than 2"),
        ("{Type: Number, MaxValue: 2}", "2.1", "Parameter 'P' must be a number not greater than 2"),
        ("{Type: String, MinLength: 2}", "a", "Parameter 'P' must contain at least 2 characters"),
        ("{Type: String, MaxLength: 2}", "äöü", "Parameter 'P' must contain at most 2 characters"),
        ("{Type: String, AllowedValues: [a, 5]}", "b", "Parameter 'P' must be one of AllowedValues"),
        (
            "{Type: CommaDelimitedList, AllowedValues: [a, b]}",
            "a,c",
            "Parameter 'P' must be one of AllowedValues",
        ),
        ("{Type: String, AllowedPattern: '[a-z]+'}", "abC", "Parameter 'P' must match pattern [a-z]+"),
        (
            "{Type: String, AllowedPattern: '[a-z]+', ConstraintDescription: small letters only}",
            "A",
            "Parameter P failed to satisfy constraint: small letters only",
        ),
        ("{Type: String, MinLength: 2, Default: a}", "a", "Parameter 'P' must contain at least 2 characters"),
    ];
    for (declaration, text, message) in table {
        assert_eq!(
            resolve(declaration, &[("P", value(text))]).unwrap_err().to_string(),
            message,
            "{declaration}"
        );
    }
    let table = [
        ("{Type: Number, MinValue: 2, MaxValue: 2}", "2.0"),
        ("{Type: String, MaxLength: 3}", "äöü"),
        ("{Type: String, AllowedValues: [a, 5]}", "5"),
        ("{Type: String, AllowedPattern: 'a|b'}", "b"),
        ("{Type: String, AllowedPattern: '^$|^sg-\\d+$'}", "sg-1"),
        // Of Java's, and not of ours: it refuses nothing.
        ("{Type: String, AllowedPattern: '(?=x).*'}", "y"),
    ];
    for (declaration, text) in table {
        assert!(resolve(declaration, &[("P", value(text))]).is_ok(), "{declaration}");
    }
    assert!(resolve("{Type: String}", &[("P", value(&"x".repeat(4_097)))]).is_err());
}
