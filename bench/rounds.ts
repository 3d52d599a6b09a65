import { closedLoop, openLoop, type Slice, type Target } from './load.ts'
import type { Pgbench } from './pgbench.ts'
import type { NumberSource } from './phone-numbers.ts'
import type { ServerProcess } from './server-process.ts'

/** Something that is compared with others: a server under load, or the same statements in pgbench. */
export type Entry =
  | (Target & {
      server: ServerProcess
      numbers: NumberSource
      /** Sign-ins per second that arrive; absent: as many as can be. */
      arriving?: number
    })
  | { name: string; ceiling: Pgbench }

/** One slice, with the CPU time that the server's process took for one sign-in, in ms. */
export type MeasuredSlice = Partial<Slice> & { perSecond: number; serverCpuMs?: number }

export type Measured = { name: string; slices: MeasuredSlice[] }

/**
 * Runs the entries in short slices by turns, so that a machine that is busy with other things disturbs
 * all of them alike. One round before the first is thrown away.
 */
export async function runRounds(
  entries: readonly Entry[],
  load: { concurrency: number; rounds: number; sliceMs: number },
): Promise<Measured[]> {
  const measured = entries.map((entry): Measured => ({ name: entry.name, slices: [] }))
  for (const entry of entries) {
    await runSlice(entry, { concurrency: load.concurrency, durationMs: load.sliceMs / 2 })
  }
  for (let round = 0; round < load.rounds; round += 1) {
    const order = [...entries.keys()]
    // What runs behind the same neighbour every time would carry its dirty pages every time.
    if (round % 2 === 1) order.reverse()
    for (const index of order) {
      const entry = entries[index]
      if (entry === undefined) continue
      const slice = await runSlice(entry, {
        concurrency: load.concurrency,
        durationMs: load.sliceMs,
      })
      measured[index]?.slices.push(slice)
    }
  }
  return measured
}

async function runSlice(
  entry: Entry,
  load: { concurrency: number; durationMs: number },
): Promise<MeasuredSlice> {
  if ('ceiling' in entry) return { perSecond: await entry.ceiling.run(load) }
  const before = await entry.server.cpuMs()
  const slice =
    entry.arriving === undefined
      ? await closedLoop(entry, { ...load, numbers: entry.numbers })
      : await openLoop(entry, {
          perSecond: entry.arriving,
          durationMs: load.durationMs,
          connections: load.concurrency,
          numbers: entry.numbers,
        })
  const spent = (await entry.server.cpuMs()) - before
  return { ...slice, serverCpuMs: spent / Math.max(1, slice.signIns) }
}
