import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { Metrics } from '../base/metrics.ts'
import type { DatabaseStats } from '../store/db.ts'

/** What a process reports to Prometheus. One registry for each app, so tests do not share counts. */
export type AppMetrics = Metrics & {
  answered(request: { method: string; route: string; status: number; elapsedMs: number }): void
  text(): Promise<string>
}

/**
 * @param read gauges that are asked for when somebody scrapes: open messages and connections
 */
export function createMetrics(read: {
  openMessages: () => Promise<number>
  database: () => DatabaseStats
}): AppMetrics {
  const registry = new Registry()
  const registers = [registry]
  const requests = new Histogram({
    name: 'trunkline_http_request_duration_seconds',
    help: 'Time from request to answer, by route pattern and status',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 30],
    registers,
  })
  const messages = new Counter({
    name: 'trunkline_messages_total',
    help: 'Messages by provider, message type and outcome of a try',
    labelNames: ['provider', 'type', 'outcome'],
    registers,
  })
  const acceptance = new Histogram({
    name: 'trunkline_message_acceptance_seconds',
    help: 'Time from the request to the acceptance by the carrier',
    labelNames: ['provider'],
    buckets: [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120],
    registers,
  })
  new Gauge({
    name: 'trunkline_queue_depth',
    help: 'Messages that are not in a final state, in the whole database',
    registers,
    async collect() {
      this.set(await read.openMessages())
    },
  })
  new Gauge({
    name: 'trunkline_database_connections',
    help: 'Database connections of this process, and callers that wait for one',
    labelNames: ['state'],
    registers,
    collect() {
      const { total, idle, waiting } = read.database()
      this.set({ state: 'active' }, total - idle)
      this.set({ state: 'idle' }, idle)
      this.set({ state: 'waiting' }, waiting)
    },
  })
  return {
    answered: ({ method, route, status, elapsedMs }) =>
      requests.observe({ method, route, status }, elapsedMs / 1000),
    message: (labels) => messages.inc(labels),
    acceptance: (provider, elapsedMs) => acceptance.observe({ provider }, elapsedMs / 1000),
    text: () => registry.metrics(),
  }
}
