// The AWS SDK for JavaScript v3, unmodified: the client, the document client, paginators and waiters.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import {
  ConditionalCheckFailedException,
  CreateTableCommand,
  DeleteTableCommand,
  DynamoDBClient,
  ResourceNotFoundException,
  TransactionCanceledException,
  waitUntilTableExists,
  waitUntilTableNotExists,
} from '@aws-sdk/client-dynamodb'
import {
  BatchGetCommand,
  BatchWriteCommand,
  DeleteCommand,
  DynamoDBDocumentClient,
  GetCommand,
  paginateQuery,
  paginateScan,
  PutCommand,
  TransactWriteCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb'
import { Server } from './server.mjs'

let server, client, document
const TableName = 'orders'

before(async () => {
  server = await Server.start()
  client = new DynamoDBClient(server.config())
  document = DynamoDBDocumentClient.from(client)
  await client.send(
    new CreateTableCommand({
      TableName,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [
        { AttributeName: 'pk', AttributeType: 'S' },
        { AttributeName: 'sk', AttributeType: 'N' },
        { AttributeName: 'status', AttributeType: 'S' },
      ],
      KeySchema: [
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ],
      GlobalSecondaryIndexes: [
        {
          IndexName: 'by-status',
          KeySchema: [
            { AttributeName: 'status', KeyType: 'HASH' },
            { AttributeName: 'sk', KeyType: 'RANGE' },
          ],
          Projection: { ProjectionType: 'ALL' },
        },
      ],
    }),
  )
  await waitUntilTableExists({ client, maxWaitTime: 60 }, { TableName })
})

after(async () => {
  await client.send(new DeleteTableCommand({ TableName }))
  await waitUntilTableNotExists({ client, maxWaitTime: 60 }, { TableName })
  client.destroy()
  assert.equal(await server.stop(), 0, 'a stop signal ends the server with status 0')
})

test('an item of every type comes back as it was put', async () => {
  const Item = {
    pk: 'types', sk: 1, text: 'grüße "quoted" \\ \n', empty: '', yes: true, nothing: null,
    bytes: new Uint8Array([0, 255, 128]), list: [1, 'two', [3]], map: { deep: { deeper: { value: -0.5 } } },
    strings: new Set(['b', 'a']), numbers: new Set([2, 10, -1]),
  }
  await document.send(new PutCommand({ TableName, Item }))
  const answer = await document.send(new GetCommand({ TableName, Key: { pk: 'types', sk: 1 }, ConsistentRead: true }))
  assert.deepEqual(answer.Item, Item)
})

test('a condition that fails is the exception that programs catch, with the item', async () => {
  const Item = { pk: 'condition', sk: 1, owner: 'ada' }
  await document.send(new PutCommand({ TableName, Item }))
  const again = new PutCommand({
    TableName, Item, ConditionExpression: 'attribute_not_exists(pk)', ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
  })
  await assert.rejects(document.send(again), (error) => {
    assert.ok(error instanceof ConditionalCheckFailedException)
    assert.equal(error.message, 'The conditional request failed')
    assert.deepEqual(error.Item.owner, { S: 'ada' })
    return true
  })
})

test('an update returns what it changed', async () => {
  const Key = { pk: 'counter', sk: 0 }
  const update = (ReturnValues) =>
    document.send(
      new UpdateCommand({
        TableName, Key, UpdateExpression: 'SET seen = if_not_exists(seen, :no) ADD hits :one',
        ExpressionAttributeValues: { ':one': 1, ':no': false }, ReturnValues,
      }),
    )
  assert.deepEqual((await update('ALL_NEW')).Attributes, { ...Key, hits: 1, seen: false })
  assert.deepEqual((await update('UPDATED_NEW')).Attributes, { hits: 2, seen: false })
  assert.deepEqual((await update('UPDATED_OLD')).Attributes, { hits: 2, seen: false })
  const removed = await document.send(new DeleteCommand({ TableName, Key, ReturnValues: 'ALL_OLD' }))
  assert.equal(removed.Attributes.hits, 3)
})

test('batches, query and scan pages, on the table and its index', async () => {
  for (let from = 0; from < 100; from += 25) {
    const requests = Array.from({ length: 25 }, (_, i) => ({
      PutRequest: { Item: { pk: 'page', sk: from + i, status: (from + i) % 2 ? 'odd' : 'even', pad: 'x'.repeat(20_000) } },
    }))
    const answer = await document.send(new BatchWriteCommand({ RequestItems: { [TableName]: requests } }))
    assert.deepEqual(answer.UnprocessedItems, {})
  }
  const query = { TableName, KeyConditionExpression: 'pk = :p AND sk >= :s', ExpressionAttributeValues: { ':p': 'page', ':s': 10 } }
  const seen = []
  let pages = 0
  for await (const page of paginateQuery({ client: document }, query)) {
    pages += 1
    seen.push(...page.Items.map((item) => item.sk))
  }
  assert.ok(pages > 1, '1.8 MB are more than one page')
  assert.deepEqual(seen, Array.from({ length: 90 }, (_, i) => i + 10))

  const even = []
  const index = {
    TableName, IndexName: 'by-status', KeyConditionExpression: '#s = :s', ExpressionAttributeNames: { '#s': 'status' },
    ExpressionAttributeValues: { ':s': 'even' }, ScanIndexForward: false,
  }
  for await (const page of paginateQuery({ client: document }, index)) even.push(...page.Items.map((item) => item.sk))
  assert.deepEqual(even, Array.from({ length: 50 }, (_, i) => 98 - 2 * i))

  const segments = await Promise.all(
    [0, 1, 2, 3].map(async (Segment) => {
      const found = []
      const scan = { TableName, TotalSegments: 4, Segment, FilterExpression: 'pk = :p', ExpressionAttributeValues: { ':p': 'page' } }
      for await (const page of paginateScan({ client: document }, scan)) found.push(...page.Items.map((item) => item.sk))
      return found
    }),
  )
  assert.deepEqual(segments.flat().sort((a, b) => a - b), Array.from({ length: 100 }, (_, i) => i))

  const batch = await document.send(
    new BatchGetCommand({ RequestItems: { [TableName]: { Keys: [{ pk: 'page', sk: 3 }, { pk: 'page', sk: 1000 }] } } }),
  )
  assert.deepEqual(batch.Responses[TableName].map((item) => item.sk), [3])
})

test('a transaction happens whole or not at all', async () => {
  const put = (sk, condition) => ({
    Put: { TableName, Item: { pk: 'tx', sk }, ...(condition && { ConditionExpression: condition }) },
  })
  await document.send(new TransactWriteCommand({ TransactItems: [put(1), put(2)] }))
  const failing = new TransactWriteCommand({ TransactItems: [put(3), put(1, 'attribute_not_exists(pk)')] })
  await assert.rejects(document.send(failing), (error) => {
    assert.ok(error instanceof TransactionCanceledException)
    assert.deepEqual(error.CancellationReasons.map((reason) => reason.Code), ['None', 'ConditionalCheckFailed'])
    return true
  })
  const third = await document.send(new GetCommand({ TableName, Key: { pk: 'tx', sk: 3 } }))
  assert.equal(third.Item, undefined)
})

test('a table that is not there', async () => {
  await assert.rejects(document.send(new GetCommand({ TableName: 'nowhere', Key: { pk: 'a' } })), ResourceNotFoundException)
})
