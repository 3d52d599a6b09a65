import { readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

/** What a launched Node runs: a file with all that it imports, or a text. */
export type LaunchProgram =
  | { kind: 'files'; root: string; entry: string; files: readonly string[] }
  | { kind: 'text'; text: string; args: readonly string[] }

const root = fileURLToPath(new URL('../..', import.meta.url))

/** The program inside a worker. Its files are named one by one: nothing else of the host is shown to it. */
export function workerProgram(): LaunchProgram {
  const entry = 'src/actions/child/main.ts'
  // Says that the files are modules.
  const files = new Set(['package.json'])
  collect(entry, files)
  return { kind: 'files', root, entry, files: [...files] }
}

/** Adds a file and, through its imports, every file of ours that it needs. */
function collect(file: string, files: Set<string>): void {
  if (files.has(file)) return
  files.add(file)
  const code = readFileSync(path.join(root, file), 'utf8')
  // A type is gone before the file runs.
  const values = code.replace(/^(?:import|export) type [^']*'[^']+'/gm, '')
  for (const [, specifier] of values.matchAll(/(?:\bfrom|\bimport|\brequire\()\s*'(\.[^']+)'/g)) {
    if (specifier !== undefined) collect(path.join(path.dirname(file), specifier), files)
  }
}
