import type { ActionResult } from '../../src/contract/actions.ts'

type Ending = ActionResult['ended']

/** One hostile Action, and what may come of it. No console, error or verdict ever holds a breach. */
export type HostileSnippet = {
  name: string
  /** The whole module. What it may aim at is in `event.decoys`. */
  code: string
  ends: readonly Ending[]
  /** What its console and its error say together: the proof that it got as far as it should. */
  says?: RegExp
  /** Longer than the usual limit, for one that needs the time to be stopped by something else. */
  limitMs?: number
  /** A second call, right after the first. */
  next?: {
    /** Absent: the same program again, in the process that is there. */
    code?: string
    /** The second program is another tenant's. */
    stranger?: boolean
    ends: readonly Ending[]
    says?: RegExp
  }
}

/** What hostile code finds in its event: things that it must not get at, and a few that it may. */
export type DecoyAddresses = {
  /** Listens on loopback and is on no list, as a database would. */
  tcpPort: number
  udpPort: number
  unixPath: string
  /** The name in the abstract namespace, without its leading NUL. */
  abstractName: string
  /** Readable by everybody on the machine. */
  canaryFile: string
  hostPid: number
  /** A process that does nothing. */
  victimPid: number
  /** On the list of addresses that may be reached, `127.0.0.1` each. */
  floodPort: number
  uploadPort: number
  downloadPort: number
  /** Answers every request with a redirect to `tcpPort`. */
  redirectPort: number
}

export const anyEnd: readonly Ending[] = ['returned', 'threw', 'timed_out', 'killed', 'not_started']
export const stopped: readonly Ending[] = ['timed_out', 'killed']
export const stoppedOrThrew: readonly Ending[] = ['timed_out', 'killed', 'threw']

/** A module whose handler has this body. */
export const handler = (body: string): string =>
  `exports.onExecuteCustomPhoneProvider = async (event, api) => {\n${body}\n}\n`

/** The same with helpers before it, which turn a found capability into a breach that shows. */
export const prober = (body: string): string => `${tools}\n${handler(body)}`

/**
 * `attempt` counts, and says nothing of what is refused. `abuse` tries all that an object could be
 * good for: what works reaches a decoy or prints BREACH.
 */
const tools = `
let tried = 0
const sleep = (ms) => new Promise((done) => setTimeout(done, ms))
const attempt = async (work) => {
  tried += 1
  try { return await work() } catch { return undefined }
}
const breach = (what, value) => console.log('BREACH ' + what + ' ' + String(value).slice(0, 200))
const abused = new Set()
const abuse = (it, event) => attempt(() => abuseAll(it, event))
const abuseAll = async (it, event) => {
  if (it === null || (typeof it !== 'object' && typeof it !== 'function') || abused.has(it)) return
  abused.add(it)
  const d = event.decoys
  const read = async (how, work) => {
    const got = await attempt(work)
    if (got !== undefined && String(got).length > 0) breach(how, got)
  }
  if (it.readFileSync) await read('readFileSync', () => it.readFileSync(d.canaryFile, 'utf8'))
  if (it.readdirSync) await read('readdirSync', () => it.readdirSync('/tmp').join())
  if (it.openSync) await read('openSync', () => it.openSync(d.canaryFile, 'r'))
  if (it.writeFileSync) await attempt(() => {
    it.writeFileSync(d.canaryFile + '.written', 'x')
    breach('writeFileSync', d.canaryFile)
  })
  if (it.promises?.readFile) await read('promises', () => it.promises.readFile(d.canaryFile, 'utf8'))
  if (it.spawnSync) await read('spawnSync', () => it.spawnSync('/bin/sh', ['-c', 'echo run']).stdout)
  if (it.execFileSync) await read('execFileSync', () => it.execFileSync('/bin/cat', [d.canaryFile]))
  if (it.kill) for (const pid of [d.victimPid, d.hostPid]) {
    await attempt(() => it.kill(pid, pid === d.hostPid ? 'SIGUSR1' : 'SIGKILL') && breach('kill', pid))
  }
  if (it._debugProcess) await attempt(() => it._debugProcess(d.hostPid))
  for (const name of ['binding', '_linkedBinding', 'internalBinding']) {
    if (typeof it[name] !== 'function') continue
    for (const module of ['fs', 'tcp_wrap', 'process_wrap', 'spawn_sync']) {
      const got = await attempt(() => it[name](module))
      if (got !== undefined && got !== null) breach(name, module)
    }
  }
  for (const name of ['getBuiltinModule', '_load', 'require', 'createRequire']) {
    if (typeof it[name] !== 'function') continue
    for (const module of ['fs', 'child_process', 'node:worker_threads', '/etc/passwd']) {
      const got = await attempt(() => it[name](module))
      if (got !== undefined && got !== it) await abuse(got, event)
    }
  }
  if (it.env) await read('env', () => /canary/i.test(JSON.stringify(it.env)) ? 'canary' : '')
  if (it.connect) await attempt(() => {
    const socket = it.connect(d.tcpPort, '127.0.0.1')
    socket?.on?.('error', () => {})
  })
}
`
