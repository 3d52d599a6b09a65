import { AppError } from '../base/app-error.ts'
import { randomDigits } from '../base/random.ts'
import type {
  LogStreamCreate,
  LogStreamPatch,
  LogStreamSink,
  LogStreamView,
} from '../contract/log-streams.ts'
import {
  currentLogPosition,
  deleteLogStream,
  findLogStream,
  insertLogStream,
  type LogStreamRow,
  listLogStreams,
  lockLogStream,
  logPositionAfter,
  updateLogStream,
} from '../store/log-streams.ts'
import { lockTenant } from '../store/tenants.ts'
import type { Deps } from './deps.ts'
import { open, seal } from './sealing.ts'
import type { Tenant } from './tenant.ts'
import { lastLogIdAt } from './tenant-log-search.ts'

/** Each stream is asked for and read on its own, so there is an end to them. */
const mostStreams = 10

/** Headers that say how a request is framed, where it goes and who sends it are not a tenant's. */
const reservedHeaders = new Set([
  'authorization',
  'connection',
  'content-length',
  'content-type',
  'expect',
  'host',
  'keep-alive',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

/** Oldest first. */
export async function getLogStreams(deps: Deps, tenant: Tenant): Promise<LogStreamView[]> {
  const rows = await listLogStreams(deps.db, tenant.id)
  return rows.map((row) => viewOf(deps, row))
}

/** @throws AppError `log_stream_not_found` */
export async function getLogStream(deps: Deps, tenant: Tenant, id: string): Promise<LogStreamView> {
  const row = await findLogStream(deps.db, tenant.id, id)
  if (row === undefined) throw new AppError('log_stream_not_found')
  return viewOf(deps, row)
}

/**
 * Makes a stream that gets what is logged from now on, or from `startFrom` on as far as it is kept.
 *
 * @throws AppError `invalid_body`, `log_stream_too_many`
 */
export async function createLogStream(
  deps: Deps,
  tenant: Tenant,
  input: LogStreamCreate,
): Promise<LogStreamView> {
  checkSink(deps, input.sink)
  const startsAfter = startOf(deps, input.startFrom)
  const id = `lst_${randomDigits(deps.random, 16)}`
  return deps.db.transaction(async (tx) => {
    await lockTenant(tx, tenant.id)
    if ((await listLogStreams(tx, tenant.id)).length >= mostStreams) {
      throw new AppError('log_stream_too_many')
    }
    const position =
      (input.startFrom === undefined
        ? undefined
        : await logPositionAfter(tx, tenant.id, startsAfter)) ?? (await currentLogPosition(tx))
    const row: LogStreamRow = {
      tenant_id: tenant.id,
      id,
      name: input.name ?? 'HTTP',
      type: input.type,
      status: 'active',
      is_priority: input.isPriority ?? false,
      filters: input.filters ?? null,
      pii_config: input.pii_config ?? null,
      sealed_sink: seal(deps, tenant.id, 'log-stream-sink', id, JSON.stringify(input.sink)),
      starts_after: startsAfter,
      ...position,
      failures: 0,
      failing_since: null,
      version: 1,
      created_at: deps.clock.now(),
    }
    await insertLogStream(tx, row)
    return viewOf(deps, row)
  })
}

/**
 * Changes a stream. `status: active` lets one that was suspended go on where it stopped, at once; what it
 * missed is delivered as far as it is kept.
 *
 * @throws AppError `invalid_body`, `log_stream_not_found`
 */
export async function patchLogStream(
  deps: Deps,
  tenant: Tenant,
  id: string,
  patch: LogStreamPatch,
): Promise<LogStreamView> {
  if (patch.sink !== undefined) checkSink(deps, patch.sink)
  return deps.db.transaction(async (tx) => {
    const before = await lockLogStream(tx, tenant.id, id)
    if (before === undefined) throw new AppError('log_stream_not_found')
    // A new address or another status is a reason to try at once, and to forget the failures of before.
    const anew = patch.sink !== undefined || patch.status !== undefined
    const row: LogStreamRow = {
      ...before,
      name: patch.name ?? before.name,
      status: patch.status ?? before.status,
      is_priority: patch.isPriority ?? before.is_priority,
      filters: patch.filters ?? before.filters,
      pii_config: patch.pii_config ?? before.pii_config,
      ...(patch.sink !== undefined && {
        sealed_sink: seal(
          ...([deps, tenant.id, 'log-stream-sink', id] as const),
          JSON.stringify(keepAuthorization(sinkOf(deps, before), patch.sink)),
        ),
      }),
      ...(anew && { failures: 0, failing_since: null }),
    }
    await updateLogStream(tx, row, anew ? 0 : null)
    return viewOf(deps, row)
  })
}

/**
 * Tools leave out the secret that they may not write down. It stays while the address is on the same
 * origin: a new receiver is told nothing that was meant for another. An empty one is none.
 */
function keepAuthorization(before: LogStreamSink, sink: LogStreamSink): LogStreamSink {
  const originOf = ({ httpEndpoint }: LogStreamSink) => new URL(httpEndpoint).origin
  const { httpAuthorization = '', ...rest } =
    originOf(before) === originOf(sink)
      ? { httpAuthorization: before.httpAuthorization, ...sink }
      : sink
  return httpAuthorization === '' ? rest : { ...rest, httpAuthorization }
}

/** Deleting what is not there is no error, as at the original. */
export async function removeLogStream(deps: Deps, tenant: Tenant, id: string): Promise<void> {
  await deleteLogStream(deps.db, tenant.id, id)
}

/** The sink with its secrets. */
export const sinkOf = (deps: Pick<Deps, 'secretBox'>, row: LogStreamRow): LogStreamSink =>
  JSON.parse(open(deps, row.tenant_id, 'log-stream-sink', row.id, row.sealed_sink).toString())

/** The filters and the rule for personal data are stored as they were checked. */
function viewOf(deps: Deps, row: LogStreamRow): LogStreamView {
  const filters = row.filters as LogStreamView['filters'] | null
  const pii = row.pii_config as LogStreamView['pii_config'] | null
  return {
    id: row.id,
    name: row.name,
    type: 'http',
    status: row.status,
    sink: sinkOf(deps, row),
    ...(filters != null && { filters }),
    isPriority: row.is_priority,
    ...(pii != null && { pii_config: pii }),
  }
}

function checkSink({ options }: Deps, sink: LogStreamSink): void {
  const url = URL.parse(sink.httpEndpoint)
  const secure = url?.protocol === 'https:' || (url?.protocol === 'http:' && !options.production)
  if (url === null || !secure) throw refused('sink.httpEndpoint', 'An https address is needed')
  if (url.username !== '' || url.password !== '') {
    throw refused('sink.httpEndpoint', 'Credentials belong into httpAuthorization')
  }
  for (const { header } of sink.httpCustomHeaders ?? []) {
    if (reservedHeaders.has(header.toLowerCase())) {
      throw refused('sink.httpCustomHeaders', `The header ${header} cannot be set`)
    }
  }
}

/** The greatest id that is too old: one below everything that was logged at the time. */
function startOf(deps: Deps, startFrom: string | undefined): string {
  if (startFrom === undefined) return ''
  const at = /^\d{4}-\d\d-\d\d(T.+)?$/.test(startFrom) ? Date.parse(startFrom) : Number.NaN
  if (Number.isNaN(at)) throw refused('startFrom', 'A time in ISO 8601 is needed')
  if (at > deps.clock.now()) throw refused('startFrom', 'The time lies in the future')
  return lastLogIdAt(at - 1)
}

const refused = (property: string, reason: string) =>
  new AppError('invalid_body', {
    message: `Payload validation error: '${reason}' on property ${property}.`,
  })
