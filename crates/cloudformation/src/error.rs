//! What is wrong with a template, or with what was given for its parameters, in CloudFormation's words.
//!
//! All of it is answered as a `ValidationError`.

use std::fmt;

/// A section of a template whose references are checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Section {
    /// `Parameters`.
    Parameters,
    /// `Mappings`.
    Mappings,
    /// `Conditions`.
    Conditions,
    /// `Resources`.
    Resources,
    /// `Outputs`.
    Outputs,
}

impl fmt::Display for Section {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, out)
    }
}

/// A function of templates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "they are named as the functions are")]
pub enum Function {
    And,
    Base64,
    Cidr,
    Condition,
    Equals,
    FindInMap,
    ForEach,
    GetAtt,
    GetAZs,
    If,
    ImportValue,
    Join,
    Length,
    Not,
    Or,
    Ref,
    Select,
    Split,
    Sub,
    ToJsonString,
}

impl Function {
    /// The function of a name as templates write it.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Some(match name {
            "Fn::And" => Self::And,
            "Fn::Base64" => Self::Base64,
            "Fn::Cidr" => Self::Cidr,
            "Fn::Equals" => Self::Equals,
            "Fn::FindInMap" => Self::FindInMap,
            "Fn::GetAtt" => Self::GetAtt,
            "Fn::GetAZs" => Self::GetAZs,
            "Fn::If" => Self::If,
            "Fn::ImportValue" => Self::ImportValue,
            "Fn::Join" => Self::Join,
            "Fn::Length" => Self::Length,
            "Fn::Not" => Self::Not,
            "Fn::Or" => Self::Or,
            "Ref" => Self::Ref,
            "Fn::Select" => Self::Select,
            "Fn::Split" => Self::Split,
            "Fn::Sub" => Self::Sub,
            "Fn::ToJsonString" => Self::ToJsonString,
            _ => return None,
        })
    }

    /// What is said where its arguments are not those that it takes.
    const fn arguments(self) -> &'static str {
        match self {
            Self::And => {
                "Template error: every Fn::And object requires a list of at least 2 and at most 10 boolean parameters."
            }
            Self::Or => {
                "Template error: every Fn::Or object requires a list of at least 2 and at most 10 boolean parameters."
            }
            Self::Not => "Template error: every Fn::Not object requires one boolean parameter.",
            Self::Equals => "Template error: every Fn::Equals object requires a list of 2 string parameters.",
            Self::Condition => "Template error: every Condition object requires one string parameter.",
            Self::If => {
                "Template error: Fn::If requires a list argument with the first element being a condition"
            }
            Self::Base64 => "Template error: every Fn::Base64 object must have a String-typed value.",
            Self::Cidr => {
                "Template error: every Fn::Cidr object requires two or three parameters, (1) an IP address block, (2) the number of blocks, from 1 to 256, and (3) the number of subnet bits."
            }
            Self::FindInMap => {
                "Template error: every Fn::FindInMap object requires three parameters, the map name, map key and the attribute for return value"
            }
            Self::ForEach => "Transform AWS::LanguageExtensions failed with: Fn::ForEach layout is incorrect",
            Self::GetAtt => {
                "Template error: every Fn::GetAtt object requires two non-empty parameters, the resource name and the resource attribute"
            }
            Self::GetAZs => "Template error: every Fn::GetAZs object must have a String-typed value.",
            Self::ImportValue => {
                "Template error: every Fn::ImportValue object must have a String-typed value."
            }
            Self::Join => {
                "Template error: every Fn::Join object requires two parameters, (1) a string delimiter and (2) a list of strings to be joined or a function that returns a list of strings (such as Fn::GetAZs) to be joined."
            }
            Self::Length => "Transform AWS::LanguageExtensions failed with: Fn::Length layout is incorrect",
            Self::ToJsonString => {
                "Transform AWS::LanguageExtensions failed with: Fn::ToJsonString layout is incorrect"
            }
            Self::Ref => "Template error: every Ref object must have a single String value.",
            Self::Select => {
                "Template error: Fn::Select requires a list argument with two elements: an integer index and a list"
            }
            Self::Split => {
                "Template error: every Fn::Split object requires two parameters, (1) a string delimiter and (2) a string to be split or a function that returns a string to be split."
            }
            Self::Sub => {
                "Template error: One or more Fn::Sub intrinsic functions don't specify expected arguments. Specify a string as first argument, and an optional second argument to specify a mapping of values to replace in the string"
            }
        }
    }
}

/// See the module.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs, reason = "their texts say what they are")]
pub enum TemplateError {
    #[error("Template format error: JSON not well-formed. (line {line}, column {column})")]
    Json { line: usize, column: usize },
    #[error("Template format error: YAML not well-formed. (line {line}, column {column})")]
    Yaml { line: usize, column: usize },
    #[error("Template error: YAML aliases are not allowed in CloudFormation templates")]
    Aliases,
    #[error("Template may not exceed {0} bytes in size.")]
    TooLong(usize),
    #[error("Template format error: objects and lists nest deeper than {0} levels.")]
    TooDeep(usize),
    #[error("Template format error: unsupported structure.")]
    Structure,
    #[error("Template format error: unsupported value for AWSTemplateFormatVersion.")]
    Version,
    #[error("Template format error: {0} must be a string.")]
    NotAString(String),
    #[error("Template format error: {0} must be an object.")]
    NotAnObject(String),
    #[error("Template format error: 'Description' length is greater than 1024.")]
    Description,
    #[error("[{0}] 'null' values are not allowed in templates")]
    Null(String),
    #[error("Invalid template property or properties [{}]", .0.join(", "))]
    Properties(Vec<String>),
    #[error("Template format error: At least one Resources member must be defined.")]
    NoResources,
    #[error("Template format error: Number of {what}, {count}, is greater than maximum allowed, {most}")]
    TooMany { what: &'static str, count: usize, most: usize },
    #[error("Template format error: {what} name {name} is non alphanumeric.")]
    Name { what: &'static str, name: String },
    #[error(
        "Template format error: Mappings attribute name '{0}' must contain only alphanumeric characters."
    )]
    MappingName(String),
    #[error("Template format error: Every Mappings attribute must be a String or a List.")]
    MappingValue,
    #[error("Template format error: [/Resources/{0}] Every Resources object must contain a Type member.")]
    ResourceType(String),
    #[error("Invalid template resource property '{0}'")]
    ResourceProperty(String),
    #[error("Template format error: Every DependsOn value must be a string.")]
    DependsOn,
    #[error("Template format error: Unrecognized {attribute} {value} for resource {resource}")]
    Policy { attribute: &'static str, value: String, resource: String },
    #[error("Template format error: Every Parameters object must contain a Type member.")]
    ParameterType,
    #[error("Template format error: Unrecognized parameter type: {0}")]
    UnknownParameterType(String),
    #[error("Invalid template parameter property '{0}'")]
    ParameterProperty(String),
    #[error("Template format error: Every {0} member must be a string.")]
    ParameterMember(String),
    #[error("Template format error: Every {0} member must be a number.")]
    ParameterNumber(String),
    #[error("Template format error: Every AllowedValues member must be a list of strings.")]
    AllowedValues,
    #[error("Template format error: Every Outputs member must contain a Value object")]
    OutputValue,
    #[error("Invalid template output property '{0}'")]
    OutputProperty(String),
    #[error("Template format error: Output {0} is malformed: Export must contain a Name member.")]
    Export(String),
    #[error("Template format error: Duplicate export names [{0}] in the Outputs block of the template")]
    DuplicateExport(String),
    #[error("Template format error: Unresolved resource dependencies [{}] in the {section} block of the template", .names.join(", "))]
    Unresolved { names: Vec<String>, section: Section },
    #[error("Template format error: Unresolved dependencies [{}]. Cannot reference resources in the Conditions block of the template", .0.join(", "))]
    ResourcesInConditions(Vec<String>),
    #[error(
        "Template format error: Unresolved condition dependency {name} in the {section} block of the template"
    )]
    UnresolvedCondition { name: String, section: Section },
    #[error("Template error: instance of Fn::GetAtt references undefined resource {0}")]
    UndefinedResource(String),
    #[error("Template error: instance of Fn::Sub references invalid resource attribute {0}")]
    SubAttribute(String),
    #[error(
        "Template error: variable names in Fn::Sub syntax must contain only alphanumeric characters, underscores, periods, and colons"
    )]
    SubName,
    #[error("Template error: variable {0} in Fn::Sub expression does not resolve to a string")]
    SubValue(String),
    #[error("Template error: resource {resource} does not support attribute type {attribute} in Fn::GetAtt")]
    Attribute { resource: String, attribute: String },
    #[error("{}", .0.arguments())]
    Arguments(Function),
    #[error(
        "Template format error: Encountered unsupported function: {0} Supported functions are: [Fn::Base64, Fn::GetAtt, Fn::GetAZs, Fn::ImportValue, Fn::Join, Fn::Split, Fn::FindInMap, Fn::Select, Ref, Fn::Equals, Fn::If, Fn::Not, Condition, Fn::And, Fn::Or, Fn::Contains, Fn::EachMemberEquals, Fn::EachMemberIn, Fn::ValueOf, Fn::ValueOfAll, Fn::RefAll, Fn::Sub, Fn::Cidr]"
    )]
    UnsupportedFunction(String),
    #[error("Template error: {0} cannot be partially collapsed")]
    OnlyInConditions(String),
    #[error("Template error: functions in one resource, output or condition evaluate to more than {0} bytes")]
    TooMuch(usize),
    #[error("Template error: Fn::Select cannot select nonexistent value at index {0}")]
    Select(String),
    #[error("Template error: Mapping named '{0}' is not present in the 'Mappings' section of template.")]
    Mapping(String),
    #[error("Template error: Unable to get mapping for {0}::{1}::{2}")]
    MappingKey(String, String, String),
    #[error("Template error: Fn::Cidr cannot take {count} blocks of {bits} bits out of {block}")]
    CidrRoom { block: String, count: u64, bits: u64 },
    #[error("Template error: Fn::Cidr: {0} is not a block of IP addresses")]
    CidrBlock(String),
    #[error("No export named {0} found.")]
    Import(String),
    #[error(
        "Template error: the attribute in Fn::ImportValue must not depend on any resources, imported values, or Fn::GetAZs"
    )]
    ImportDepends,
    #[error("Circular dependency between resources: [{}]", .0.join(", "))]
    Circular(Vec<String>),
    #[error("Template format error: Circular dependency between conditions: [{0}]")]
    CircularConditions(String),
    #[error("Transform AWS::LanguageExtensions failed with: Fn::ForEach resolved to more than {0} bytes")]
    Loop(usize),
    #[error("Transform AWS::LanguageExtensions failed with: Fn::ForEach makes {0} more than once")]
    LoopName(String),
    #[error(
        "Transform AWS::LanguageExtensions failed with: the collection of Fn::ForEach::{0} does not resolve to a list of strings"
    )]
    LoopCollection(String),
    #[error("No transform named {0} found.")]
    Transform(String),
    #[error(
        "Invalid Serverless Application Specification document. Number of errors found: 1. Resource with id [{resource}] is invalid. {reason}"
    )]
    Serverless { resource: String, reason: String },
    #[error(
        "Invalid Serverless Application Specification document. Number of errors found: 1. 'Globals' section is invalid. {0}"
    )]
    Globals(String),
    #[error("Parameters: [{}] must have values", .0.join(", "))]
    MissingParameters(Vec<String>),
    #[error("Parameters: [{}] do not exist in the template", .0.join(", "))]
    UnknownParameters(Vec<String>),
    #[error("Parameter '{name}' {constraint}")]
    Parameter { name: String, constraint: String },
    #[error("Parameter {name} failed to satisfy constraint: {description}")]
    Constraint { name: String, description: String },
    #[error("Unable to fetch parameters [{}] from parameter store for this account.", .0.join(","))]
    ParameterStore(Vec<String>),
    #[error("Update of resource type is not permitted. The new template modifies resource type of the following resources: [{}]", .0.join(", "))]
    OtherType(Vec<String>),
    #[error("Template constraint (Rule {rule}) failed: {description}")]
    Rule { rule: String, description: String },
}
