import { execFile } from 'node:child_process'
import { access, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { findPostgres } from '../test/programs.ts'
import type { CeilingScript } from './ceiling-script.ts'

/** pgbench with one script. */
export type Pgbench = {
  /** @returns transactions, which are sign-ins, per second */
  run(load: { concurrency: number; durationMs: number } | { transactions: number }): Promise<number>
  close(): Promise<void>
}

/** @throws Error when there is no pgbench on this machine */
export async function openPgbench(databaseUrl: string, script: CeilingScript): Promise<Pgbench> {
  const program = await findPgbench()
  const folder = await mkdtemp(path.join(tmpdir(), 'trunkline-bench-'))
  const file = path.join(folder, 'sign-in.sql')
  await writeFile(file, script.text)
  const url = new URL(databaseUrl)
  const fixed = [
    '--no-vacuum',
    '--protocol=prepared',
    ...['--file', file],
    ...['--host', url.hostname, '--port', url.port, '--username', url.username],
    ...[...script.variables].flatMap(([name, value]) => ['-D', `${name}=${value}`]),
  ]
  return {
    async run(load) {
      const size =
        'transactions' in load
          ? ['--client=1', `--transactions=${load.transactions}`]
          : [
              `--client=${load.concurrency}`,
              `--jobs=${Math.min(2, load.concurrency)}`,
              `--time=${Math.ceil(load.durationMs / 1000)}`,
            ]
      const { stdout, stderr } = await promisify(execFile)(program, [
        ...fixed,
        ...size,
        url.pathname.slice(1),
      ])
      const failed = /number of failed transactions: (\d+)/.exec(stdout)?.[1] ?? '0'
      const rate = /tps = ([\d.]+) \(without/.exec(stdout)?.[1]
      if (rate === undefined || failed !== '0') throw new Error(`pgbench: ${stdout}${stderr}`)
      return Number(rate)
    },
    close: () => rm(folder, { recursive: true, force: true }),
  }
}

async function findPgbench(): Promise<string> {
  const folders = [await findPostgres(), ...(process.env.PATH ?? '').split(path.delimiter)]
  for (const folder of folders) {
    if (folder === undefined) continue
    const file = path.join(folder, 'pgbench')
    if (
      await access(file).then(
        () => true,
        () => false,
      )
    )
      return file
  }
  throw new Error('pgbench is not on this machine')
}
