import { connect, type Socket } from 'node:net'
import type { CheckedAddress } from '../base/egress-rules.ts'
import { dataBytes, type FrameType, frameTypes, socketWindow } from './protocol.ts'

/** A connection that is carried for a worker. */
export type EgressSocket = {
  /** Bytes from the worker. False when it sent more than it was granted. */
  send(data: Buffer): boolean
  /** The worker took bytes. False when it takes more than it was sent. */
  grant(bytes: number): boolean
  /** The worker sends no more. */
  end(): void
  destroy(): void
}

type Options = {
  id: number
  port: number
  /** All of them were judged; nothing else is connected to. */
  addresses: readonly CheckedAddress[]
  timeoutMs: number
  send(type: FrameType, id: number, payload: Uint8Array): void
  /** Bytes came in. False when there are too many, which ends the worker. */
  received(bytes: number): boolean
  /** It is over, for whatever reason; told once. */
  closed(end: { address: string | undefined; error: string | undefined }): void
}

const nothing = Buffer.alloc(0)
/** Credit is given back in parts of this size, so that short exchanges need none. */
const grantStep = socketWindow / 4

/** Opens a connection to one of the addresses and carries it in frames. */
export function openEgressSocket(options: Options): EgressSocket {
  const { id, port, addresses, send } = options
  const socket = connect({
    port,
    // The name is never resolved again: the addresses are the ones that were judged.
    host: 'judged.invalid',
    lookup: (_host, _options, callback) => callback(null, [...addresses]),
    autoSelectFamily: true,
    allowHalfOpen: true,
    noDelay: true,
  })
  const timer = setTimeout(
    () => fail('ETIMEDOUT', 'the connection took too long'),
    options.timeoutMs,
  )
  let over = false
  /** What the worker may still send, what it is to be given back, what we may still send. */
  let [granted, taken, room] = [socketWindow, 0, socketWindow]
  let address: string | undefined

  const finish = (error?: string) => {
    if (over) return false
    over = true
    clearTimeout(timer)
    socket.destroy()
    options.closed({ address, error })
    return true
  }
  const fail = (code: string, message: string) => {
    if (finish(code)) send(frameTypes.ERR, id, Buffer.from(JSON.stringify({ code, message })))
  }
  socket.on('connect', () => {
    clearTimeout(timer)
    address = socket.remoteAddress
    const opened = { address, port, family: socket.remoteFamily === 'IPv6' ? 6 : 4 }
    if (!over) send(frameTypes.OPENED, id, Buffer.from(JSON.stringify(opened)))
  })
  socket.on('data', (data: Buffer) => {
    if (over || !options.received(data.length)) return
    for (let from = 0; from < data.length; from += dataBytes) {
      send(frameTypes.DATA, id, data.subarray(from, from + dataBytes))
    }
    room -= data.length
    if (room <= 0) socket.pause()
  })
  socket.on('end', () => {
    if (!over) send(frameTypes.END, id, nothing)
  })
  socket.on('error', (error: NodeJS.ErrnoException) => fail(...told(error)))
  socket.on('close', () => {
    if (finish()) send(frameTypes.CLOSE, id, nothing)
  })

  return {
    send(data) {
      granted -= data.length
      if (granted < 0) return false
      socket.write(data, () => {
        taken += data.length
        if (taken < grantStep || over) return
        granted += taken
        send(frameTypes.WINDOW, id, Buffer.from(JSON.stringify({ bytes: taken })))
        taken = 0
      })
      return true
    },
    grant(bytes) {
      room += bytes
      if (room > 0) resume(socket)
      return room <= socketWindow
    },
    end: () => socket.end(),
    destroy: () => finish(),
  }
}

function resume(socket: Socket): void {
  if (socket.isPaused()) socket.resume()
}

/** Only the kind of a failure: the texts of the system name addresses that nobody asked for. */
function told(error: NodeJS.ErrnoException & { errors?: readonly unknown[] }): [string, string] {
  const code = typeof error.code === 'string' ? error.code : 'ECONNRESET'
  return [code, `the connection failed: ${code}`]
}
