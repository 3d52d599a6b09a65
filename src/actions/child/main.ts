import tls from 'node:tls'
import { inspect } from 'node:util'
import type { ActionCacheRecord } from '../../contract/actions.ts'
import { type Frame, frameTypes } from '../protocol.ts'
import { secretValues } from '../secret-mask.ts'
import { apiOf } from './api.ts'
import { openChannel, readJson } from './channel.ts'
import { sandboxConsole } from './console.ts'
import { connectSocketsTo, socketFrame } from './facade-socket.ts'
import { connectLookupsTo, lookupFrame } from './host-lookup.ts'
import {
  addLine,
  beginInvocation,
  blamedInvocation,
  currentInvocation,
  describeError,
  endInvocation,
  formatArguments,
  type Invocation,
  isAlone,
  startOfConsole,
} from './invocation.ts'
import { legacyEvent } from './legacy-event.ts'
import { type LoadedAction, type LoadOrder, loadAction } from './load-action.ts'
import { patchNetwork } from './patch-network.ts'
import { prototypeWatch } from './prototype-sizes.ts'
import { stripProcess, substituteProcess } from './sandbox-process.ts'
import { createRequire } from './sandbox-require.ts'

/**
 * The program inside a worker: it takes code, runs its handler for each event it is told of, and has no
 * way out but the pipe. What tenant code could misuse is taken away before any of it is loaded.
 */

type InvokeOrder = {
  event: Record<string, unknown>
  secrets: Record<string, string>
  hidden: string[]
  cache: ActionCacheRecord[]
}

// Members that the types do not know.
const real = process as unknown as {
  reallyExit(code: number): never
  _rawDebug(text: string): void
}
const exit = real.reallyExit.bind(process)
const complain = real._rawDebug.bind(process)
const builtin = process.getBuiltinModule.bind(process) as (name: string) => unknown
const now = performance.now.bind(performance)

/** Ends this process once nothing more can be said, with what the host reads as a crash. */
const crashed = 70

let action: LoadedAction | undefined
let code: Buffer | undefined
let cached: Buffer | undefined
let changedPrototypes: (alone: boolean) => boolean = () => true
let unhandled = false

const channel = openChannel(receive, () => exit(0))
connectSocketsTo(channel)
connectLookupsTo(channel)

const print = (line: string) => {
  const invocation = blamedInvocation()
  if (invocation !== undefined) addLine(invocation, line)
}
const console = sandboxConsole((parts) => print(formatArguments(parts)))
const substitute = substituteProcess(print)
const require = createRequire(builtin, { process: substitute, console })

process.setUncaughtExceptionCaptureCallback((error) => {
  const invocation = blamedInvocation()
  if (invocation === undefined) {
    complain(describeError(error, []).stack ?? '')
    return exit(crashed)
  }
  // The process ends behind this result: no other call may go to it.
  unhandled = true
  const described = describeError(error, invocation.secrets)
  const told = { ...described, message: `uncaught exception: ${described.message}`.slice(0, 2000) }
  finish(invocation, { ended: 'threw', error: told }, () => exit(crashed))
})
process.on('unhandledRejection', (reason) => {
  unhandled = true
  print(`unhandled rejection: ${formatArguments([reason])}`)
})

// After this module: Node's own loader still needs what is taken away.
setImmediate(prepare)

function prepare(): void {
  patchNetwork(channel.handle)
  warmUp()
  stripProcess()
  for (const [name, value] of Object.entries({ process: substitute, console })) {
    Object.defineProperty(globalThis, name, { value, writable: true, configurable: true })
  }
  channel.sendJson(frameTypes.READY, 0, {})
}

/** Loads what the first request would load, which takes 20 ms off it. */
function warmUp(): void {
  tls.createSecureContext()
  inspect({})
  // Fails at once, on the facade, because no run is going on.
  fetch('http://warm.invalid/').catch(() => {})
}

function receive({ type, id, payload }: Frame): void {
  if (type === frameTypes.CODE) code = payload
  else if (type === frameTypes.CACHE) cached = payload
  else if (type === frameTypes.LOAD) load(id, readJson(payload) as LoadOrder)
  else if (type === frameTypes.INVOKE) void invoke(id, readJson(payload) as InvokeOrder)
  else if (type === frameTypes.PING)
    channel.sendJson(frameTypes.PONG, id, { logs: startOfConsole(id) })
  else if (type === frameTypes.STOP) exit(0)
  else if (type === frameTypes.LOOKEDUP) lookupFrame(id, readJson(payload))
  else socketFrame({ type, id, payload }, readJson)
}

function load(id: number, order: LoadOrder): void {
  const loaded = loadAction({ ...order, code, cached }, require, console)
  code = undefined
  cached = undefined
  if (loaded.ok) {
    action = loaded.action
    changedPrototypes = prototypeWatch()
    channel.sendJson(frameTypes.LOADED, id, { ok: true, cacheRejected: loaded.cacheRejected })
  } else {
    channel.sendJson(frameTypes.LOADED, id, { ok: false, error: describeError(loaded.error, []) })
  }
}

async function invoke(id: number, order: InvokeOrder): Promise<void> {
  const { secrets, hidden, cache } = order
  const invocation = beginInvocation(id, secretValues(secrets, hidden))
  const loaded = action
  if (loaded === undefined) return
  const [event, api] = loaded.legacy
    ? [legacyEvent(order.event), { secrets }]
    : [{ ...order.event, secrets }, apiOf(loaded.trigger, invocation, cache, tellLate)]
  const started = now()
  try {
    await currentInvocation.run(invocation, () => loaded.handler(event, api))
    finish(invocation, { ended: 'returned', durationMs: now() - started })
  } catch (error) {
    // Formatting runs tenant code too: it belongs to the run, and an endless one ends by the host.
    const described = describeError(error, invocation.secrets)
    finish(invocation, { ended: 'threw', error: described, durationMs: now() - started })
  }
  if (!loaded.cacheSent) {
    loaded.cacheSent = true
    channel.send(frameTypes.NEWCACHE, 0, loaded.script.createCachedData())
  }
}

const tellLate = (id: number) => channel.sendJson(frameTypes.LATE, id, {})

/** Tells the host how a run ended; once, whatever comes later. */
function finish(invocation: Invocation, end: Record<string, unknown>, then?: () => void): void {
  if (invocation.done) {
    then?.()
    return
  }
  endInvocation(invocation)
  const { lines, dropped, verdict, cacheWrites } = invocation
  const logs = dropped === 0 ? lines : [...lines, `(${dropped} more lines were dropped)`]
  const result = {
    ...end,
    ...(verdict !== undefined && { verdict }),
    logs: logs.join('\n'),
    cacheWrites,
    worn: unhandled || changedPrototypes(isAlone()),
  }
  if (then === undefined) channel.sendJson(frameTypes.RESULT, invocation.id, result)
  else channel.last(frameTypes.RESULT, invocation.id, result, then)
}
