// A table of orders, and one of totals that a function computes from the changes of the first.
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { CfnOutput, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib'
import { AttributeType, BillingMode, StreamViewType, Table } from 'aws-cdk-lib/aws-dynamodb'
import { Code, Function, Runtime, StartingPosition } from 'aws-cdk-lib/aws-lambda'
import { DynamoEventSource, SqsDlq } from 'aws-cdk-lib/aws-lambda-event-sources'
import { Queue } from 'aws-cdk-lib/aws-sqs'

const here = dirname(fileURLToPath(import.meta.url))

const echo = `exports.handler = async (event) => {
  for (const record of event.Records) console.log(record.eventName, JSON.stringify(record.dynamodb.NewImage ?? {}))
}`

export class OrdersStack extends Stack {
  constructor(scope, id, props) {
    super(scope, id, props)

    const orders = new Table(this, 'Orders', {
      partitionKey: { name: 'id', type: AttributeType.STRING },
      stream: StreamViewType.NEW_AND_OLD_IMAGES,
      billingMode: BillingMode.PAY_PER_REQUEST,
      removalPolicy: RemovalPolicy.DESTROY,
    })
    const totals = new Table(this, 'Totals', {
      partitionKey: { name: 'product', type: AttributeType.STRING },
      billingMode: BillingMode.PAY_PER_REQUEST,
      removalPolicy: RemovalPolicy.DESTROY,
    })
    const failed = new Queue(this, 'Failed', { retentionPeriod: Duration.days(14) })

    const aggregate = new Function(this, 'Aggregate', {
      runtime: Runtime.NODEJS_22_X,
      handler: 'index.handler',
      code: Code.fromAsset(join(here, 'functions/aggregate')),
      environment: { TOTALS: totals.tableName },
      timeout: Duration.seconds(10),
    })
    totals.grantWriteData(aggregate)
    aggregate.addEventSource(
      new DynamoEventSource(orders, {
        startingPosition: StartingPosition.TRIM_HORIZON,
        batchSize: 50,
        bisectBatchOnError: true,
        retryAttempts: 2,
        onFailure: new SqsDlq(failed),
      }),
    )

    const printer = new Function(this, 'Echo', {
      runtime: Runtime.NODEJS_22_X,
      handler: 'index.handler',
      code: Code.fromInline(echo),
    })
    printer.addEventSource(new DynamoEventSource(orders, { startingPosition: StartingPosition.LATEST, batchSize: 5 }))

    new CfnOutput(this, 'OrdersTable', { value: orders.tableName })
    new CfnOutput(this, 'TotalsTable', { value: totals.tableName })
    new CfnOutput(this, 'FailedQueue', { value: failed.queueUrl })
    new CfnOutput(this, 'AggregateFunction', { value: aggregate.functionName })
    new CfnOutput(this, 'EchoFunction', { value: printer.functionName })
  }
}
