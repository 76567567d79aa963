//! What serverless resources become.

use crate::evaluate::Pseudo;
use crate::parameters::Parameters;
use crate::template::{Document, Template};
use crate::{TemplateError, Value};

fn template(body: &str) -> Result<Template, TemplateError> {
    let document = Document::read(&format!("Transform: AWS::Serverless-2016-10-31\n{body}"))?;
    Template::new(&document, &Parameters::default(), &Pseudo::default())
}

/// Names and types.
fn types(template: &Template) -> Vec<String> {
    template.resources.iter().map(|(name, resource)| format!("{name} {}", resource.resource_type)).collect()
}

#[track_caller]
fn properties(template: &Template, name: &str, json: &str) {
    let expected = Document::read(&format!("{{\"Metadata\": {json}}}")).unwrap();
    assert_eq!(
        Value::Map(expected.root)["Metadata"].to_json(),
        template.resources[name].properties.to_json()
    );
}

impl std::ops::Index<&str> for Value {
    type Output = Value;

    fn index(&self, name: &str) -> &Value {
        self.get(name).unwrap()
    }
}

const FUNCTION: &str = "
Globals:
  Function:
    Runtime: python3.13
    Timeout: 10
    Environment: {Variables: {STAGE: test, MODE: all}}
    Layers: [base]
Resources:
  Table: {Type: AWS::Serverless::SimpleTable}
  Topic: {Type: AWS::SNS::Topic}
  Queue: {Type: AWS::SQS::Queue}
  Orders:
    Type: AWS::Serverless::Function
    DependsOn: Queue
    Metadata: {a: b}
    Properties:
      CodeUri: s3://bucket/a/b.zip
      Handler: app.handler
      Timeout: 20
      Environment: {Variables: {MODE: own}}
      Layers: [!Ref Layer]
      Tags: {team: orders}
      Tracing: Active
      DeadLetterQueue: {Type: SQS, TargetArn: !GetAtt Queue.Arn}
      Policies:
        - DynamoDBCrudPolicy: {TableName: !Ref Table}
        - AmazonS3ReadOnlyAccess
        - Statement: [{Effect: Allow, Action: 's3:*', Resource: '*'}]
      Events:
        Changes: {Type: DynamoDB, Properties: {Stream: !GetAtt Table.StreamArn, StartingPosition: LATEST, BatchSize: 10, DestinationConfig: {OnFailure: {Type: SQS, Destination: !GetAtt Queue.Arn}}}}
        Messages: {Type: SQS, Properties: {Queue: !GetAtt Queue.Arn, FunctionResponseTypes: [ReportBatchItemFailures]}}
        News: {Type: SNS, Properties: {Topic: !Ref Topic, FilterPolicy: {a: [b]}}}
  Layer:
    Type: AWS::Serverless::LayerVersion
    Properties: {ContentUri: {Bucket: b, Key: k}, CompatibleRuntimes: [python3.13]}
Outputs:
  Layer: {Value: !Ref Layer}
  Arn: {Value: !GetAtt Layer.LayerVersionArn}
  Text: {Value: {Fn::GetAtt: Layer.LayerVersionArn}}
";

#[test]
fn functions() {
    let template = template(FUNCTION).unwrap();
    let layer = template.resources.keys().find(|name| name.starts_with("Layer")).unwrap().clone();
    assert_eq!(layer.len(), "Layer".len() + 10);
    let expected = [
        format!("{layer} AWS::Lambda::LayerVersion"),
        "Orders AWS::Lambda::Function".to_owned(),
        "OrdersChanges AWS::Lambda::EventSourceMapping".to_owned(),
        "OrdersMessages AWS::Lambda::EventSourceMapping".to_owned(),
        "OrdersNews AWS::SNS::Subscription".to_owned(),
        "OrdersNewsPermission AWS::Lambda::Permission".to_owned(),
        "OrdersRole AWS::IAM::Role".to_owned(),
        "Queue AWS::SQS::Queue".to_owned(),
        "Table AWS::DynamoDB::Table".to_owned(),
        "Topic AWS::SNS::Topic".to_owned(),
    ];
    assert_eq!(types(&template), expected);
    properties(
        &template,
        "Orders",
        &r#"{"Code": {"S3Bucket": "bucket", "S3Key": "a/b.zip"}, "Handler": "app.handler", "Runtime": "python3.13", "Timeout": 20,
            "DeadLetterConfig": {"TargetArn": {"Fn::GetAtt": ["Queue", "Arn"]}},
            "Environment": {"Variables": {"STAGE": "test", "MODE": "own"}}, "Layers": ["base", {"Ref": "LAYER"}],
            "Role": {"Fn::GetAtt": ["OrdersRole", "Arn"]}, "TracingConfig": {"Mode": "Active"},
            "Tags": [{"Key": "lambda:createdBy", "Value": "SAM"}, {"Key": "team", "Value": "orders"}]}"#
            .replace("LAYER", &layer),
    );
    assert_eq!(template.resources["Orders"].depends_on, ["Queue"]);
    assert_eq!(template.resources["Orders"].metadata.to_json(), r#"{"a":"b"}"#);
    assert_eq!(template.outputs["Layer"].value.to_json(), format!(r#"{{"Ref":"{layer}"}}"#));
    let arn = format!(r#"{{"Fn::GetAtt":["{layer}","LayerVersionArn"]}}"#);
    assert_eq!(template.outputs["Arn"].value.to_json(), arn);
    let text = format!(r#"{{"Fn::GetAtt":"{layer}.LayerVersionArn"}}"#);
    assert_eq!(template.outputs["Text"].value.to_json(), text);
    assert_eq!(template.resources[&layer].deletion_policy, Some(Value::string("Retain")));
}

#[test]
fn events_roles_and_tables() {
    let template = template(FUNCTION).unwrap();
    properties(
        &template,
        "OrdersChanges",
        r#"{"BatchSize": 10, "EventSourceArn": {"Fn::GetAtt": ["Table", "StreamArn"]}, "FunctionName": {"Ref": "Orders"},
            "StartingPosition": "LATEST", "DestinationConfig": {"OnFailure": {"Destination": {"Fn::GetAtt": ["Queue", "Arn"]}}}}"#,
    );
    properties(
        &template,
        "OrdersNews",
        r#"{"Endpoint": {"Fn::GetAtt": ["Orders", "Arn"]}, "FilterPolicy": {"a": ["b"]}, "Protocol": "lambda", "TopicArn": {"Ref": "Topic"}}"#,
    );
    properties(
        &template,
        "OrdersNewsPermission",
        r#"{"Action": "lambda:InvokeFunction", "FunctionName": {"Ref": "Orders"}, "Principal": "sns.amazonaws.com", "SourceArn": {"Ref": "Topic"}}"#,
    );
    properties(
        &template,
        "Table",
        r#"{"AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}], "BillingMode": "PAY_PER_REQUEST",
            "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}]}"#,
    );
    let role = &template.resources["OrdersRole"].properties;
    let arns = role["ManagedPolicyArns"].to_json();
    for policy in [
        "AWSLambdaBasicExecutionRole",
        "AWSLambdaDynamoDBExecutionRole",
        "AWSLambdaSQSQueueExecutionRole",
        "AWSXrayWriteOnlyAccess",
        "policy/AmazonS3ReadOnlyAccess",
    ] {
        assert!(arns.contains(policy), "{arns}");
    }
    let policies = role["Policies"].to_json();
    assert!(
        policies.contains(r#""Sid":"DynamoDBCrudPolicy""#) && policies.contains(r#""Action":"s3:*""#),
        "{policies}"
    );
}

#[test]
fn aliases() {
    let body = |code: &str| {
        format!(
            "Resources:\n  F:\n    Type: AWS::Serverless::Function\n    Properties:\n      InlineCode: {code}\n      Role: r\n      \
             AutoPublishAlias: live\n      EventInvokeConfig: {{MaximumRetryAttempts: 1}}\n      FunctionUrlConfig: {{AuthType: NONE}}\n      Events:\n        Q: {{Type: SQS, Properties: {{Queue: q}}}}\n\
             Outputs:\n  A: {{Value: !Ref F.Alias}}\n  V: {{Value: !Sub '${{F.Version}}'}}\n"
        )
    };
    let first = template(&body("a")).unwrap();
    let version = first.resources.keys().find(|name| name.starts_with("FVersion")).unwrap().clone();
    let expected = [
        "F AWS::Lambda::Function".to_owned(),
        "FAliaslive AWS::Lambda::Alias".to_owned(),
        "FEventInvokeConfig AWS::Lambda::EventInvokeConfig".to_owned(),
        "FQ AWS::Lambda::EventSourceMapping".to_owned(),
        "FUrl AWS::Lambda::Url".to_owned(),
        format!("{version} AWS::Lambda::Version"),
    ];
    assert_eq!(types(&first), expected);
    properties(&first, "FQ", r#"{"EventSourceArn": "q", "FunctionName": {"Ref": "FAliaslive"}}"#);
    properties(
        &first,
        "FEventInvokeConfig",
        r#"{"FunctionName": {"Ref": "F"}, "MaximumRetryAttempts": 1, "Qualifier": "live"}"#,
    );
    properties(
        &first,
        "FAliaslive",
        &format!(
            r#"{{"FunctionName": {{"Ref": "F"}}, "FunctionVersion": {{"Fn::GetAtt": ["{version}", "Version"]}}, "Name": "live"}}"#
        ),
    );
    assert_eq!(first.outputs["A"].value.to_json(), r#"{"Ref":"FAliaslive"}"#);
    assert_eq!(first.outputs["V"].value.to_json(), format!(r#"{{"Fn::Sub":"${{{version}}}"}}"#));
    // Another code is another version; the old one stays.
    let second = template(&body("b")).unwrap();
    assert!(!second.resources.contains_key(&version));
    assert_eq!(first.resources[&version].deletion_policy, Some(Value::string("Retain")));
    assert_eq!(template(&body("a")).unwrap(), first);
}

#[test]
fn what_is_refused() {
    let table = [
        (
            "A: {Type: AWS::Serverless::Api}",
            "Resource with id [A] is invalid. Type AWS::Serverless::Api is not supported by Tailwater.",
        ),
        (
            "A: {Type: AWS::Serverless::HttpApi}",
            "Resource with id [A] is invalid. Type AWS::Serverless::HttpApi is not supported by Tailwater.",
        ),
        (
            "A: {Type: AWS::Serverless::Function}",
            "Resource with id [A] is invalid. Missing required property 'CodeUri'.",
        ),
        (
            "A: {Type: AWS::Serverless::Function, Properties: {CodeUri: ./src}}",
            "Resource with id [A] is invalid. 'CodeUri' is not a valid S3 Uri of the form 's3://bucket/key' with optional versionId query parameter.",
        ),
        (
            "A: {Type: AWS::Serverless::Function, Properties: {InlineCode: x, Foo: 1}}",
            "Resource with id [A] is invalid. property Foo not defined for resource.",
        ),
        (
            "A: {Type: AWS::Serverless::Function, Properties: {InlineCode: x, Events: {E: {Type: Schedule}}}}",
            "Resource with id [A] is invalid. Event with id [E] is invalid. Type Schedule is not supported by Tailwater.",
        ),
        (
            "A: {Type: AWS::Serverless::Function, Properties: {InlineCode: x, Events: {E: {Type: Api}}}}",
            "Resource with id [A] is invalid. Event with id [E] is invalid. Type Api is not supported by Tailwater.",
        ),
        (
            "A: {Type: AWS::Serverless::Function, Properties: {InlineCode: x, Events: {E: {Type: SQS}}}}",
            "Resource with id [A] is invalid. Event with id [E] is invalid. Missing required property 'Queue'.",
        ),
        (
            "A: {Type: AWS::Serverless::Function, Properties: {InlineCode: x, Events: {E: {Type: SQS, Properties: {Queue: q, Foo: 1}}}}}",
            "Resource with id [A] is invalid. Event with id [E] is invalid. property Foo not defined for resource.",
        ),
        (
            "A: {Type: AWS::Serverless::Function, Properties: {InlineCode: x}}\n  ARole: {Type: AWS::IAM::Role}",
            "Resource with id [ARole] is invalid. Its name is that of a resource which another one becomes.",
        ),
        (
            "A: {Type: AWS::Serverless::SimpleTable, Properties: {PrimaryKey: {Name: a, Type: Foo}}}",
            "Resource with id [A] is invalid. 'PrimaryKey' has no 'Type' of String, Number or Binary.",
        ),
        (
            "A: {Type: AWS::Serverless::LayerVersion, Properties: {ContentUri: s3://b}}",
            "Resource with id [A] is invalid. 'ContentUri' is not a valid S3 Uri of the form 's3://bucket/key' with optional versionId query parameter.",
        ),
    ];
    for (resource, reason) in table {
        let error = template(&format!("Resources:\n  {resource}\n")).unwrap_err().to_string();
        assert_eq!(
            error,
            format!(
                "Invalid Serverless Application Specification document. Number of errors found: 1. {reason}"
            )
        );
    }
    let error = template("Globals: {Foo: {}}\nResources: {A: {Type: B}}\n").unwrap_err().to_string();
    assert!(error.contains("'Globals' section is invalid. 'Foo' is not supported."), "{error}");
}
