import { randomFraction } from '../base/random.ts'
import { isInCategories } from '../contract/log-categories.ts'
import type { LogStreamSink, PiiConfig } from '../contract/log-streams.ts'
import {
  claimLogStreams,
  type LogStreamRow,
  readLogsInOrder,
  recordStreamStep,
  releaseStreamLease,
  type StreamedLogRow,
} from '../store/log-streams.ts'
import type { Deps } from './deps.ts'
import { streamBodies, streamHeaders, withoutPii } from './log-stream-records.ts'
import { sinkOf } from './log-streams.ts'

/** How many entries are read, and at most sent, at once. */
const batch = 100
/** A receiver has this long to take a request. */
const requestMs = 10_000
/** Longer than all that a node does between two steps: reading, one request, recording. */
const leaseMs = 30_000
/** How many streams one node works on at once. */
const mostStreams = 20

const firstRetryMs = 5000
const longestRetryMs = 300_000
/** A receiver that was away for so long is not coming back by itself. */
const suspendAfterMs = 7 * 86_400_000

/**
 * Delivers log streams. One for each process; the database hands a stream to one of them at a time. The
 * place in the log stands in the stream's row and moves only after the receiver has taken what lies
 * before it, so every entry arrives at least once and in order, whoever dies in between.
 */
export class LogStreamSender {
  readonly #deps: Deps
  #timer: NodeJS.Timeout | undefined
  #claiming: Promise<void> = Promise.resolve()
  #stopped = false
  #running = 0

  constructor(deps: Deps) {
    this.#deps = deps
  }

  /** Looks for what is to be delivered about every `intervalMs`. */
  start(intervalMs: number): void {
    const next = () => {
      if (this.#stopped) return
      const delay = intervalMs * (0.75 + 0.5 * randomFraction(this.#deps.random))
      this.#timer = setTimeout(() => {
        this.#claiming = this.send()
          .catch((error: unknown) =>
            this.#deps.log.error({ err: error }, 'looking for log streams failed'),
          )
          .then(next)
      }, delay)
    }
    next()
  }

  /** Claims the streams that have something to deliver and starts on them; resolves when all are claimed. */
  async send(): Promise<void> {
    const deps = this.#deps
    const take = mostStreams - this.#running
    if (take <= 0 || this.#stopped || deps.draining.aborted) return
    const now = deps.clock.now()
    const claimed = await claimLogStreams(deps.db, {
      owner: deps.nodeId,
      now,
      leaseUntil: now + leaseMs,
      take,
    })
    for (const stream of claimed) {
      this.#running += 1
      deps.background.run('deliver-log-stream', () =>
        this.#work(stream).finally(() => {
          this.#running -= 1
        }),
      )
    }
  }

  /** Begins nothing more; what is under way ends with its request. */
  async stop(): Promise<void> {
    this.#stopped = true
    clearTimeout(this.#timer)
    await this.#claiming
  }

  /** One page after the other, until nothing is left, a request fails, or somebody changed the stream. */
  async #work(claimed: LogStreamRow): Promise<void> {
    const deps = this.#deps
    const sink = sinkOf(deps, claimed)
    let stream = claimed
    for (;;) {
      const rows = await readLogsInOrder(deps.db, stream.tenant_id, stream, batch)
      const sent = await deliver(deps, stream, sink, rows)
      const failed = sent.failure !== undefined
      const more = sent.last !== rows.at(-1) || rows.length === batch
      const goesOn = !failed && more && !this.#stopped && !deps.draining.aborted
      const now = deps.clock.now()
      const step = failed ? failedStep(deps, stream, now, sent) : okStep
      const recorded = await recordStreamStep(deps.db, {
        ...{ tenant_id: stream.tenant_id, id: stream.id, version: claimed.version },
        owner: deps.nodeId,
        read_xid: sent.last?.read_xid ?? stream.read_xid,
        read_log_id: sent.last?.read_log_id ?? stream.read_log_id,
        lease_until: goesOn ? now + leaseMs : 0,
        ...step,
      })
      if (failed) warn(deps, stream, sent.failure, step)
      if (!goesOn || recorded === undefined) return
      // An administrator's change: whoever claims the stream next goes by it.
      if (recorded.version !== claimed.version || recorded.status !== 'active') {
        await releaseStreamLease(deps.db, { ...recorded, owner: deps.nodeId })
        return
      }
      stream = recorded
    }
  }
}

const okStep = { status: 'active', retry_at: 0, failures: 0, failing_since: null } as const

type Sent = {
  /** The last entry that need not be looked at again. */
  last: StreamedLogRow | undefined
  failure?: string
  retryAfterS?: number
}

/** Sends what of a page the stream wants. */
async function deliver(
  deps: Deps,
  stream: LogStreamRow,
  sink: LogStreamSink,
  rows: readonly StreamedLogRow[],
): Promise<Sent> {
  const wanted = rows.filter(wants(stream))
  const pii = stream.pii_config as PiiConfig | null // checked when written
  const records = wanted.map(({ read_log_id, entry }) => ({
    log_id: read_log_id,
    data: withoutPii(entry, pii),
  }))
  const begun = deps.clock.now()
  let done = 0
  for (const { body, records: carried } of streamBodies(records, sink.httpContentFormat)) {
    const late = deps.draining.aborted || deps.clock.now() - begun > leaseMs / 3
    if (done > 0 && late) return { last: wanted[done - 1] }
    const refusal = await post(deps, sink, body)
    if (refusal !== undefined) return { last: wanted[done - 1], ...refusal }
    done += carried
  }
  return { last: rows.at(-1) }
}

function wants({ filters, starts_after }: LogStreamRow): (row: StreamedLogRow) => boolean {
  const named = (filters as { name: string }[] | null) ?? [] // checked when written
  const categories = new Set(named.map(({ name }) => name))
  return ({ read_log_id, type }) =>
    read_log_id > starts_after && (categories.size === 0 || isInCategories(type, categories))
}

/** @returns why it failed; undefined when the receiver took it */
async function post(
  deps: Deps,
  sink: LogStreamSink,
  body: string,
): Promise<{ failure: string; retryAfterS?: number } | undefined> {
  try {
    const answer = await deps.tenantFetch(sink.httpEndpoint, {
      method: 'POST',
      headers: streamHeaders(sink),
      body,
      signal: AbortSignal.timeout(requestMs),
    })
    answer.discard()
    if (answer.status >= 200 && answer.status < 300) return undefined
    const asked = Number(answer.headers.get('retry-after') ?? Number.NaN)
    return {
      failure: `status ${answer.status}`,
      ...(Number.isFinite(asked) && { retryAfterS: asked }),
    }
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
    return { failure: cause instanceof Error ? cause.message : 'the request failed' }
  }
}

/** The next try: twice as long after each failure, never before the receiver's own `Retry-After`. */
function failedStep(
  deps: Deps,
  stream: LogStreamRow,
  now: number,
  { last, retryAfterS = 0 }: Sent,
) {
  const moved = last !== undefined
  const failures = moved ? 1 : stream.failures + 1
  const since = moved ? now : (stream.failing_since ?? now)
  const backOff = Math.min(firstRetryMs * 2 ** Math.min(failures - 1, 10), longestRetryMs)
  const asked = Math.min(Math.max(retryAfterS, 0) * 1000, 10 * longestRetryMs)
  const delay = Math.max(backOff * (1 + 0.2 * randomFraction(deps.random)), asked)
  return {
    status: now - since >= suspendAfterMs ? 'suspended' : 'active',
    retry_at: now + Math.round(delay),
    failures,
    failing_since: since,
  } as const
}

/** The operator sees the first failure of a row and the end of all tries. */
function warn(
  deps: Deps,
  { tenant_id, id }: LogStreamRow,
  reason: string | undefined,
  { status, failures }: { status: string; failures: number },
): void {
  if (failures > 1 && status === 'active') return
  const message =
    status === 'suspended' ? 'a log stream is suspended' : 'a log stream cannot be delivered'
  deps.log.warn({ tenant: tenant_id, stream: id, reason }, message)
}
