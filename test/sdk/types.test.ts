import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { testServer } from '../harness.ts'
import { knownDifferences as known } from './known-differences.ts'
import { typeProgram } from './type-program.ts'

const sorted = (table: Readonly<Record<string, readonly string[]>>) =>
  Object.fromEntries(
    Object.entries(table)
      .map(([operation, members]) => [operation, [...members].sort()] as const)
      .sort(([one], [other]) => (one < other ? -1 : 1)),
  )

const root = fileURLToPath(new URL('../..', import.meta.url))

test("the package's types and the document's differ only where it is known, and why", async (t) => {
  const server = await testServer()
  const { body: document } = await server.get('/api/v2/openapi.json')
  const folder = await mkdtemp(join(tmpdir(), 'trunkline-types-'))
  t.after(() => rm(folder, { recursive: true }))
  const { source, comparisons } = typeProgram(
    document,
    join(root, 'node_modules/auth0/dist/esm/index.mjs'),
  )
  await writeFile(join(folder, 'program.mts'), source)

  const reported = await compile(folder)

  const found: Record<string, string[]> = {}
  for (const { name, kind, line } of comparisons) {
    const message = reported.get(line)
    if (message !== undefined) found[`${name} ${kind}`] = message
  }
  const expected = Object.fromEntries(known.map(({ operation, members }) => [operation, members]))
  assert.deepEqual(sorted(found), sorted(expected))
  assert.ok(comparisons.length > 100, 'the document has most of its operations in the package')
})

/** The members that differ, by line of the program. */
async function compile(folder: string): Promise<Map<number, string[]>> {
  const output = await new Promise<string>((resolve) => {
    execFile(
      process.execPath,
      [
        join(root, 'node_modules/typescript/bin/tsc'),
        ...['--noEmit', '--strict', '--skipLibCheck', '--noErrorTruncation', '--pretty', 'false'],
        ...['--target', 'esnext', '--module', 'nodenext', '--types', 'node'],
        ...['--typeRoots', join(root, 'node_modules/@types')],
        join(folder, 'program.mts'),
      ],
      { cwd: folder, maxBuffer: 100_000_000 },
      (_error, stdout) => resolve(stdout),
    )
  })
  const reported = new Map<number, string[]>()
  for (const line of output.split('\n')) {
    const [, at, message] =
      /^program\.mts\((\d+),\d+\): error TS2322: Type '(.*)' is not assignable to type 'never'/.exec(
        line,
      ) ?? []
    if (at !== undefined && message !== undefined) {
      reported.set(
        Number(at),
        [...message.matchAll(/"([^"]+)!"/g)].map(([, member = '']) => member),
      )
    } else if (/error TS/.test(line)) assert.fail(`the program itself is wrong: ${line}`)
  }
  return reported
}
