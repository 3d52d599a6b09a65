import { readFile, writeFile } from 'node:fs/promises'
import { silentLogger } from '../src/base/logger.ts'
import { migrate } from '../src/store/migrations.ts'
import { openPglite } from '../src/store/pglite.ts'
import { describeSchema } from './schema-text.ts'

/** `npm run gen` writes every generated file; with `--check` it writes none and fails on a difference. */
const generators: readonly { file: string; generate: () => Promise<string> }[] = [
  { file: 'src/store/schema.gen.sql', generate: generateSchema },
]

async function generateSchema(): Promise<string> {
  const db = await openPglite('memory', { log: silentLogger, checkRows: true })
  try {
    await migrate(db)
    return await describeSchema(db)
  } finally {
    await db.close()
  }
}

const check = process.argv.includes('--check')
for (const { file, generate } of generators) {
  const place = new URL(`../${file}`, import.meta.url)
  const text = await generate()
  if (text === (await readFile(place, 'utf8').catch(() => ''))) continue
  if (check) {
    process.stderr.write(`${file} is out of date: run npm run gen\n`)
    process.exitCode = 1
  } else {
    await writeFile(place, text)
    process.stdout.write(`wrote ${file}\n`)
  }
}
