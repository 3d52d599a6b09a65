import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { globSync } from 'node:fs'
import { test } from 'node:test'

/**
 * Files named `*.own-process.test.ts` change what a process has only once, so each gets its own. They
 * run here to be counted with all others.
 */
for (const file of globSync(['src/**/*.own-process.test.ts', 'test/**/*.own-process.test.ts'])) {
  test(`every test of ${file} passes`, async () => {
    // The runner's variable would make the child report to this runner in place of us.
    const { NODE_TEST_CONTEXT: _context, ...env } = process.env
    const child = spawn(process.execPath, ['--test', '--test-isolation=none', file], { env })
    const output: string[] = []
    child.stdout.on('data', (data) => output.push(String(data)))
    child.stderr.on('data', (data) => output.push(String(data)))

    const [code] = await once(child, 'close')

    assert.equal(code, 0, output.join(''))
  })
}
