import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { createEmptyDatabase } from '../postgres-cluster.ts'
import { type CrashReport, crashRounds } from './rounds.ts'

function assertClean({ lost, doubled, stuck }: CrashReport): void {
  assert.deepEqual({ lost, doubled, stuck }, { lost: [], doubled: [], stuck: [] })
}

test('PostgreSQL: a process killed at any step loses nothing and doubles nothing unmarked', async () => {
  const { url, drop } = await createEmptyDatabase()

  const report = await crashRounds(url, 20)

  assertClean(report)
  assert.ok(report.messages > 10)
  await drop()
})

test('PGlite: a process killed at any step loses nothing and doubles nothing unmarked', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'trunkline-crash-'))

  const report = await crashRounds(`pglite:${folder}/db`, 7)

  assertClean(report)
  await rm(folder, { recursive: true })
})
