// An app that is another one at each step of its life, as variables of the environment say.
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { App, CfnOutput, CfnResource, RemovalPolicy, Stack } from 'aws-cdk-lib'
import { AttributeType, BillingMode, StreamViewType, Table } from 'aws-cdk-lib/aws-dynamodb'
import { Code, Function, Runtime, StartingPosition } from 'aws-cdk-lib/aws-lambda'
import { DynamoEventSource } from 'aws-cdk-lib/aws-lambda-event-sources'
import { StringParameter } from 'aws-cdk-lib/aws-ssm'
import { Queue } from 'aws-cdk-lib/aws-sqs'

const here = dirname(fileURLToPath(import.meta.url))
const { KEY = 'id', FAILS, WITH_IMPORTED } = process.env

class CycleStack extends Stack {
  constructor(scope, id) {
    super(scope, id)
    const table = new Table(this, 'Table', {
      partitionKey: { name: KEY, type: AttributeType.STRING },
      stream: StreamViewType.NEW_IMAGE,
      billingMode: BillingMode.PAY_PER_REQUEST,
      removalPolicy: RemovalPolicy.DESTROY,
    })
    const reader = new Function(this, 'Reader', {
      runtime: Runtime.NODEJS_22_X,
      handler: 'index.handler',
      code: Code.fromAsset(join(here, 'functions/reader')),
      environment: { TABLE: table.tableName },
    })
    reader.addEventSource(new DynamoEventSource(table, { startingPosition: StartingPosition.TRIM_HORIZON }))
    const queue = new Queue(this, 'Queue')
    new StringParameter(this, 'Parameter', { parameterName: '/cycle/queue', stringValue: queue.queueUrl })
    if (FAILS) {
      const mapping = new CfnResource(this, 'Broken', {
        type: 'AWS::Lambda::EventSourceMapping',
        properties: {
          FunctionName: reader.functionName,
          EventSourceArn: table.tableStreamArn,
          StartingPosition: 'SOMEWHERE',
        },
      })
      mapping.node.addDependency(new Queue(this, 'Beside'))
    }
    new CfnOutput(this, 'TableName', { value: table.tableName })
    new CfnOutput(this, 'FunctionName', { value: reader.functionName })
    new CfnOutput(this, 'QueueUrl', { value: queue.queueUrl })
  }
}

class ImportedStack extends Stack {
  constructor(scope, id) {
    super(scope, id)
    new Table(this, 'Imported', {
      tableName: 'already-there',
      partitionKey: { name: 'id', type: AttributeType.STRING },
      billingMode: BillingMode.PAY_PER_REQUEST,
      removalPolicy: RemovalPolicy.RETAIN,
    })
  }
}

const app = new App()
new CycleStack(app, 'Cycle')
if (WITH_IMPORTED) new ImportedStack(app, 'Imported')
