// npm dynamodb-stream in Node: both examples of its walkthrough, across rollover, restart and expiry.
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { after, before, test } from 'node:test'
import { createTable, EXPECTED, Replica, replicate } from './replica.mjs'
import { Server } from './server.mjs'

let server
before(async () => (server = await Server.start()))
after(async () => server.stop())

test('a replica of a small table follows its changes', async (t) => {
  const { arn, events, local, replica } = await replicate(server.config())
  assert.deepEqual(events, EXPECTED.events)
  assert.deepEqual(local, EXPECTED.local)

  await t.test('no change is missed when a shard rolls over', async () => {
    replica.events = []
    await replica.put({ pk: 'c', n: 1 })
    const rolled = await fetch(`${server.endpoint}/_tailwater/streams/roll`, {
      method: 'POST',
      body: JSON.stringify({ stream_arn: arn }),
    })
    assert.equal(rolled.status, 200, await rolled.text())
    await replica.follow()
    await replica.put({ pk: 'c', n: 2 })
    await replica.follow()
    await replica.follow()
    const changes = replica.events.filter(([kind]) => !kind.endsWith('shards'))
    assert.deepEqual(changes, [['insert', 'c'], ['modify', 'c', 1, 2]])
    assert.ok(replica.events.some(([kind]) => kind === 'new shards'))
  })

  await t.test('saved shard state goes on where it stopped, across a restart of the server', async () => {
    const state = JSON.parse(JSON.stringify(replica.stream.getShardState()))
    await replica.put({ pk: 'while away', n: 1 })
    await server.restart('SIGKILL')
    const second = new Replica(server.config(), arn)
    second.stream.setShardState(state)
    await second.follow()
    assert.deepEqual(second.events.filter(([kind]) => kind === 'insert'), [['insert', 'while away']])
  })

  await t.test('an expired iterator is the exception that the package handles', async () => {
    const third = new Replica(server.config(), arn)
    await third.start()
    await server.advanceClock(16 * 60 * 1000)
    // The package forgets the shards whose iterators have expired, and finds the open one again.
    await third.follow()
    assert.ok(third.events.some(([kind]) => kind === 'remove shards'))
    await third.follow()
    await third.put({ pk: 'after expiry', n: 1 })
    await third.follow()
    assert.deepEqual(third.events.filter(([kind]) => kind === 'insert'), [['insert', 'after expiry']])
  })
})

// Not what anybody wants, but what the package does; tests/consumer plays the same schedule without a loss.
test('the package loses changes without a word when it is away, and at the beginning of shards', async () => {
  const schedule = JSON.parse(await readFile(new URL('silent_losses.json', import.meta.url)))
  const elsewhere = server.config('eu-west-1')
  const arn = await createTable(elsewhere)
  const seen = new Set()
  const written = []
  const begin = (state) => {
    const replica = new Replica(elsewhere, arn)
    replica.stream.on('insert record', ({ pk }) => seen.add(pk))
    if (state) replica.stream.setShardState(state)
    return replica
  }
  let replica = begin()
  for (const step of schedule.steps) {
    for (let polls = step.poll ?? 0; polls > 0; polls--) await replica.follow()
    if (step.put) {
      await replica.put({ pk: step.put, n: 1 })
      written.push(step.put)
    }
    if (step.restart) replica = begin(JSON.parse(JSON.stringify(replica.stream.getShardState())))
    if (step.shards) {
      const done = await fetch(`${server.endpoint}/_tailwater/streams/${step.shards}`, {
        method: 'POST',
        body: JSON.stringify({ stream_arn: arn }),
      })
      assert.equal(done.status, 200, await done.text())
    }
    if (step.advance_ms) await server.advanceClock(step.advance_ms)
  }
  assert.deepEqual(written.filter((key) => !seen.has(key)), schedule.lost_by_the_package)
})
