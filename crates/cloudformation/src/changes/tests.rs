//! Change sets of small stacks.

use super::{
    Action, Attribute, Behaviour, Change, Deployed, PolicyAction, Replacement, Stack, behaviour, plan,
};
use crate::evaluate::{Context, Evaluation, Lookup, Pseudo};
use crate::graph::Graph;
use crate::parameters::{EmptyStore, Given, Parameters};
use crate::template::{Document, Template};
use crate::{TemplateError, Value};
use std::collections::BTreeMap;

/// Resources that are known by their names.
struct World;

impl Context for World {
    fn reference(&self, resource: &str) -> Lookup {
        Lookup::Known(Value::String(format!("{resource}-id")))
    }

    fn attribute(&self, resource: &str, attribute: &str) -> Lookup {
        Lookup::Known(Value::String(format!("{resource}-{attribute}")))
    }

    fn export(&self, _: &str) -> Option<String> {
        None
    }
}

/// What one template needs to be evaluated.
struct Parts {
    template: Template,
    parameters: Parameters,
    pseudo: Pseudo,
}

fn parts(body: &str, mode: &str) -> Parts {
    let body =
        format!("Parameters:\n  Mode: {{Type: String}}\n  Other: {{Type: String, Default: x}}\n{body}");
    let document = Document::read(&body).unwrap();
    let given = BTreeMap::from([("Mode".to_owned(), Given::Value(mode.to_owned()))]);
    let parameters =
        Parameters::resolve(&document.parameters, &given, &BTreeMap::new(), &EmptyStore).unwrap();
    let pseudo = Pseudo::default();
    Parts { template: Template::new(&document, &parameters, &pseudo).unwrap(), parameters, pseudo }
}

/// A stack as a template makes it.
fn deployed(body: &str, mode: &str) -> Stack {
    let parts = parts(body, mode);
    let evaluation = Evaluation::new(&parts.template, &parts.parameters, &parts.pseudo).unwrap();
    let resources = evaluation.resources().map(|(name, resource)| {
        let evaluated = evaluation.resource(resource, &World).unwrap();
        let physical_id = format!("{name}-id");
        (name.clone(), Deployed { physical_id, source: resource.clone(), evaluated })
    });
    Stack { resources: resources.collect(), parameters: parts.parameters.texts().clone() }
}

fn planned(stack: &Stack, body: &str, mode: &str) -> Result<Vec<Change>, TemplateError> {
    let parts = parts(body, mode);
    let evaluation = Evaluation::new(&parts.template, &parts.parameters, &parts.pseudo)?;
    let graph = Graph::new(&parts.template, &evaluation)?;
    plan(stack, &parts.template, &evaluation, (&graph, &World))
}

/// The changes from one template to another, a line each.
fn lines(before: &str, after: &str) -> Vec<String> {
    let changes = planned(&deployed(&resources(before), "a"), &resources(after), "b").unwrap();
    changes.iter().flat_map(written).collect()
}

fn resources(written: &str) -> String {
    format!("Conditions: {{Is: !Equals [!Ref Mode, a]}}\nResources:\n  Keep: {{Type: Kept}}\n{written}")
}

fn written(change: &Change) -> Vec<String> {
    let replacement = change.replacement.map(|replacement| format!(" {replacement:?}")).unwrap_or_default();
    let policy = change.policy_action.map(|action| format!(" {action:?}")).unwrap_or_default();
    let head = format!("{:?} {}{replacement}{policy}", change.action, change.logical_id);
    let details = change.details.iter().map(|detail| {
        let json = |value: &Option<Value>| value.as_ref().map_or("-".to_owned(), Value::to_json);
        let place = detail.path.clone().unwrap_or_else(|| format!("{:?}", detail.attribute));
        let evaluation = if detail.is_static { "static" } else { "dynamic" };
        format!(
            "  {place} {} > {} {:?} {evaluation} {:?}",
            json(&detail.before),
            json(&detail.after),
            detail.recreation,
            detail.cause
        )
    });
    std::iter::once(head).chain(details).collect()
}

#[test]
fn nothing_changes() {
    let body = "  T: {Type: AWS::DynamoDB::Table, Properties: {BillingMode: PAY_PER_REQUEST}}\n  \
                Q: {Type: AWS::SQS::Queue, Properties: {DelaySeconds: 5, a: !GetAtt T.Arn}}\n";
    assert!(lines(body, body).is_empty());
    assert!(lines(body, &body.replace("DelaySeconds: 5", "DelaySeconds: '5'")).is_empty());
    assert!(lines(body, &body.replace("!GetAtt T.Arn", "!Sub '${T.Arn}'")).is_empty());
}

#[test]
fn added_and_removed() {
    let before = "  A: {Type: T, DeletionPolicy: Retain}\n  B: {Type: T}\n  C: {Type: T, Condition: Is}\n  \
                  D: {Type: T, DeletionPolicy: Snapshot}\n  E: {Type: T, DeletionPolicy: RetainExceptOnCreate}\n";
    let after = "  C: {Type: T, Condition: Is}\n  F: {Type: T, Properties: {x: !Ref G}}\n  G: {Type: T}\n";
    let expected = [
        "Remove A Retain",
        "Remove B Delete",
        "Remove C Delete",
        "Remove D Snapshot",
        "Remove E Retain",
        "Add F",
        "Add G",
    ];
    assert_eq!(lines(before, after), expected);
}

#[test]
fn changed_in_place() {
    let before = "  F: {Type: AWS::Lambda::Function, Properties: {Timeout: 3, Environment: {Variables: {A: '1', B: '2'}}, Layers: [a, b]}}\n";
    let after = "  F: {Type: AWS::Lambda::Function, Properties: {Handler: h, Environment: {Variables: {A: '1', B: '3'}}, Layers: [a, c]}}\n";
    let expected = [
        "Modify F False",
        "  /Properties/Environment/Variables/B \"2\" > \"3\" Never static DirectModification",
        "  /Properties/Handler - > \"h\" Never static DirectModification",
        "  /Properties/Layers/1 \"b\" > \"c\" Never static DirectModification",
        "  /Properties/Timeout 3 > - Never static DirectModification",
    ];
    assert_eq!(lines(before, after), expected);
}

#[test]
fn replaced() {
    let before = "  T: {Type: AWS::DynamoDB::Table, Properties: {KeySchema: [a]}}\n  \
                  M: {Type: AWS::Lambda::EventSourceMapping, Properties: {EventSourceArn: !GetAtt T.StreamArn, BatchSize: 1}}\n  \
                  F: {Type: AWS::Lambda::Function, Properties: {Role: r, Environment: {T: !Ref T}}}\n  \
                  P: {Type: AWS::Lambda::Permission, Properties: {FunctionName: !Ref F}}\n";
    let after = before.replace("[a]", "[b]").replace("Table, ", "Table, UpdateReplacePolicy: Retain, ");
    let expected = [
        "Modify F False",
        "  /Properties/Environment/T \"T-id\" > \"{{changeSet:KNOWN_AFTER_APPLY}}\" Never dynamic ResourceReference(\"T\")",
        "Modify M Conditional ReplaceAndDelete",
        "  /Properties/EventSourceArn \"T-StreamArn\" > \"{{changeSet:KNOWN_AFTER_APPLY}}\" Always dynamic ResourceAttribute(\"T.StreamArn\")",
        "Modify T True ReplaceAndRetain",
        "  /Properties/KeySchema/0 \"a\" > \"b\" Always static DirectModification",
        "  UpdateReplacePolicy - > - Never static DirectModification",
    ];
    assert_eq!(lines(before, &after), expected);
}

#[test]
fn attributes_that_an_update_alters() {
    let before = "  T: {Type: AWS::DynamoDB::Table}\n  M: {Type: X, Properties: {s: !GetAtt T.StreamArn, a: !GetAtt T.Arn}}\n";
    let after =
        before.replace("Table}", "Table, Properties: {StreamSpecification: {StreamViewType: KEYS_ONLY}}}");
    let expected = [
        "Modify M False",
        "  /Properties/s \"T-StreamArn\" > \"{{changeSet:KNOWN_AFTER_APPLY}}\" Never dynamic ResourceAttribute(\"T.StreamArn\")",
        "Modify T False",
        "  /Properties/StreamSpecification - > {\"StreamViewType\":\"KEYS_ONLY\"} Never static DirectModification",
    ];
    assert_eq!(lines(before, &after), expected);
}

#[test]
fn where_a_change_comes_from() {
    let body = "  Q: {Type: AWS::SQS::Queue, Properties: {QueueName: !Sub 'q-${Mode}', DelaySeconds: !If [Is, 1, 2], K: !Ref Other}}\n";
    let expected = [
        "Modify Q True ReplaceAndDelete",
        "  /Properties/DelaySeconds 1 > 2 Never static DirectModification",
        "  /Properties/QueueName \"q-a\" > \"q-b\" Always static ParameterReference(\"Mode\")",
    ];
    assert_eq!(lines(body, body), expected);
}

#[test]
fn other_attributes() {
    let before = "  Q: {Type: AWS::SQS::Queue, Metadata: {a: 1}, Properties: {Tags: [{Key: a, Value: b}]}}\n";
    let after = "  Q: {Type: AWS::SQS::Queue, Metadata: {a: 2}, DeletionPolicy: Retain, Properties: {Tags: [{Key: a, Value: c}]}}\n";
    let changes = planned(&deployed(&resources(before), "a"), &resources(after), "a").unwrap();
    assert_eq!(changes.len(), 1);
    assert_eq!(changes[0].scope(), [Attribute::Metadata, Attribute::DeletionPolicy, Attribute::Tags]);
    assert_eq!(changes[0].replacement, Some(Replacement::False));
    assert_eq!(changes[0].policy_action, None);
}

#[test]
fn definitions_of_attributes() {
    let table = |definitions: &str| {
        format!(
            "  T: {{Type: AWS::DynamoDB::Table, Properties: {{AttributeDefinitions: [{definitions}]}}}}\n"
        )
    };
    let one = "{AttributeName: a, AttributeType: S}";
    let replacement = |after: &str| {
        let changes =
            planned(&deployed(&resources(&table(one)), "a"), &resources(&table(after)), "a").unwrap();
        changes[0].replacement
    };
    assert_eq!(
        replacement(&format!("{one}, {{AttributeName: b, AttributeType: N}}")),
        Some(Replacement::False)
    );
    assert_eq!(replacement("{AttributeName: a, AttributeType: N}"), Some(Replacement::True));
    assert_eq!(
        replacement("{AttributeName: a, AttributeType: !Ref Keep}, x"),
        Some(Replacement::Conditional)
    );
}

#[test]
fn what_cannot_be_done() {
    let stack = deployed(&resources("  Q: {Type: AWS::SQS::Queue}\n  R: {Type: A}\n"), "a");
    let error =
        planned(&stack, &resources("  Q: {Type: AWS::SNS::Topic}\n  R: {Type: B}\n"), "a").unwrap_err();
    assert_eq!(
        error.to_string(),
        "Update of resource type is not permitted. The new template modifies resource type of the following resources: [Q, R]"
    );
    let table = |key: &str| {
        format!("  T: {{Type: AWS::DynamoDB::Table, Properties: {{TableName: mine, KeySchema: [{key}]}}}}\n")
    };
    let renamed = table("b").replace("mine", "other");
    let changes = planned(&deployed(&resources(&table("a")), "a"), &resources(&renamed), "a").unwrap();
    assert_eq!(changes[0].action, Action::Modify);
    assert_eq!(changes[0].policy_action, Some(PolicyAction::ReplaceAndDelete));
}

#[test]
fn behaviours() {
    use Behaviour::{Conditional, NoInterruption, Replacement, SomeInterruptions};
    let table = [
        ("AWS::DynamoDB::Table", "TableName", Replacement),
        ("AWS::DynamoDB::Table", "KeySchema", Replacement),
        ("AWS::DynamoDB::Table", "GlobalSecondaryIndexes", NoInterruption),
        ("AWS::DynamoDB::Table", "AttributeDefinitions", Conditional),
        ("AWS::DynamoDB::Table", "SSESpecification", SomeInterruptions),
        ("AWS::DynamoDB::GlobalTable", "LocalSecondaryIndexes", Replacement),
        ("AWS::Lambda::Function", "Code", NoInterruption),
        ("AWS::Lambda::Function", "FunctionName", Replacement),
        ("AWS::Lambda::Version", "FunctionName", Replacement),
        ("AWS::Lambda::Alias", "FunctionVersion", NoInterruption),
        ("AWS::Lambda::Permission", "Action", Replacement),
        ("AWS::Lambda::LayerVersion", "Content", Replacement),
        ("AWS::Lambda::EventSourceMapping", "EventSourceArn", Replacement),
        ("AWS::Lambda::EventSourceMapping", "FunctionName", NoInterruption),
        ("AWS::Lambda::EventInvokeConfig", "Qualifier", Replacement),
        ("AWS::SQS::Queue", "FifoQueue", Replacement),
        ("AWS::SQS::Queue", "RedrivePolicy", NoInterruption),
        ("AWS::SQS::QueuePolicy", "Queues", NoInterruption),
        ("AWS::SNS::Topic", "TopicName", Replacement),
        ("AWS::SNS::Subscription", "Endpoint", Replacement),
        ("AWS::SNS::Subscription", "FilterPolicy", NoInterruption),
        ("AWS::Logs::LogGroup", "LogGroupName", Replacement),
        ("AWS::Logs::LogGroup", "RetentionInDays", NoInterruption),
        ("AWS::Logs::LogStream", "LogStreamName", Replacement),
        ("AWS::SNS::TopicInlinePolicy", "PolicyDocument", NoInterruption),
        ("AWS::SQS::QueueInlinePolicy", "Queue", Replacement),
        ("AWS::S3::Bucket", "BucketName", Replacement),
        ("AWS::SSM::Parameter", "Name", Replacement),
        ("AWS::SSM::Parameter", "Value", NoInterruption),
        ("AWS::Kinesis::Stream", "ShardCount", NoInterruption),
        ("AWS::IAM::Role", "Path", Replacement),
        ("AWS::IAM::Role", "Policies", NoInterruption),
        ("AWS::CDK::Metadata", "Analytics", NoInterruption),
    ];
    for (resource_type, property, expected) in table {
        assert_eq!(behaviour(resource_type, property), expected, "{resource_type} {property}");
    }
}
