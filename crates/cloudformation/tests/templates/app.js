// The app whose template `orders.json` is: `npx aws-cdk@2 synth --app "node app.js"` (aws-cdk 2.1148.1, aws-cdk-lib 2.276.0).
const cdk = require('aws-cdk-lib');
const { aws_dynamodb: ddb, aws_lambda: lambda, aws_sqs: sqs, aws_lambda_event_sources: es } = cdk;
const app = new cdk.App();
const stack = new cdk.Stack(app, 'OrdersStack');
const orders = new ddb.Table(stack, 'OrdersTable', {
  partitionKey: { name: 'pk', type: ddb.AttributeType.STRING },
  sortKey: { name: 'sk', type: ddb.AttributeType.STRING },
  billingMode: ddb.BillingMode.PAY_PER_REQUEST,
  stream: ddb.StreamViewType.NEW_AND_OLD_IMAGES,
  removalPolicy: cdk.RemovalPolicy.DESTROY,
});
const failed = new sqs.Queue(stack, 'Failed');
const aggregate = new lambda.Function(stack, 'Aggregate', {
  runtime: lambda.Runtime.NODEJS_22_X,
  handler: 'index.handler',
  code: lambda.Code.fromInline('exports.handler = async () => ({ batchItemFailures: [] });'),
  environment: { TABLE: orders.tableName },
});
orders.grantReadWriteData(aggregate);
aggregate.addEventSource(new es.DynamoEventSource(orders, {
  startingPosition: lambda.StartingPosition.TRIM_HORIZON,
  batchSize: 100, bisectBatchOnError: true, reportBatchItemFailures: true, retryAttempts: 3,
  onFailure: new es.SqsDlq(failed),
}));
new cdk.CfnOutput(stack, 'TableName', { value: orders.tableName });
new cdk.CfnOutput(stack, 'StreamArn', { value: orders.tableStreamArn });
