// Queues by the AWS SDK for JavaScript, which checks the digests of what it sends and receives.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import {
  CreateQueueCommand,
  DeleteMessageBatchCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  QueueDoesNotExist,
  ReceiveMessageCommand,
  SQSClient,
  SendMessageBatchCommand,
  SendMessageCommand,
} from '@aws-sdk/client-sqs'
import { Server } from './server.mjs'

let server, sqs

before(async () => {
  server = await Server.start({ arguments: [] })
  sqs = new SQSClient(server.config())
})

after(async () => {
  sqs?.destroy()
  await server?.stop()
})

const create = async (QueueName, Attributes) =>
  (await sqs.send(new CreateQueueCommand({ QueueName, Attributes }))).QueueUrl
const receive = async (QueueUrl, more = {}) =>
  (await sqs.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, ...more }))).Messages ?? []

test('a message with attributes comes to whoever waits for it', async () => {
  const QueueUrl = await create('waited-for')
  const waiting = receive(QueueUrl, { WaitTimeSeconds: 20, MessageAttributeNames: ['All'] })
  await sqs.send(
    new SendMessageCommand({
      QueueUrl,
      MessageBody: 'Grüße, 世界 🌍',
      MessageAttributes: {
        kind: { DataType: 'String', StringValue: 'greeting' },
        count: { DataType: 'Number.int', StringValue: '3' },
        raw: { DataType: 'Binary', BinaryValue: new Uint8Array([0, 255, 7]) },
      },
    }),
  )
  const [message, ...others] = await waiting
  assert.deepEqual(others, [])
  assert.equal(message.Body, 'Grüße, 世界 🌍')
  assert.equal(message.MessageAttributes.kind.StringValue, 'greeting')
  assert.deepEqual([...message.MessageAttributes.raw.BinaryValue], [0, 255, 7])
  await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: message.ReceiptHandle }))
  const AttributeNames = ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible']
  const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames }))
  assert.deepEqual(Attributes, {
    ApproximateNumberOfMessages: '0',
    ApproximateNumberOfMessagesNotVisible: '0',
  })
})

test('a batch is sent, received and deleted, and of a bad one each entry is told', async () => {
  const QueueUrl = await create('batches')
  const Entries = Array.from({ length: 10 }, (_, n) => ({ Id: `e${n}`, MessageBody: `body ${n}` }))
  const sent = await sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries }))
  assert.equal(sent.Successful.length, 10)
  const received = await receive(QueueUrl)
  assert.deepEqual(received.map((message) => message.Body).sort(), Entries.map((entry) => entry.MessageBody).sort())
  const handles = received.map((message, n) => ({ Id: `e${n}`, ReceiptHandle: message.ReceiptHandle }))
  handles[3].ReceiptHandle = 'nonsense'
  const deleted = await sqs.send(new DeleteMessageBatchCommand({ QueueUrl, Entries: handles }))
  assert.equal(deleted.Successful.length, 9)
  assert.deepEqual(deleted.Failed.map(({ Id, SenderFault }) => ({ Id, SenderFault })), [{ Id: 'e3', SenderFault: true }])
})

test('a FIFO queue keeps order in its groups, and takes nothing twice', async () => {
  const QueueUrl = await create('ordered.fifo', { FifoQueue: 'true', ContentBasedDeduplication: 'true' })
  const send = (MessageBody, MessageGroupId) =>
    sqs.send(new SendMessageCommand({ QueueUrl, MessageBody, MessageGroupId }))
  const first = await send('one', 'a')
  assert.equal((await send('one', 'a')).MessageId, first.MessageId)
  await send('two', 'a')
  await send('other', 'b')
  const received = await receive(QueueUrl)
  const of = (group) => received.filter(({ Body }) => (Body === 'other') === (group === 'b')).map(({ Body }) => Body)
  assert.deepEqual([of('a'), of('b')], [['one', 'two'], ['other']])
  assert.deepEqual(await receive(QueueUrl), [], 'both groups are held back')
})

test('an error is the error of the SDK', async () => {
  const QueueUrl = `${server.endpoint}/000000000000/nowhere`
  await assert.rejects(receive(QueueUrl), (error) => error instanceof QueueDoesNotExist)
})
