import { setTimeout as wait } from 'node:timers/promises'
import { HttpConnection } from './http-connection.ts'
import type { NumberSource } from './phone-numbers.ts'
import { percentile } from './statistics.ts'

/** The moments of one sign-in, in ms since its beginning. */
export type SignIn = {
  /** The reply to the request for a code. */
  startMs: number
  /** The code at the carrier. */
  codeMs: number
  /** The reply with the tokens, counted from its own request. */
  tokenMs: number
  wholeMs: number
}

/** Something that people sign in to. */
export type Target = {
  name: string
  port: number
  signIn(connection: HttpConnection, number: string): Promise<SignIn>
}

export type Percentiles = { p50: number; p99: number }

/** What one slice of load came to. */
export type Slice = {
  perSecond: number
  signIns: number
  start: Percentiles
  code: Percentiles
  token: Percentiles
  whole: Percentiles
}

/**
 * Everybody signs in again as soon as they are in: `concurrency` people for `durationMs`.
 *
 * @throws Error of the first sign-in that fails
 */
export async function closedLoop(
  target: Target,
  load: { concurrency: number; durationMs: number; numbers: NumberSource },
): Promise<Slice> {
  const connections = await openConnections(target, load.concurrency)
  const done: SignIn[] = []
  const begin = performance.now()
  const end = begin + load.durationMs
  await Promise.all(
    connections.map(async (connection) => {
      while (performance.now() < end) {
        const signIn = await target.signIn(connection, load.numbers.next())
        // What ends after the slice would count load that is fading.
        if (performance.now() <= end) done.push(signIn)
      }
    }),
  )
  for (const connection of connections) connection.close()
  return summary(done, load.durationMs)
}

/**
 * People come at a given rate whether or not the others are done. Times count from the moment at which
 * a person came, so waiting in our own queue counts too.
 */
export async function openLoop(
  target: Target,
  load: { perSecond: number; durationMs: number; connections: number; numbers: NumberSource },
): Promise<Slice> {
  const idle = await openConnections(target, load.connections)
  const all = [...idle]
  const queue: number[] = []
  const running = new Set<Promise<void>>()
  const done: SignIn[] = []
  const begin = performance.now()
  let arrived = 0

  const serve = () => {
    while (queue.length > 0) {
      const connection = idle.pop()
      if (connection === undefined) return
      const cameAt = queue.shift() ?? 0
      const late = performance.now() - cameAt
      const work = target.signIn(connection, load.numbers.next()).then((signIn) => {
        done.push({
          startMs: signIn.startMs + late,
          codeMs: signIn.codeMs + late,
          tokenMs: signIn.tokenMs,
          wholeMs: signIn.wholeMs + late,
        })
        running.delete(work)
        idle.push(connection)
        serve()
      })
      running.add(work)
    }
  }
  while (performance.now() - begin < load.durationMs) {
    const due = Math.floor(((performance.now() - begin) / 1000) * load.perSecond)
    for (; arrived < due; arrived += 1) queue.push(begin + (arrived / load.perSecond) * 1000)
    serve()
    await wait(1)
  }
  while (running.size > 0) await Promise.all(running)
  for (const connection of all) connection.close()
  return summary(done, load.durationMs)
}

const openConnections = (target: Target, count: number) =>
  Promise.all(Array.from({ length: count }, () => HttpConnection.open(target.port)))

function summary(done: readonly SignIn[], durationMs: number): Slice {
  const of = (pick: (signIn: SignIn) => number): Percentiles => {
    const sorted = done.map(pick).sort((left, right) => left - right)
    return { p50: percentile(sorted, 0.5), p99: percentile(sorted, 0.99) }
  }
  return {
    perSecond: (done.length / durationMs) * 1000,
    signIns: done.length,
    start: of((signIn) => signIn.startMs),
    code: of((signIn) => signIn.codeMs),
    token: of((signIn) => signIn.tokenMs),
    whole: of((signIn) => signIn.wholeMs),
  }
}
