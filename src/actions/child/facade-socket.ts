import { isIP } from 'node:net'
import { Duplex } from 'node:stream'
import { dataBytes, frameTypes, socketWindow } from '../protocol.ts'
import type { Channel } from './channel.ts'
import { currentInvocation } from './invocation.ts'

type Opened = { address: string; port: number; family: number }
type Callback = (error?: Error | null) => void

/** Room is given back in parts, so that a short exchange needs no frame for it. */
const grantStep = socketWindow / 4

const sockets = new Map<number, FacadeSocket>()
let lastId = 0
let channel: Channel | undefined

/** Sockets speak through this channel from now on. */
export function connectSocketsTo(opened: Channel): void {
  channel = opened
}

const systemError = (code: string, message: string): Error =>
  Object.assign(new Error(message), { code })

/** What a connect was called with: options, a port and a host, or a path, which is refused. */
type Target = { host: string; port: number; path?: unknown }

export function readTarget(args: readonly unknown[]): { target: Target; listener?: () => void } {
  const last = args.at(-1)
  const listener = typeof last === 'function' ? (last as () => void) : undefined
  const [first, second] = args
  const given: Record<string, unknown> =
    typeof first === 'object' && first !== null
      ? (first as Record<string, unknown>)
      : typeof first === 'string' && Number.isNaN(Number(first))
        ? { path: first }
        : { port: first, host: typeof second === 'string' ? second : undefined }
  const { host = 'localhost', port, path } = given
  return {
    // Taken as they are: what is no string and no number is refused by the host.
    target: { host: host as string, port: Number(port), ...(path != null && { path }) },
    ...(listener !== undefined && { listener }),
  }
}

/**
 * What tenant code gets for a socket: the bytes go over the pipe to the host, which opens the
 * connection, or refuses to. TLS is done on top of it in here, with the usual checks.
 */
export class FacadeSocket extends Duplex {
  connecting = false
  pending = true
  bytesRead = 0
  bytesWritten = 0
  remoteAddress: string | undefined
  remotePort: number | undefined
  remoteFamily: string | undefined
  localAddress: string | undefined
  localPort: number | undefined
  timeout: number | undefined
  autoSelectFamilyAttemptedAddresses: string[] = []
  #id = 0
  #credit = socketWindow
  #unacknowledged = 0
  #waiting: { chunk: Buffer; then: Callback } | undefined
  #timer: NodeJS.Timeout | undefined

  constructor(options: Record<string, unknown> = {}) {
    super({ allowHalfOpen: options?.allowHalfOpen === true, autoDestroy: true, emitClose: true })
    if (options?.fd !== undefined || options?.handle != null) {
      throw systemError('EACCES', 'descriptors are not available to Actions')
    }
    this.on('end', () => {
      if (!this.allowHalfOpen) this.end()
    })
  }

  get readyState(): string {
    if (this.connecting) return 'opening'
    if (this.pending) return 'closed'
    if (this.readable && this.writable) return 'open'
    return this.readable ? 'readOnly' : this.writable ? 'writeOnly' : 'closed'
  }

  get bufferSize(): number {
    return this.writableLength
  }

  connect(...args: unknown[]): this {
    const { target, listener } = readTarget(Array.isArray(args[0]) ? args[0] : args)
    if (listener !== undefined) this.once('connect', listener)
    const invocation = currentInvocation.getStore()
    const refusal =
      target.path !== undefined
        ? systemError('EACCES', 'local sockets are not available to Actions')
        : invocation === undefined || invocation.done
          ? systemError('EACCES', 'network use outside an invocation')
          : this.#id !== 0
            ? systemError('EISCONN', 'the socket was used before')
            : channel === undefined
              ? systemError('ENETUNREACH', 'no network')
              : typeof target.host !== 'string' || target.host.length > 255
                ? systemError('EINVAL', 'the host is no name')
                : undefined
    if (refusal !== undefined) {
      process.nextTick(() => this.destroy(refusal))
      return this
    }
    this.connecting = true
    lastId += 1
    this.#id = lastId
    sockets.set(this.#id, this)
    channel?.sendJson(frameTypes.OPEN, this.#id, {
      host: target.host,
      port: Number.isFinite(target.port) ? target.port : -1,
      invocation: invocation?.id,
    })
    return this
  }

  /** A frame of the host about this socket. */
  receive(type: number, payload: Buffer, json: () => unknown): void {
    if (type === frameTypes.OPENED) this.#opened(json() as Opened)
    else if (type === frameTypes.DATA) this.#received(payload)
    else if (type === frameTypes.WINDOW) this.#window((json() as { bytes: number }).bytes)
    else if (type === frameTypes.END) this.push(null)
    else if (type === frameTypes.ERR) {
      const { code, message } = json() as { code: string; message: string }
      this.destroy(systemError(code, message))
    } else if (type === frameTypes.CLOSE) this.destroy()
  }

  #opened({ address, port, family }: Opened): void {
    this.connecting = false
    this.pending = false
    this.remoteAddress = address
    this.remotePort = port
    this.remoteFamily = `IPv${family}`
    this.localAddress = family === 6 ? '::' : '0.0.0.0'
    this.localPort = 0
    this.emit('connect')
    this.emit('ready')
    this.#flush()
    if (this.isPaused() === false) this.read(0)
  }

  #received(payload: Buffer): void {
    this.#touch()
    this.bytesRead += payload.length
    this.#unacknowledged += payload.length
    if (this.push(payload)) this.#acknowledge()
  }

  #acknowledge(): void {
    if (this.#unacknowledged < grantStep || this.destroyed) return
    channel?.sendJson(frameTypes.WINDOW, this.#id, { bytes: this.#unacknowledged })
    this.#unacknowledged = 0
  }

  #window(bytes: number): void {
    this.#credit += bytes
    this.#flush()
  }

  /** Sends what waits as far as the host takes it. */
  #flush(): void {
    while (this.#waiting !== undefined && this.#credit > 0 && !this.pending) {
      const { chunk, then } = this.#waiting
      const part = chunk.subarray(0, Math.min(dataBytes, this.#credit))
      channel?.send(frameTypes.DATA, this.#id, part)
      this.#credit -= part.length
      this.bytesWritten += part.length
      this.#touch()
      const rest = chunk.subarray(part.length)
      this.#waiting = rest.length === 0 ? undefined : { chunk: rest, then }
      if (rest.length === 0) then()
    }
  }

  override _read(): void {
    this.#acknowledge()
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, then: Callback): void {
    this.#waiting = { chunk, then }
    this.#flush()
  }

  override _final(then: Callback): void {
    const finish = () => {
      if (this.#id !== 0 && !this.destroyed)
        channel?.send(frameTypes.END, this.#id, new Uint8Array())
      then()
    }
    if (this.connecting) this.once('connect', finish)
    else finish()
  }

  override _destroy(error: Error | null, then: Callback): void {
    clearTimeout(this.#timer)
    this.connecting = false
    this.#waiting = undefined
    if (this.#id !== 0 && sockets.delete(this.#id)) {
      channel?.send(frameTypes.CLOSE, this.#id, new Uint8Array())
    }
    then(error)
  }

  setTimeout(ms: number, listener?: () => void): this {
    this.timeout = ms
    if (listener !== undefined) this.once('timeout', listener)
    this.#touch()
    return this
  }

  #touch(): void {
    clearTimeout(this.#timer)
    if (this.timeout === undefined || this.timeout <= 0 || this.destroyed) return
    this.#timer = setTimeout(() => this.emit('timeout'), this.timeout)
    this.#timer.unref()
  }

  destroySoon(): void {
    if (this.writable) this.end()
    if (this.writableFinished) this.destroy()
    else this.once('finish', () => this.destroy())
  }

  resetAndDestroy(): this {
    return this.destroy()
  }

  setNoDelay(): this {
    return this
  }

  setKeepAlive(): this {
    return this
  }

  ref(): this {
    return this
  }

  unref(): this {
    return this
  }

  address(): { address: string; port: number; family: string } {
    return { address: this.localAddress ?? '', port: 0, family: this.remoteFamily ?? 'IPv4' }
  }
}

/** Hands a frame to its socket; one that is gone hears nothing. */
export function socketFrame(
  frame: { type: number; id: number; payload: Buffer },
  json: (payload: Buffer) => unknown,
): void {
  sockets.get(frame.id)?.receive(frame.type, frame.payload, () => json(frame.payload))
}

/** `net.connect` on a facade. */
export function connectFacade(...args: unknown[]): FacadeSocket {
  const [first] = args
  const options = typeof first === 'object' && first !== null ? first : {}
  const socket = new FacadeSocket(options as Record<string, unknown>)
  const timeout = (options as { timeout?: unknown }).timeout
  if (typeof timeout === 'number') socket.setTimeout(timeout)
  return socket.connect(...args)
}

/** The name that TLS asks for and checks, unless the caller names one. */
export const serverNameOf = (host: string): string => (isIP(host) === 0 ? host : '')
