import { lookup as resolve } from 'node:dns/promises'
import { EgressRefused, type EgressRules, type Lookup, resolveAll } from '../base/egress-rules.ts'
import type { Logger } from '../base/logger.ts'
import { createEgressMeter, type EgressMeter } from './egress-meter.ts'
import { type EgressSocket, openEgressSocket } from './egress-socket.ts'
import { type Frame, type FrameType, frameTypes } from './protocol.ts'

/** Makes the connections of one worker, which has no network of its own. */
export type EgressBroker = {
  /** A frame of a socket, `OPEN` to `LOOKUP`. */
  receive(frame: Frame): void
  /** From now on the invocation may use the network. */
  begin(invocation: number): void
  /** It may no longer; what it still waits for is closed. Gives how long it waited for others. */
  end(invocation: number): { networkMs: number }
  /** Ends all connections. */
  close(): void
}

export type EgressBrokerOptions = {
  send(type: FrameType, id: number, payload: Uint8Array): void
  /** The worker did what no honest program does; it is to be killed. */
  violate(reason: string): void
  rules: EgressRules
  log: Logger
  /** Whom to name in the log. */
  subject: { tenantId: string; actionId: string }
  /** Resolves names; of the system when absent. */
  lookup?: Lookup
}

/** For one invocation, and `sockets` for all of a worker. */
export const egressLimits = {
  sockets: 16,
  opens: 100,
  /** As many are no mistake any more. */
  floodingOpens: 2000,
  upBytes: 10 * 2 ** 20,
  downBytes: 32 * 2 ** 20,
  /** Frames of no or few bytes between two beginnings. */
  smallFrames: 20_000,
  connectMs: 5000,
} as const

type Carried = {
  host: string
  port: number
  opener: number
  /** Undefined while the name is being judged. */
  socket: EgressSocket | undefined
  up: number
  down: number
}

/**
 * Connections stay open between the invocations of a worker, as agents keep them. Without a live
 * invocation nothing is sent for a worker; its attempts close the connection.
 */
export function createEgressBroker(options: EgressBrokerOptions): EgressBroker {
  const { send, rules, log, subject } = options
  const lookup: Lookup = options.lookup ?? ((host) => resolve(host, { all: true }))
  const live = new Map<number, EgressMeter>()
  const carried = new Map<number, Carried>()
  let strays = 0
  let small = 0
  let closed = false

  const violate = (reason: string) => {
    if (closed) return
    log.warn({ ...subject, reason }, 'an Action broke the rules of the network')
    close()
    options.violate(reason)
  }
  const sendJson = (type: FrameType, id: number, value: object) => {
    if (!closed) send(type, id, Buffer.from(JSON.stringify(value)))
  }
  const refuse = (id: number, code: string, message: string) =>
    sendJson(frameTypes.ERR, id, { code, message })

  /** Who pays for a connection: who opened it, or of those who may use it the one that began first. */
  const payer = ({ opener }: Carried): EgressMeter | undefined =>
    live.get(opener) ?? live.values().next().value

  /** The meter of whoever asks, or why not. Each attempt counts. */
  const admit = (invocation: number): EgressMeter | string => {
    const meter = live.get(invocation)
    if (meter === undefined) {
      strays += 1
      if (strays > egressLimits.floodingOpens) violate('connection flood')
      return 'network use outside an invocation'
    }
    meter.opens += 1
    if (meter.opens > egressLimits.floodingOpens) violate('connection flood')
    return meter.opens > egressLimits.opens ? 'too many connections in one invocation' : meter
  }

  const drop = (id: number) => {
    carried.get(id)?.socket?.destroy()
    carried.delete(id)
  }
  const shut = (id: number) => {
    drop(id)
    if (!closed) send(frameTypes.CLOSE, id, Buffer.alloc(0))
  }
  /** Makes room among what was opened by invocations that are over. */
  const evict = () => {
    for (const [id, { opener }] of carried) {
      if (carried.size < egressLimits.sockets) return
      if (!live.has(opener)) shut(id)
    }
  }
  const close = () => {
    closed = true
    for (const id of [...carried.keys()]) drop(id)
    live.clear()
  }

  const open = async (id: number, { host, port, invocation }: Asked) => {
    if (carried.has(id)) return violate('a socket was opened twice')
    const meter = admit(invocation)
    if (typeof meter === 'string') return refuse(id, 'EACCES', meter)
    evict()
    if (carried.size >= egressLimits.sockets) return refuse(id, 'EMFILE', 'too many connections')
    const named = { host: shown(host), port: typeof port === 'number' ? port : 0 }
    const entry: Carried = { ...named, opener: invocation, socket: undefined, up: 0, down: 0 }
    carried.set(id, entry)
    meter.asked(id)
    const started = performance.now()
    try {
      const addresses = await resolveAll(rules, host, port ?? null, lookup)
      // It may have been closed meanwhile, and the id taken again.
      if (closed || carried.get(id) !== entry) return
      if (!live.has(invocation)) throw new EgressRefused('network use outside an invocation')
      entry.socket = openEgressSocket({
        ...{ id, port: entry.port, addresses },
        timeoutMs: Math.max(1, egressLimits.connectMs - (performance.now() - started)),
        send(type, of, payload) {
          if (type === frameTypes.DATA) payer(entry)?.answered(of)
          else if (type !== frameTypes.WINDOW) payer(entry)?.settled(of)
          send(type, of, payload)
        },
        received: (bytes) => charge(entry, 'down', bytes),
        closed: (end) => {
          carried.delete(id)
          payer(entry)?.settled(id)
          const { opener: _opener, socket: _socket, ...told } = entry
          log.debug({ ...subject, ...told, ...end }, 'a connection of an Action ended')
        },
      })
    } catch (error) {
      meter.settled(id)
      if (carried.get(id) === entry) carried.delete(id)
      const { code, message } = reasonOf(error)
      log.info({ ...subject, ...named, verdict: message }, 'a connection of an Action was refused')
      refuse(id, code, message)
    }
  }

  const answerLookup = async (id: number, { host, invocation }: Asked) => {
    const meter = admit(invocation)
    if (typeof meter === 'string') {
      return sendJson(frameTypes.LOOKEDUP, id, { error: { code: 'EACCES', message: meter } })
    }
    // Look-ups have numbers of their own.
    const key = -1 - id
    meter.asked(key)
    try {
      const addresses = await resolveAll(rules, host, undefined, lookup)
      sendJson(frameTypes.LOOKEDUP, id, { addresses: addresses.slice(0, 32) })
    } catch (error) {
      sendJson(frameTypes.LOOKEDUP, id, { error: reasonOf(error) })
    } finally {
      meter.settled(key)
    }
  }

  /** False when it was too much, or nobody is there to pay for it. */
  const charge = (entry: Carried, way: 'up' | 'down', bytes: number): boolean => {
    entry[way] += bytes
    const meter = payer(entry)
    // What comes in between two invocations is held by the window.
    if (meter === undefined) return way === 'down'
    meter[way] += bytes
    if (meter[way] <= (way === 'up' ? egressLimits.upBytes : egressLimits.downBytes)) return true
    violate(way === 'up' ? 'sent too much' : 'received too much')
    return false
  }

  const data = (id: number, payload: Buffer) => {
    const entry = carried.get(id)
    // What was under way when it closed.
    if (entry === undefined) return
    if (entry.socket === undefined) return violate('data before the connection was open')
    if (!charge(entry, 'up', payload.length)) return shut(id)
    payer(entry)?.asked(id)
    if (!entry.socket.send(payload)) violate('more data than granted')
  }

  const grant = (id: number, bytes: number) => {
    const entry = carried.get(id)
    if (bytes <= 0 || entry?.socket?.grant(bytes) === false) return violate('a wrong window')
    // Nobody is there to take more.
    if (entry !== undefined && payer(entry) === undefined) shut(id)
  }

  return {
    receive({ type, id, payload }) {
      if (closed) return
      if (payload.length < 512) small += 1
      if (small > egressLimits.smallFrames) return violate('too many frames')
      if (type === frameTypes.DATA) return data(id, payload)
      if (type === frameTypes.END) return carried.get(id)?.socket?.end()
      if (type === frameTypes.CLOSE) return drop(id)
      const fields = readFields(payload)
      if (fields === undefined) return violate('a frame that cannot be read')
      if (type === frameTypes.OPEN) void open(id, fields)
      else if (type === frameTypes.LOOKUP) void answerLookup(id, fields)
      else if (type === frameTypes.WINDOW) grant(id, fields.bytes)
    },
    begin(invocation) {
      small = 0
      live.set(invocation, createEgressMeter())
    },
    end(invocation) {
      const networkMs = live.get(invocation)?.networkMs() ?? 0
      live.delete(invocation)
      return { networkMs }
    },
    close,
  }
}

type Asked = { host: unknown; port: unknown; invocation: number; bytes: number }

/** The known fields of a control frame, each of which may be anything; numbers are safe integers. */
function readFields(payload: Buffer): Asked | undefined {
  try {
    const value: unknown = JSON.parse(payload.toString('utf8'))
    if (typeof value !== 'object' || value === null) return undefined
    const field = (name: string): unknown => Object.getOwnPropertyDescriptor(value, name)?.value
    return {
      ...{ host: field('host'), port: field('port') },
      ...{ invocation: whole(field('invocation')), bytes: whole(field('bytes')) },
    }
  } catch {
    return undefined
  }
}

const whole = (value: unknown): number => (Number.isSafeInteger(value) ? Number(value) : 0)

/** For the log: what a tenant's code names as a host may be anything. */
const shown = (host: unknown): string =>
  typeof host === 'string' ? host.replace(/[^\x21-\x7e]/g, '?').slice(0, 253) : typeof host

function reasonOf(error: unknown): { code: string; message: string } {
  return error instanceof EgressRefused
    ? { code: error.code, message: error.message }
    : { code: 'EAI_FAIL', message: 'the connection could not be made' }
}
