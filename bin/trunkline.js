#!/usr/bin/env node
// Plain JavaScript for any Node since 20: it only hands over to the Node that comes with the package,
// which runs the TypeScript sources.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const main = fileURLToPath(new URL('../src/cli/main.ts', import.meta.url))
const child = spawn(findNode(), [main, ...process.argv.slice(2)], { stdio: 'inherit' })
child.on('error', (error) => {
  process.stderr.write(`trunkline: cannot start Node: ${error.message}\n`)
  process.exitCode = 1
})
child.on('exit', (code, signal) => {
  for (const each of signals) process.off(each, forward)
  if (signal !== null) process.kill(process.pid, signal)
  else process.exitCode = code ?? 1
})
// A stopping supervisor signals this process; the server must hear it and drain.
const signals = ['SIGINT', 'SIGTERM', 'SIGHUP']
for (const each of signals) process.on(each, forward)

/** @param {NodeJS.Signals} signal */
function forward(signal) {
  child.kill(signal)
}

/** The packaged Node, or this one where install scripts were off and it is new enough. */
function findNode() {
  const folder = dirname(createRequire(import.meta.url).resolve('node/package.json'))
  const packaged = join(folder, 'bin', process.platform === 'win32' ? 'node.exe' : 'node')
  if (existsSync(packaged)) return packaged
  if (Number.parseInt(process.versions.node, 10) >= 24) return process.execPath
  process.stderr.write(
    'trunkline: the package "node" has no binary: install with scripts allowed\n',
  )
  process.exit(1)
}
