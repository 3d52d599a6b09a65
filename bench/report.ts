import { cpus, release, totalmem } from 'node:os'
import type { Percentiles } from './load.ts'
import type { Measured, MeasuredSlice } from './rounds.ts'
import { median } from './statistics.ts'

/** Everything that a run found. */
export type Results = {
  machine: Record<string, string | number>
  users: { someUsers: number; manyUsers: number }
  runs: { title: string; concurrency: number; measured: Measured[] }[]
}

export function describeMachine(): Results['machine'] {
  const processors = cpus()
  return {
    cores: processors.length,
    processor: processors[0]?.model ?? 'unknown',
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    kernel: release(),
    node: process.version,
    at: new Date().toISOString(),
  }
}

/** One table for each run: the median of the slices of every figure. */
export function printResults(results: Results): void {
  for (const { title, concurrency, measured } of results.runs) {
    const people = concurrency === 0 ? '' : `, ${concurrency} at once`
    process.stdout.write(`\n${title}${people} (medians; p50 / p99 in ms)\n`)
    const rows = measured.map(({ name, slices }) => [
      name,
      medianOf(slices, ({ perSecond }) => perSecond).toFixed(0),
      ...(['start', 'code', 'token', 'whole'] as const).map((step) => times(slices, step)),
      slices[0]?.serverCpuMs === undefined
        ? '-'
        : medianOf(slices, ({ serverCpuMs }) => serverCpuMs).toFixed(2),
    ])
    printTable([
      ['', 'sign-ins/s', 'start', 'code', 'token', 'whole', 'server CPU ms each'],
      ...rows,
    ])
  }
  process.stdout.write('\n')
  for (const { what, ratio, least } of targetRatios(results)) {
    process.stdout.write(`${what}: ${ratio.toFixed(2)} (at least ${least})\n`)
  }
}

/** The ratios that the product promises. Each is the median of the ratios of neighbouring slices. */
export function targetRatios(results: Results): { what: string; ratio: number; least: number }[] {
  const of = (title: string) =>
    results.runs.find((run) => run.title === title && run.concurrency === 16)?.measured ?? []
  const postgres = of('PostgreSQL')
  const users = of('PostgreSQL, stored users')
  const pairs: [string, Measured | undefined, Measured | undefined, number][] = [
    ['RS256 to better-auth, 16 at once', postgres[0], postgres[1], 2.5],
    ['ES256 to better-auth, 16 at once', postgres[2], postgres[1], 3.5],
    ['RS256 to pgbench, 16 at once', postgres[0], postgres[3], 0.2],
    ['ES256 to pgbench, 16 at once', postgres[2], postgres[3], 0.333],
    ['RS256, many users to few', users[1], users[0], 0.9],
    ['ES256, many users to few', users[3], users[2], 0.9],
  ]
  return pairs.flatMap(([what, over, under, least]) =>
    over === undefined || under === undefined
      ? []
      : [{ what, least, ratio: ratioOf(over.slices, under.slices) }],
  )
}

const ratioOf = (over: readonly MeasuredSlice[], under: readonly MeasuredSlice[]): number =>
  median(over.map((slice, index) => slice.perSecond / (under[index]?.perSecond ?? Number.NaN)))

function times(slices: readonly MeasuredSlice[], step: 'start' | 'code' | 'token' | 'whole') {
  const known = slices.map((slice) => slice[step]).filter((each) => each !== undefined)
  if (known.length === 0) return '-'
  const value = (pick: (of: Percentiles) => number) => median(known.map(pick)).toFixed(1)
  return `${value(({ p50 }) => p50)} / ${value(({ p99 }) => p99)}`
}

const medianOf = (
  slices: readonly MeasuredSlice[],
  pick: (slice: MeasuredSlice) => number | undefined,
): number => median(slices.map((slice) => pick(slice) ?? 0))

function printTable(rows: readonly (readonly string[])[]): void {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  )
  for (const row of rows) {
    const line = row.map((cell, column) =>
      column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
    )
    process.stdout.write(`  ${line.join('  ').trimEnd()}\n`)
  }
}
