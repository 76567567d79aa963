// Changes pushed to a page in headless Chromium, of another origin than the server's: EventSource as every browser has it,
// which connects again by itself. The page keeps a copy of the table; the server is restarted meanwhile.
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { after, before, test } from 'node:test'
import { CreateTableCommand, DeleteItemCommand, DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb'
import { chromium } from 'playwright-core'
import { Server } from './server.mjs'

const TableName = 'dogs'
let server, client, pages, browser, origin

before(async () => {
  server = await Server.start()
  client = new DynamoDBClient(server.config())
  await client.send(
    new CreateTableCommand({
      TableName,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [{ AttributeName: 'name', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'name', KeyType: 'HASH' }],
      StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_AND_OLD_IMAGES' },
    }),
  )
  pages = createServer((_, response) => response.setHeader('content-type', 'text/html').end('<!doctype html><title>dogs</title>'))
  await new Promise((resolve) => pages.listen(0, '127.0.0.1', resolve))
  origin = `http://localhost:${pages.address().port}`
  browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  })
})

after(async () => {
  await browser?.close()
  pages?.close()
  client?.destroy()
  await server?.stop()
})

const put = (name, age) => client.send(new PutItemCommand({ TableName, Item: { name: { S: name }, age: { N: String(age) } } }))

/** Follows the table in a page: its copy, and what came, are on the page's `window`. */
function follow(address) {
  const dogs = (window.dogs = {})
  const seen = (window.seen = [])
  const source = (window.source = new EventSource(address))
  const on = (kind, act) =>
    source.addEventListener(kind, (event) => {
      seen.push(kind)
      act(JSON.parse(event.data))
    })
  on('reset', () => Object.keys(dogs).forEach((name) => delete dogs[name]))
  on('item', (item) => (dogs[item.name.S] = item.age.N))
  on('synced', () => {})
  for (const kind of ['insert', 'modify']) on(kind, ({ dynamodb }) => (dogs[dynamodb.Keys.name.S] = dynamodb.NewImage.age.N))
  on('remove', ({ dynamodb }) => delete dogs[dynamodb.Keys.name.S])
  on('gap', () => {})
  on('end', () => source.close())
}

test('a page keeps a copy of the table, through rollovers and a restart of the server', async () => {
  await put('Rex', 1)
  await put('Bo', 2)
  const page = await browser.newPage()
  await page.goto(origin)
  await page.evaluate(follow, `${server.endpoint}/_tailwater/streams/subscribe?table=${TableName}&region=us-west-2&snapshot=1`)
  await page.waitForFunction(() => window.seen.includes('synced'))
  assert.deepEqual(await page.evaluate(() => window.dogs), { Rex: '1', Bo: '2' })

  await put('Rex', 3)
  await client.send(new DeleteItemCommand({ TableName, Key: { name: { S: 'Bo' } } }))
  await page.waitForFunction(() => window.seen.includes('remove'))

  await server.restart()
  const split = await fetch(`${server.endpoint}/_tailwater/streams/split`, {
    method: 'POST',
    body: JSON.stringify({ table: TableName, region: 'us-west-2' }),
  })
  assert.equal(split.status, 200)
  for (const age of [4, 5, 6]) await put('Al', age)
  await page.waitForFunction(() => window.dogs.Al === '6')
  assert.deepEqual(await page.evaluate(() => window.dogs), { Rex: '3', Al: '6' })
  // Resumed, not begun again: each change came once.
  const seen = await page.evaluate(() => window.seen)
  assert.deepEqual(seen, ['reset', 'item', 'item', 'synced', 'modify', 'remove', 'insert', 'modify', 'modify'])
  await page.close()
})

test('a page of a foreign origin gets nothing', async () => {
  const address = `${server.endpoint}/_tailwater/streams/subscribe?table=${TableName}&region=us-west-2`
  const answer = await fetch(address, { headers: { Origin: 'https://evil.example' } })
  assert.equal(answer.status, 403)
})
