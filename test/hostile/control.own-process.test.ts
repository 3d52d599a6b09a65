/** Shows that the hostile Actions bite: without a wall around them they reach what they aim at. */
import assert from 'node:assert/strict'
import path from 'node:path'
import { test } from 'node:test'
import { runBare } from './bare-node.ts'
import { openDecoys } from './decoys.ts'
import { hostileSnippets } from './snippets.ts'

const expected: Readonly<Record<string, RegExp>> = {
  'asks process and module for capabilities': /BREACH readFileSync canary-/,
  'requires every module that it should not have': /BREACH spawnSync run.*BREACH vm \d/s,
  'imports in every way there is': /BREACH readFileSync canary-/,
  'builds functions from constructors of what it was given': /BREACH env canary/,
  'listens, and asks name servers of its own': /BREACH listen \d/,
  'reads environment and files': /BREACH env canary.*canary-/s,
  'signals its host and its neighbours': /BREACH signal/,
  'reaches for a database on loopback by every client': /BREACH connected/,
  'connects to sockets in files and in the abstract namespace': /tried 12/,
  'gives hosts and ports that are no hosts and ports': /BREACH connected/,
  'follows a redirect from an allowed host': /BREACH connected/,
  'scans ninety ports': /BREACH connected/,
}

test('a Node without walls lets them through', async () => {
  const decoys = await openDecoys()
  const folder = path.dirname(decoys.addresses.canaryFile)
  try {
    for (const [name, pattern] of Object.entries(expected)) {
      const snippet = hostileSnippets.find((each) => each.name === name)
      const event = { decoys: decoys.addresses, secrets: {} }

      const output = await runBare(snippet?.code ?? '', event, folder)

      assert.match(output, pattern, name)
    }
    const touched = await decoys.touched()
    for (const each of ['tcp', 'udp', 'unix', 'abstract', 'signal SIGUSR1', 'the process']) {
      assert.ok(touched.includes(each), `${each} was not reached: ${touched}`)
    }
  } finally {
    await decoys.close()
  }
})
