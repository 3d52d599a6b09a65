/** `npm run test:crash -- ROUNDS`: that many rounds on PostgreSQL, a quarter of them on PGlite. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createEmptyDatabase } from '../postgres-cluster.ts'
import { type CrashReport, crashRounds } from './rounds.ts'

const rounds = Number(process.argv[2] ?? 200)
if (!Number.isInteger(rounds) || rounds < 1) throw new Error('ROUNDS must be a whole number')

const { url, drop } = await createEmptyDatabase()
let clean = print('PostgreSQL, two processes', await crashRounds(url, rounds))
await drop()

const folder = await mkdtemp(join(tmpdir(), 'trunkline-crash-'))
const embedded = await crashRounds(`pglite:${folder}/db`, Math.max(1, Math.ceil(rounds / 4)))
clean = print('PGlite, one process', embedded) && clean
await rm(folder, { recursive: true })
process.exit(clean ? 0 : 1)

function print(what: string, report: CrashReport): boolean {
  const { rounds: ran, messages, lost, doubled, marked, stuck } = report
  process.stdout.write(
    `${what}: ${ran} rounds, ${messages} messages, ${lost.length} lost, ${doubled.length} doubled` +
      ` without a mark, ${marked.length} doubled and marked, ${stuck.length} stuck\n`,
  )
  for (const [name, list] of Object.entries({ lost, doubled, stuck })) {
    if (list.length > 0) process.stdout.write(`  ${name}: ${list.join(', ')}\n`)
  }
  return lost.length + doubled.length + stuck.length === 0
}
