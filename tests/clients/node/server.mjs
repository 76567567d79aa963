// Starts the server under test on a free port, for one test file, and stops it afterwards.
import { spawn } from 'node:child_process'
import { rmSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const here = dirname(fileURLToPath(import.meta.url))
const binary = process.env.TAILWATER_BIN ?? resolve(here, '../../../target/release/tailwater')

export const credentials = { accessKeyId: 'FAKE', secretAccessKey: 'FAKE' }

export function freePort() {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address()
      probe.close(() => resolve(port))
    })
  })
}

/** Calls `attempt` until it answers something, or fails when the deadline has passed. */
export async function eventually(what, attempt, deadlineMs = 20_000) {
  const deadline = Date.now() + deadlineMs
  let last
  for (;;) {
    try {
      const answer = await attempt()
      if (answer) return answer
    } catch (error) {
      last = error
    }
    if (Date.now() > deadline) throw new Error(`not within ${deadlineMs} ms: ${what}`, { cause: last })
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

/** A server with a data directory of its own, so that it can be restarted. */
export class Server {
  static async start(options = {}) {
    const server = new Server()
    server.port = options.port ?? (await freePort())
    server.directory = await mkdtemp(join(tmpdir(), 'tailwater-'))
    server.arguments = options.arguments ?? []
    await server.launch()
    return server
  }

  get endpoint() {
    return `http://localhost:${this.port}`
  }

  /** What an SDK client needs. */
  config(region = 'us-west-2') {
    return { endpoint: this.endpoint, region, credentials }
  }

  async launch() {
    const data = join(this.directory, 'data')
    this.child = spawn(binary, ['serve', '--port', String(this.port), '--data-dir', data, ...this.arguments], {
      stdio: ['ignore', 'ignore', 'inherit'],
    })
    // A test file that fails before it can stop its server must still be able to end, and leaves nothing behind.
    const { child, directory } = this
    process.once('exit', () => {
      child.kill('SIGKILL')
      rmSync(directory, { recursive: true, force: true })
    })
    child.unref()
    this.exited = new Promise((resolve) => this.child.once('exit', (code, signal) => resolve({ code, signal })))
    await eventually('the server is ready', async () => {
      if (this.child.exitCode !== null) throw new Error(`the server ended with ${this.child.exitCode}`)
      const answer = await fetch(`${this.endpoint}/_tailwater/health`)
      return answer.ok
    })
  }

  async kill(signal = 'SIGTERM') {
    this.child.ref()
    this.child.kill(signal)
    return this.exited
  }

  async restart(signal = 'SIGTERM') {
    await this.kill(signal)
    await this.launch()
  }

  async stop() {
    const { code } = await this.kill()
    await rm(this.directory, { recursive: true, force: true })
    return code
  }

  /** Moves service time. */
  async advanceClock(ms) {
    const answer = await fetch(`${this.endpoint}/_tailwater/clock`, {
      method: 'POST',
      body: JSON.stringify({ advance_ms: ms }),
    })
    if (!answer.ok) throw new Error(`the clock answered ${answer.status}: ${await answer.text()}`)
  }
}
