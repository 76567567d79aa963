// npm dynamodb-stream in headless Chromium: the same walkthrough from a page of another origin, so with
// preflight requests and CORS headers; and the browser's view of an error and of a foreign origin.
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { dirname, join } from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { chromium } from 'playwright-core'
import { EXPECTED } from './replica.mjs'
import { Server, credentials } from './server.mjs'

const here = dirname(fileURLToPath(import.meta.url))
let server, pages, browser, origin

before(async () => {
  server = await Server.start()
  const bundle = await build({
    entryPoints: [join(here, 'replica.mjs')],
    bundle: true, write: false, format: 'iife', globalName: 'walkthrough', platform: 'browser',
    define: { 'process.env.NODE_ENV': '"production"', global: 'globalThis' },
    alias: { events: join(here, 'events_for_browsers.mjs') },
  })
  pages = createServer((request, response) => {
    if (request.url === '/bundle.js') {
      response.setHeader('content-type', 'text/javascript').end(bundle.outputFiles[0].contents)
    } else {
      response.setHeader('content-type', 'text/html').end('<!doctype html><title>replica</title><script src="/bundle.js"></script>')
    }
  })
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
  await server?.stop()
})

test('a replica in a page follows the table', async () => {
  const page = await browser.newPage()
  await page.goto(origin)
  const config = { endpoint: server.endpoint, region: 'us-west-2', credentials }
  const seen = await page.evaluate(async (config) => {
    const { events, local } = await globalThis.walkthrough.replicate(config)
    return { events, local }
  }, config)
  assert.deepEqual(seen, EXPECTED)
})

test('a page reads the error, not "failed to fetch"', async () => {
  const page = await browser.newPage()
  await page.goto(origin)
  const config = { endpoint: server.endpoint, region: 'us-west-2', credentials }
  const name = await page.evaluate(async (config) => {
    const replica = new globalThis.walkthrough.Replica(config, 'arn:aws:dynamodb:us-west-2:000000000000:table/none/stream/2026-01-01T00:00:00.000')
    return replica.follow().then(() => 'no error', (error) => error.name)
  }, config)
  assert.equal(name, 'ResourceNotFoundException')
})

test('a page of a foreign origin is refused', async () => {
  const answer = await fetch(server.endpoint, {
    method: 'POST',
    headers: { Origin: 'https://evil.example', 'X-Amz-Target': 'DynamoDB_20120810.ListTables' },
    body: '{}',
  })
  assert.equal(answer.status, 403)
  assert.equal(answer.headers.get('access-control-allow-origin'), null)
})
