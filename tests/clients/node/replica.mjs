// Walkthrough "replicating small tables" with npm dynamodb-stream: bookmark, scan, follow.
// The same code runs in Node and, bundled, in a browser page.
import { CreateTableCommand, DynamoDB, waitUntilTableExists } from '@aws-sdk/client-dynamodb'
import { DynamoDBStreams } from '@aws-sdk/client-dynamodb-streams'
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb'
import DynamoDBStream from 'dynamodb-stream'

const TableName = 'testDynamoDBStream'

export async function createTable(config) {
  const ddb = new DynamoDB(config)
  const { TableDescription } = await ddb.send(
    new CreateTableCommand({
      TableName,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
      StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_AND_OLD_IMAGES' },
    }),
  )
  await waitUntilTableExists({ client: ddb, maxWaitTime: 60 }, { TableName })
  return TableDescription.LatestStreamArn
}

/** A local copy of the table, kept right by `fetchStreamState()`. */
export class Replica {
  constructor(config, arn) {
    this.ddb = new DynamoDB(config)
    this.stream = new DynamoDBStream(new DynamoDBStreams(config), arn, unmarshall)
    this.local = new Map()
    this.events = []
    this.stream.on('insert record', (data) => {
      this.events.push(['insert', data.pk])
      this.local.set(data.pk, data)
    })
    this.stream.on('modify record', (data, old) => {
      this.events.push(['modify', data.pk, old.n, data.n])
      this.local.set(data.pk, data)
    })
    this.stream.on('remove record', (data) => {
      this.events.push(['remove', data.pk])
      this.local.delete(data.pk)
    })
    this.stream.on('new shards', (ids) => this.events.push(['new shards', ids.length]))
    this.stream.on('remove shards', (ids) => this.events.push(['remove shards', ids.length]))
  }

  async start() {
    await this.stream.fetchStreamState()
    const { Items } = await this.ddb.scan({ TableName })
    for (const item of Items.map((item) => unmarshall(item))) this.local.set(item.pk, item)
    this.events = []
  }

  follow() {
    return this.stream.fetchStreamState()
  }

  put(item) {
    return this.ddb.putItem({ TableName, Item: marshall(item) })
  }

  remove(pk) {
    return this.ddb.deleteItem({ TableName, Key: marshall({ pk }) })
  }
}

/** The walkthrough's first example; answers what was seen. */
export async function replicate(config) {
  const arn = await createTable(config)
  const replica = new Replica(config, arn)
  await replica.put({ pk: 'before', n: 0 })
  await replica.start()
  await replica.put({ pk: 'a', n: 1 })
  await replica.put({ pk: 'a', n: 2 })
  await replica.put({ pk: 'b', n: 1 })
  await replica.remove('b')
  await replica.follow()
  return { arn, events: replica.events, local: [...replica.local.values()].sort((x, y) => (x.pk < y.pk ? -1 : 1)), replica }
}

export const EXPECTED = {
  events: [['insert', 'a'], ['modify', 'a', 1, 2], ['insert', 'b'], ['remove', 'b']],
  local: [{ pk: 'a', n: 2 }, { pk: 'before', n: 0 }],
}
