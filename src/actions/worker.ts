import { performance } from 'node:perf_hooks'
import type { Logger } from '../base/logger.ts'
import type {
  ActionCacheRecord,
  ActionError,
  ActionResult,
  ActionTrigger,
} from '../contract/actions.ts'
import type { EgressBroker } from './egress-broker.ts'
import type { LaunchedWorker } from './launch.ts'
import { encodeFrame, type Frame, FrameReader, type FrameType, frameTypes } from './protocol.ts'
import { readResult } from './read-result.ts'

/** What opens the connections of one worker. */
export type OpenBroker = (
  send: (type: FrameType, id: number, payload: Uint8Array) => void,
  violate: (reason: string) => void,
) => EgressBroker

export type WorkerCall = {
  event: Record<string, unknown>
  secrets: Readonly<Record<string, string>>
  /** Values besides the secrets that no text of the run may hold, e.g. the code. */
  hidden: readonly string[]
  cache: readonly ActionCacheRecord[]
  limitMs: number
}

/** How one call ended, without the time that it took to get here. */
export type WorkerResult = Omit<ActionResult, 'stats'> & { actionMs: number; networkMs: number }

type Pending = {
  started: number
  secrets: Readonly<Record<string, string>>
  hidden: readonly string[]
  timer: NodeJS.Timeout
  settle(result: WorkerResult): void
}

const readyMs = 10_000
const loadMs = 5000
const pingMs = 300
const mostCalls = 1000
const oldestMs = 3_600_000
const mostControlFrames = 20_000
const mostStrayFrames = 100

/** Frames about sockets and names are the broker's. */
const isNetwork = (type: number) => type >= frameTypes.open

/**
 * The host's side of one worker process. Everything that comes from it is forged until it was checked:
 * a worker that breaks the protocol is killed, and whoever waits for it hears so.
 */
export class ActionWorker {
  /** Resolves when the process has ended. */
  readonly exited: Promise<void>
  state: 'spare' | 'bound' | 'draining' | 'dead' = 'spare'
  /** What the process said on its standard error, or why it was killed; for the server's log. */
  ending = ''
  readonly #launched: LaunchedWorker
  readonly #broker: EgressBroker
  readonly #log: Logger
  readonly #reader = new FrameReader('worker')
  readonly #pending = new Map<number, Pending>()
  readonly #born = performance.now()
  readonly #ready: Promise<boolean>
  #onReady: (ready: boolean) => void = () => {}
  #onLoaded: ((answer: unknown) => void) | undefined
  #onPong: (() => void) | undefined
  #onNewCache: ((cache: Buffer) => void) | undefined
  #calls = 0
  #control = 0
  #stray = 0
  #tainted = false
  #frozen = false

  constructor(launched: LaunchedWorker, { broker, log }: { broker: OpenBroker; log: Logger }) {
    this.#launched = launched
    this.#log = log
    this.#broker = broker(
      (type, id, payload) => this.#send(type, id, payload),
      (reason) => this.kill(reason),
    )
    this.#ready = new Promise((resolve) => {
      this.#onReady = resolve
    })
    const slow = setTimeout(() => this.kill('it was not ready in time'), readyMs)
    void this.#ready.then(() => clearTimeout(slow))
    launched.channel.on('data', (chunk: Buffer) => this.#read(chunk))
    this.exited = new Promise((resolve) => {
      launched.process.once('exit', () => {
        this.#dead()
        resolve()
      })
    })
  }

  get inFlight(): number {
    return this.#pending.size
  }

  /** True when it should take no further call: changed, used up or old. */
  get recycle(): boolean {
    return this.#tainted || this.#calls >= mostCalls || performance.now() - this.#born > oldestMs
  }

  /** False when the process ended before it was ready. */
  ready(): Promise<boolean> {
    return this.#ready
  }

  onNewCache(listener: (cache: Buffer) => void): void {
    this.#onNewCache = listener
  }

  /** Gives a spare worker its program, once and for ever. */
  async load(program: {
    bundle: string
    cache?: Buffer | undefined
    trigger: ActionTrigger
    triggerVersion: string
  }): Promise<{ ok: true } | { ok: false; error: ActionError }> {
    this.state = 'bound'
    const answer = await new Promise<unknown>((resolve) => {
      const slow = setTimeout(() => this.kill('the code did not load in time'), loadMs)
      this.#onLoaded = (given) => {
        clearTimeout(slow)
        this.#onLoaded = undefined
        resolve(given)
      }
      if (this.state === 'dead') return this.#onLoaded(undefined)
      this.#send(frameTypes.code, 0, Buffer.from(program.bundle, 'utf8'))
      if (program.cache !== undefined) this.#send(frameTypes.cache, 0, program.cache)
      const { trigger, triggerVersion } = program
      this.#sendJson(frameTypes.load, 0, { trigger, triggerVersion })
    })
    if (Object(answer).ok === true) return { ok: true }
    const { error = { name: 'Error', message: `The code did not load: ${this.ending}` } } =
      readResult({ ended: 'threw', error: Object(answer).error }, [])
    return { ok: false, error }
  }

  /** Runs the handler once. Never rejects. */
  invoke(call: WorkerCall): Promise<WorkerResult> {
    this.thaw()
    this.#calls += 1
    const id = this.#calls
    return new Promise((settle) => {
      const { secrets, hidden, event, cache } = call
      const timer = setTimeout(() => void this.#late(id), call.limitMs)
      const started = performance.now()
      this.#pending.set(id, { started, secrets, hidden, timer, settle })
      if (this.state === 'dead') return this.#end(id, { ended: 'not_started' })
      this.#broker.begin(id)
      this.#sendJson(frameTypes.invoke, id, { event, secrets, hidden, cache })
    })
  }

  /** Stops timers and loops between calls. */
  freeze(): void {
    if (this.#frozen || this.inFlight > 0 || this.state === 'dead') return
    this.#frozen = true
    this.#launched.freeze()
  }

  thaw(): void {
    if (!this.#frozen) return
    this.#frozen = false
    this.#launched.thaw()
  }

  kill(reason: string): void {
    if (this.state === 'dead') return
    if (this.ending === '') this.ending = reason
    this.state = 'draining'
    this.#launched.kill()
  }

  /** The limit of one call has passed. A worker that still answers keeps its other calls. */
  async #late(id: number): Promise<void> {
    this.#tainted = true
    if (this.inFlight > 1 && (await this.#answers())) {
      this.#end(id, { ended: 'timed_out' })
      this.state = this.state === 'dead' ? 'dead' : 'draining'
      return
    }
    this.#end(id, { ended: 'timed_out' })
    this.kill('a call passed its time limit')
  }

  #answers(): Promise<boolean> {
    return new Promise((resolve) => {
      const silent = setTimeout(() => resolve(false), pingMs)
      this.#onPong = () => {
        clearTimeout(silent)
        resolve(true)
      }
      this.#sendJson(frameTypes.ping, 0, {})
    })
  }

  #read(chunk: Buffer): void {
    try {
      for (const frame of this.#reader.push(chunk)) {
        if (this.state === 'dead') return
        this.#receive(frame)
      }
    } catch (error) {
      const reason = error instanceof Error ? error.message : 'unreadable'
      this.kill(`protocol violation: ${reason}`)
    }
  }

  #receive(frame: Frame): void {
    const { type, id, payload } = frame
    if (isNetwork(type)) return this.#broker.receive(frame)
    this.#control += 1
    if (this.#control > mostControlFrames) return this.kill('protocol violation: too many frames')
    if (type === frameTypes.ready) this.#onReady(true)
    else if (type === frameTypes.pong) this.#onPong?.()
    else if (type === frameTypes.loaded) this.#onLoaded?.(parseJson(payload))
    else if (type === frameTypes.newCache) {
      this.#onNewCache?.(Buffer.from(payload))
      this.#onNewCache = undefined
    } else if (type === frameTypes.result) this.#result(id, payload)
  }

  #result(id: number, payload: Buffer): void {
    const pending = this.#pending.get(id)
    if (pending === undefined) {
      this.#stray += 1
      if (this.#stray > mostStrayFrames) this.kill('protocol violation: stray results')
      return
    }
    this.#control = 0
    const given = parseJson(payload)
    if (Object(given).recycle === true) this.#tainted = true
    this.#end(id, readResult(given, [pending.secrets, pending.hidden]))
  }

  #end(id: number, end: Partial<WorkerResult> & Pick<WorkerResult, 'ended'>): void {
    const pending = this.#pending.get(id)
    if (pending === undefined) return
    this.#pending.delete(id)
    clearTimeout(pending.timer)
    const { networkMs } = this.#broker.end(id)
    const actionMs = performance.now() - pending.started
    pending.settle({ logs: '', cacheWrites: [], actionMs, ...end, networkMs })
  }

  #dead(): void {
    this.state = 'dead'
    if (this.ending === '') this.ending = this.#launched.stderrText() || 'it ended by itself'
    this.#log.debug({ ending: this.ending }, 'a worker of Actions ended')
    this.#onReady(false)
    this.#onLoaded?.(undefined)
    for (const id of this.#pending.keys()) this.#end(id, { ended: 'killed' })
    this.#broker.close()
    this.#launched.channel.destroy()
    this.#launched.release()
  }

  #send(type: FrameType, id: number, payload: Uint8Array): void {
    if (this.state !== 'dead') this.#launched.channel.write(encodeFrame(type, id, payload))
  }

  #sendJson(type: FrameType, id: number, value: unknown): void {
    this.#send(type, id, Buffer.from(JSON.stringify(value), 'utf8'))
  }
}

function parseJson(payload: Buffer): unknown {
  try {
    return JSON.parse(payload.toString('utf8'))
  } catch {
    return undefined
  }
}
