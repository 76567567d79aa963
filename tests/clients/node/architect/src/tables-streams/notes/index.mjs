// Writes down what it was called with, for the test to read.
import { appendFile } from 'node:fs/promises'

export async function handler(event) {
  await appendFile(process.env.SEEN_FILE, `${JSON.stringify(event)}\n`)
}
