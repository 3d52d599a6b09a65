import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../', import.meta.url))

// A package of the same layout whose program only tells how it was started.
const folder = mkdtempSync(path.join(tmpdir(), 'trunkline-bin-'))
mkdirSync(path.join(folder, 'bin'))
mkdirSync(path.join(folder, 'src', 'cli'), { recursive: true })
copyFileSync(path.join(root, 'bin/trunkline.js'), path.join(folder, 'bin/trunkline.js'))
symlinkSync(path.join(root, 'node_modules'), path.join(folder, 'node_modules'))
writeFileSync(path.join(folder, 'package.json'), '{"type":"module"}')
writeFileSync(
  path.join(folder, 'src/cli/main.ts'),
  `const told: string[] = [process.versions.node.split('.')[0] ?? '', ...process.argv.slice(2)]
console.log(told.join(' '))
process.exitCode = 7`,
)
after(() => rmSync(folder, { recursive: true }))

test('the command runs the packaged Node with its arguments and gives back its exit code', () => {
  const { stdout, status } = spawnSync(
    process.execPath,
    [path.join(folder, 'bin/trunkline.js'), 'start', '--port', '1'],
    { encoding: 'utf8' },
  )

  assert.equal(stdout, '24 start --port 1\n')
  assert.equal(status, 7)
})
