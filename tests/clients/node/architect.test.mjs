// Architect's sandbox with an external database, its tables-streams function fed by a poller, and OneTable
// deleting and creating the table with a stream, as the walkthrough tells.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { dirname, join } from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { Table } from 'dynamodb-onetable'
import { Dynamo } from 'dynamodb-onetable/Dynamo'
import { Server, eventually, freePort } from './server.mjs'

const here = dirname(fileURLToPath(import.meta.url))
const schema = {
  format: 'onetable:1.1.0',
  version: '0.0.1',
  indexes: { primary: { hash: 'pk', sort: 'sk' } },
  models: {
    Organisation: {
      pk: { type: String, value: 'account:${slug}' },
      sk: { type: String, value: 'account:${slug}' },
      id: { type: String, generate: 'ulid' },
      slug: { type: String, required: true },
      name: { type: String },
    },
  },
  params: { isoDates: true, timestamps: true },
}
let server, sandbox, output = ''

const table = () => {
  const config = { ...server.config('ddblocal') }
  const client = new Dynamo({ client: new DynamoDBClient(config) })
  return new Table({ name: 'walkthrough-staging-notes', client, schema, partial: false, logger: false })
}

before(async () => (server = await Server.start()))

after(async () => {
  // One that has ended by itself says so only once.
  if (sandbox && sandbox.exitCode === null && sandbox.signalCode === null) {
    sandbox.kill('SIGINT')
    await new Promise((resolve) => sandbox.once('exit', resolve))
  }
  await server?.stop()
})

async function recreate() {
  const notes = table()
  if (await notes.exists()) await notes.deleteTable('DeleteTableForever')
  await notes.createTable({ StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_IMAGE' } })
  return notes
}

async function startSandbox() {
  const http = await freePort()
  sandbox = spawn(process.execPath, [join(here, 'node_modules/@architect/architect/src/index.js'), 'sandbox', '--port', String(http)], {
    cwd: join(here, 'architect'),
    env: {
      ...process.env, ARC_DB_EXTERNAL: 'true', ARC_TABLES_PORT: String(server.port), ARC_ENV: 'testing',
      AWS_REGION: 'ddblocal', AWS_ACCESS_KEY_ID: 'xxx', AWS_SECRET_ACCESS_KEY: 'xxx', CI: '1',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  for (const stream of [sandbox.stdout, sandbox.stderr]) stream.on('data', (data) => (output += data))
  await eventually('the sandbox answers', async () => (await fetch(`http://localhost:${http}/`)).ok, 60_000).catch((error) => {
    throw new Error(`${error.message}\n${output}`)
  })
  // Its poller reads from LATEST: what is written before it has asked is not for it.
  await eventually('the poller has started', () => output.includes('Ran Sandbox startup plugin'), 60_000)
}

/** The records that the function was given. */
const seen = () =>
  [...output.matchAll(/^\s*seen (\{.*\})\s*$/gm)].flatMap(([, event]) => JSON.parse(event).Records)

test('OneTable deletes and creates a table with no wait, and its stream feeds the sandbox', async () => {
  await recreate()
  const notes = await recreate()
  await startSandbox()
  const organisation = notes.getModel('Organisation')
  await organisation.create({ slug: 'si-novi', name: 'Si Novi' })
  await organisation.update({ slug: 'si-novi', name: 'Si Novi Ltd' })
  await organisation.remove({ slug: 'si-novi' })
  const records = await eventually('three records', async () => {
    const records = seen()
    return records.length >= 3 && records
  }).catch((error) => {
    throw new Error(`${error.message}\n${output}`)
  })
  assert.deepEqual(records.map((record) => record.eventName), ['INSERT', 'MODIFY', 'REMOVE'])
  const [insert, modify, remove] = records
  assert.equal(insert.awsRegion, 'ddblocal')
  assert.equal(insert.eventSource, 'aws:dynamodb')
  assert.equal(insert.eventVersion, '1.1')
  assert.equal(insert.dynamodb.StreamViewType, 'NEW_IMAGE')
  assert.deepEqual(insert.dynamodb.Keys, { pk: { S: 'account:si-novi' }, sk: { S: 'account:si-novi' } })
  assert.equal(insert.dynamodb.NewImage.slug.S, 'si-novi')
  assert.equal(modify.dynamodb.NewImage.name.S, 'Si Novi Ltd')
  assert.equal(modify.dynamodb.OldImage, undefined)
  assert.equal(remove.dynamodb.NewImage, undefined)
  assert.equal(insert.eventSourceARN, undefined)
  assert.ok(BigInt(insert.dynamodb.SequenceNumber) < BigInt(modify.dynamodb.SequenceNumber))
})
