import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createInterface } from 'node:readline'

/** A port of loopback that nobody listens on. */
export async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const { port } = probe.address() as AddressInfo
  probe.close()
  await once(probe, 'close')
  return port
}

/** Resolves when a program has printed a line with this word; rejects when it ends before. */
export async function lineWith(output: NodeJS.ReadableStream, word: string): Promise<void> {
  const lines = createInterface({ input: output })
  await new Promise<void>((resolve, reject) => {
    lines.on('line', (line) => line.includes(word) && resolve())
    lines.on('close', () => reject(new Error(`the program ended before it printed ${word}`)))
  })
}
