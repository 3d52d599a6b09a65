import { once } from 'node:events'
import type { Logger } from '../base/logger.ts'
import type { ActionResult } from '../contract/actions.ts'
import type { EgressBroker } from './egress-broker.ts'
import { frameSender } from './frame-sender.ts'
import type { LaunchedWorker } from './launch.ts'
import {
  type Frame,
  FrameReader,
  type FrameType,
  frameTypes,
  ProtocolViolation,
} from './protocol.ts'
import { secretValues } from './secret-mask.ts'
import { WorkerPulse } from './worker-pulse.ts'
import {
  failedLoad,
  failedResult,
  platformError,
  readConsole,
  readJson,
  readLoaded,
  readResult,
} from './worker-replies.ts'
import {
  type LoadOutcome,
  type WorkerCall,
  type WorkerOptions,
  type WorkerProgram,
  type WorkerSubject,
  workerLimits,
} from './worker-shapes.ts'

type Pending = {
  startedAt: number
  /** When it is asked for its next sign of life. */
  check: NodeJS.Timeout
  /** What its console held at the last one. */
  heard: string
  timer: NodeJS.Timeout
  /** What is masked in whatever comes back. */
  values: readonly string[]
  settle(result: ActionResult): void
}

/** The host's handle of one process: starts, loads, calls, and ends it when it breaks a rule. */
export class ActionWorker {
  /** Resolves when the process is gone. */
  readonly exited: Promise<void>
  readonly #process: LaunchedWorker
  readonly #broker: EgressBroker
  readonly #log: Logger
  readonly #subject: WorkerSubject
  readonly #loadMs: number
  readonly #startedAt = performance.now()
  readonly #reader = new FrameReader('host')
  readonly #write: ReturnType<typeof frameSender>
  readonly #pending = new Map<number, Pending>()
  readonly #pulse = new WorkerPulse((id) => this.#send(frameTypes.PING, id))
  readonly #ready = Promise.withResolvers<void>()
  #onNewCache: ((cache: Buffer) => void) | undefined
  #state: 'spare' | 'bound' | 'draining' | 'dead' = 'spare'
  #loading: ((outcome: LoadOutcome) => void) | undefined
  #lastId = 0
  #calls = 0
  #frames = 0
  #strays = 0
  #worn = false
  #frozen = false
  #resting: NodeJS.Timeout | undefined
  #cacheWanted = false

  constructor(launched: LaunchedWorker, options: WorkerOptions) {
    this.#process = launched
    this.#write = frameSender(launched.channel)
    this.#log = options.log
    this.#subject = options.subject
    this.#loadMs = options.loadMs ?? workerLimits.loadMs
    this.#broker = options.broker(
      (type, id, payload) => this.#send(type, id, payload),
      (reason) => this.kill(reason),
    )
    const timer = setTimeout(() => this.kill('it did not start'), workerLimits.startMs)
    this.#ready.promise.catch(() => {}).finally(() => clearTimeout(timer))
    launched.channel.on('data', (chunk: Buffer) => this.#receive(chunk))
    launched.channel.on('close', () => this.#process.kill())
    const gone = () => this.#ended()
    this.exited = once(launched.process, 'exit').then(gone, gone)
  }

  get state(): 'spare' | 'bound' | 'draining' | 'dead' {
    return this.#state
  }

  /** Calls under way. */
  get inFlight(): number {
    return this.#pending.size
  }

  /** Whether no further call should go to this process: spoilt, worn, or on its way out. */
  get recycle(): boolean {
    const old = performance.now() - this.#startedAt > workerLimits.ageMs
    return this.#worn || old || this.#calls >= workerLimits.calls || this.#state !== 'bound'
  }

  /** Rejects when the process does not come up. */
  ready(): Promise<void> {
    return this.#ready.promise
  }

  /** Hears of the code cache that the first call leaves. It must go to this very code alone. */
  onNewCache(listener: (cache: Buffer) => void): void {
    this.#onNewCache = listener
  }

  /** Binds the process to a program, once and for good. Never rejects. */
  async load(program: WorkerProgram): Promise<LoadOutcome> {
    const startedAt = performance.now()
    try {
      await this.#ready.promise
    } catch (error) {
      return failedLoad(error instanceof Error ? error.message : 'The process did not start.')
    }
    if (this.#state !== 'spare') return failedLoad('The process is in use.')
    this.#state = 'bound'
    this.#cacheWanted = program.cache === undefined
    const outcome = await new Promise<LoadOutcome>((resolve) => {
      const limit = setTimeout(() => this.kill(`no module within ${this.#loadMs} ms`), this.#loadMs)
      this.#loading = (end) => {
        clearTimeout(limit)
        this.#loading = undefined
        resolve(end)
      }
      const { bundle, cache, handler, trigger, triggerVersion } = program
      this.#send(frameTypes.CODE, 0, Buffer.from(bundle))
      if (cache !== undefined) this.#send(frameTypes.CACHE, 0, cache)
      this.#send(frameTypes.LOAD, 0, json({ handler, trigger, triggerVersion }))
    })
    if (outcome.ok) {
      this.#rest()
      return { ok: true, bootMs: performance.now() - startedAt }
    }
    this.kill('the module did not load')
    return outcome
  }

  /** Runs the handler. Never rejects: the end is a value. */
  invoke(call: WorkerCall): Promise<ActionResult> {
    if (this.#state !== 'bound') {
      return Promise.resolve(failedResult('not_started', platformError('The process is gone.')))
    }
    this.#lastId += 1
    const id = this.#lastId
    this.#calls += 1
    this.#frames = 0
    clearTimeout(this.#resting)
    if (this.#frozen) this.#process.thaw()
    this.#frozen = false
    return new Promise((settle) => {
      const { event, secrets, hidden = [], cache, limitMs } = call
      const timer = setTimeout(() => this.#timedOut(id, limitMs), limitMs)
      const values = secretValues(secrets, hidden)
      const check = setTimeout(() => this.#checkOn(id), workerLimits.busyMs)
      this.#pending.set(id, {
        ...{ startedAt: performance.now(), check, heard: '', timer, values, settle },
      })
      this.#broker.begin(id)
      this.#send(frameTypes.INVOKE, id, json({ event, secrets, hidden, cache }))
    })
  }

  /** Takes no further calls; ends when the last one has. */
  drain(): void {
    if (this.#state === 'dead') return
    this.#state = 'draining'
    this.#rest()
  }

  /** Ends the process at once. What its calls did has an unknown outcome. */
  kill(reason: string): void {
    if (this.#state === 'dead') return
    this.#state = 'dead'
    clearTimeout(this.#resting)
    this.#log.debug({ reason, stderr: this.#process.stderrText() }, 'a process of Actions ends')
    this.#process.kill()
    const error = platformError(`The process of the Action ended: ${reason}.`)
    this.#ready.reject(new Error(error.message))
    this.#loading?.({ ok: false, error })
    for (const id of [...this.#pending.keys()]) this.#settle(id, failedResult('killed', error))
    this.#broker.close()
    this.#process.channel.destroy()
  }

  #ended(): void {
    const { exitCode, signalCode } = this.#process.process
    const starved = /out of memory|allocation failed/i.test(this.#process.stderrText())
    this.kill(starved ? 'out of memory' : `exit ${exitCode ?? signalCode ?? 'unknown'}`)
    this.#process.release()
  }

  #receive(chunk: Buffer): void {
    try {
      for (const frame of this.#reader.push(chunk)) {
        if (this.#state === 'dead') return
        this.#take(frame)
      }
    } catch (error) {
      if (!(error instanceof ProtocolViolation)) throw error
      this.kill(`protocol violation, ${error.message}`)
    }
  }

  #take(frame: Frame): void {
    const { type, id, payload } = frame
    if (type !== frameTypes.DATA) this.#frames += 1
    if (this.#frames > workerLimits.controlFrames) throw new ProtocolViolation('too many frames')
    switch (type) {
      case frameTypes.READY:
        this.#ready.resolve()
        break
      case frameTypes.LOADED:
        this.#loading?.(readLoaded(readJson(payload)))
        break
      case frameTypes.RESULT:
        this.#returned(id, payload)
        break
      case frameTypes.PONG:
        this.#pulse.answered(id, payload)
        break
      case frameTypes.NEWCACHE:
        this.#cached(payload)
        break
      case frameTypes.LATE:
        this.#log.warn(this.#subject, 'an Action called its `api` after its handler had ended')
        break
      default:
        this.#broker.receive(frame)
    }
  }

  #cached(cache: Buffer): void {
    // It may come after nobody waits for it any more.
    if (!this.#cacheWanted) return
    this.#cacheWanted = false
    this.#onNewCache?.(cache)
    this.#rest()
  }

  #returned(id: number, payload: Buffer): void {
    const pending = this.#pending.get(id)
    if (pending === undefined) {
      this.#strays += 1
      if (this.#strays > workerLimits.strayResults)
        throw new ProtocolViolation('results of no call')
      return
    }
    const { result, worn } = readResult(readJson(payload), pending.values)
    if (worn) this.#worn = true
    this.#settle(id, result)
    this.#rest()
  }

  /** Hands a call its end, with what the host itself measured. */
  #settle(id: number, result: ActionResult): void {
    const pending = this.#pending.get(id)
    if (pending === undefined) return
    this.#pending.delete(id)
    clearTimeout(pending.timer)
    clearTimeout(pending.check)
    const { networkMs } = this.#broker.end(id)
    const tookMs = performance.now() - pending.startedAt
    pending.settle({
      ...result,
      logs: result.logs || pending.heard,
      stats: {
        action_duration_ms: Math.min(result.stats.action_duration_ms || tookMs, tookMs),
        boot_duration_ms: 0,
        network_duration_ms: networkMs,
        total_request_duration_ms: tookMs,
      },
    })
  }

  /** A late call ends the process, unless others are under way and it still answers. */
  #timedOut(id: number, limitMs: number): void {
    const message = `The Action did not end within ${limitMs} ms.`
    this.#settle(id, failedResult('timed_out', { name: 'TimeoutError', message }))
    if (this.#pending.size === 0) {
      this.kill('the time limit')
      return
    }
    this.drain()
    this.#pulse.ask(id, () => this.kill('it no longer answers'))
  }

  /** Keeps what a long run has written, for the case that it never tells, and finds out who computes. */
  #checkOn(id: number): void {
    this.#pulse.ask(
      id,
      () => this.#stepBack(),
      (answer) => {
        const pending = this.#pending.get(id)
        if (pending === undefined) return
        pending.heard = readConsole(readJson(answer), pending.values)
        pending.check = setTimeout(() => this.#checkOn(id), workerLimits.checkMs)
      },
    )
  }

  /** It computes without a pause: nobody else waits for it, and a fresh one comes after it. */
  #stepBack(): void {
    if (this.#state === 'dead') return
    this.#worn = true
    this.#process.stepBack()
  }

  /** Nothing under way: a process that drains or is spoilt ends, any other stands still. */
  #rest(): void {
    if (this.#pending.size > 0) return
    if (this.#state === 'draining' || this.#worn) this.kill('it gives way to a fresh one')
    if (this.#state !== 'bound' || this.#frozen) return
    if (this.#cacheWanted && this.#calls > 0) {
      setTimeout(() => {
        this.#cacheWanted = false
        this.#rest()
      }, workerLimits.cacheMs).unref()
      return
    }
    // Under load the next call is near, and two signals to a whole process cost more than this.
    clearTimeout(this.#resting)
    this.#resting = setTimeout(() => {
      if (this.#pending.size > 0 || this.#state !== 'bound') return
      this.#frozen = true
      this.#process.freeze()
    }, workerLimits.idleMs)
    this.#resting.unref()
  }

  #send(type: FrameType, id: number, payload?: Uint8Array): void {
    if (this.#state !== 'dead') this.#write(type, id, payload)
  }
}

const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value))
