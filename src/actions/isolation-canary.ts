import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { type IsolationLevel, isolationLevels } from './action-runner.ts'
import type { RawLauncher } from './launch.ts'
import type { LaunchProgram } from './launch-program.ts'

/** What a process without Node's own limits got at. */
export const breaches = [
  'environment',
  'private file',
  'foreign environment',
  'signal',
  'write',
  'public file',
  'loopback',
  'abstract socket',
  'process',
] as const
export type Breach = (typeof breaches)[number]

/** What a level may not let through. `weak` promises nothing but Node's own limits and no environment. */
const forbidden: Readonly<Record<IsolationLevel, readonly Breach[]>> = {
  weak: ['environment'],
  medium: ['environment', 'private file', 'foreign environment', 'signal', 'write'],
  strong: breaches,
}

/** The best level whose promises held. */
export function levelOf(found: ReadonlySet<Breach>): IsolationLevel | undefined {
  return isolationLevels.findLast((level) => !forbidden[level].some((breach) => found.has(breach)))
}

/** How long a canary may take before its launcher counts as one that does not work. */
const limitMs = 15_000

/**
 * Starts a process that tries what an Action must not, with all of Node and none of its limits, as if
 * tenant code had escaped from them. Undefined when it did not even start.
 */
export async function probe(launcher: RawLauncher): Promise<ReadonlySet<Breach> | undefined> {
  const folder = await mkdtemp(path.join(tmpdir(), 'trunkline-canary-'))
  const servers: Server[] = []
  const seen = new Set<Breach>()
  const caught = () => seen.add('signal')
  process.on('SIGWINCH', caught)
  try {
    const [secret, known] = [path.join(folder, 'private'), path.join(folder, 'public')]
    await writeFile(secret, 'canary', { mode: 0o600 })
    await writeFile(known, 'canary', { mode: 0o644 })
    const port = await listen(servers, 0, () => seen.add('loopback'))
    const name = `trunkline-${randomBytes(8).toString('hex')}`
    if (process.platform === 'linux') {
      await listen(servers, `\0${name}`, () => seen.add('abstract socket'))
    }
    const report = await run(launcher, {
      kind: 'text',
      text: canary,
      args: [String(process.pid), secret, known, path.join(folder, 'written'), String(port), name],
    })
    // A signal or a connection of before the report is told before the next turn.
    await setImmediate()
    await setImmediate()
    if (report === undefined) return undefined
    for (const breach of breaches) if (report.includes(breach)) seen.add(breach)
    return seen
  } finally {
    process.off('SIGWINCH', caught)
    for (const server of servers) server.close()
    await rm(folder, { recursive: true, force: true })
  }
}

async function listen(servers: Server[], where: number | string, hit: () => void): Promise<number> {
  const server = createServer((socket) => {
    hit()
    socket.destroy()
  })
  servers.push(server)
  if (typeof where === 'number') server.listen(where, '127.0.0.1')
  else server.listen(where)
  await once(server, 'listening')
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : 0
}

/** The lines that the canary wrote until it said that it was through. */
async function run(launcher: RawLauncher, program: LaunchProgram): Promise<string[] | undefined> {
  const worker = launcher.launch({ heapMb: 64 }, program)
  const timer = setTimeout(() => worker.kill(), limitMs)
  let text = ''
  worker.channel.on('data', (data: Buffer) => {
    text += data.toString('utf8')
  })
  try {
    await once(worker.process, 'exit')
    if (!worker.channel.destroyed) await once(worker.channel, 'close')
  } finally {
    clearTimeout(timer)
    worker.release()
  }
  const lines = text.split('\n')
  return lines.includes('through') ? lines : undefined
}

/** Plain JavaScript, for it runs from the command line. It writes a breach for each thing that worked. */
const canary = `
const fs = require('node:fs')
const net = require('node:net')
const { spawnSync } = require('node:child_process')
const [parent, secret, known, written, port, name] = process.argv.slice(1)
const found = []
const attempt = (breach, works) => {
  try { if (works() !== false) found.push(breach) } catch {}
}
attempt('environment', () => Object.keys(process.env).some((key) => key !== 'PWD' && !key.startsWith('__CF')))
attempt('private file', () => fs.readFileSync(secret))
attempt('public file', () => fs.readFileSync(known))
attempt('foreign environment', () => fs.readFileSync('/proc/' + parent + '/environ').includes('='))
attempt('signal', () => {
  if (Number(parent) > 2) process.kill(Number(parent), 0)
  process.kill(Number(parent), 'SIGWINCH')
  return false
})
attempt('write', () => fs.writeFileSync(written, 'x'))
attempt('process', () => {
  const { error } = spawnSync(process.execPath, ['--version'], { timeout: 5000 })
  return error === undefined || error.code === 'ETIMEDOUT'
})
const reach = (breach, where) => new Promise((done) => {
  try {
    const socket = net.connect(where)
    socket.on('connect', () => { found.push(breach); socket.destroy() })
    socket.on('error', () => {})
    socket.on('close', done)
  } catch { done() }
})
Promise.all([reach('loopback', { port: Number(port), host: '127.0.0.1' }), reach('abstract socket', { path: '\\0' + name })])
  .then(() => new net.Socket({ fd: 3 }).end([...found, 'through', ''].join('\\n'), () => process.exit(0)))
`
