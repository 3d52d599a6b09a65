/**
 * What a worker and its host say to each other on descriptor 3: frames of a length (4 bytes, little
 * endian, of the payload alone), a type (1), an id (4) and a payload. Control frames hold JSON.
 *
 * Tenant code can get at the channel inside, so all that comes from a worker counts as forged until it
 * was validated. This file must not import values: it runs inside as well.
 */

/** Each word of the two. A socket's id is chosen inside; other ids name a call or a request. */
export const frameTypes = {
  // Host to worker.
  CODE: 1,
  CACHE: 2,
  LOAD: 3,
  INVOKE: 4,
  PING: 5,
  STOP: 6,
  // Worker to host.
  READY: 16,
  LOADED: 17,
  RESULT: 18,
  PONG: 19,
  NEWCACHE: 20,
  LATE: 21,
  // Sockets: `{host, port, invocation}`, `{address, port, family}`, `{code, message}`, bytes,
  // `{bytes}`, nothing, nothing, `{host, invocation}`, `{addresses}` or `{error: {code, message}}`.
  OPEN: 32,
  OPENED: 33,
  ERR: 34,
  DATA: 35,
  WINDOW: 36,
  END: 37,
  CLOSE: 38,
  LOOKUP: 39,
  LOOKEDUP: 40,
} as const
export type FrameType = (typeof frameTypes)[keyof typeof frameTypes]

export type Frame = { type: FrameType; id: number; payload: Buffer }

/** Who reads: the host is told things by a worker, the worker by its host. */
export type FrameReaderSide = 'host' | 'worker'

/** Bytes of a socket that may be under way in one direction before the receiver has taken any. */
export const socketWindow = 262_144
/** The longest part of a socket's bytes in one frame. */
export const dataBytes = 65_536

const headerBytes = 9
const [small, large] = [4096, 2 ** 21]

/** The longest payload of each type that a side takes; a type that is missing is a violation. */
const limits: Readonly<Record<FrameReaderSide, Readonly<Partial<Record<number, number>>>>> = {
  host: {
    [frameTypes.READY]: small,
    [frameTypes.LOADED]: 65_536,
    // 256 kB of console where each character may take six in JSON, and all else of a result.
    [frameTypes.RESULT]: large,
    [frameTypes.PONG]: small,
    [frameTypes.LATE]: small,
    [frameTypes.NEWCACHE]: 2 ** 24,
    [frameTypes.OPEN]: small,
    [frameTypes.DATA]: dataBytes,
    [frameTypes.WINDOW]: small,
    [frameTypes.END]: small,
    [frameTypes.CLOSE]: small,
    [frameTypes.LOOKUP]: small,
  },
  worker: {
    [frameTypes.CODE]: 2 ** 26,
    [frameTypes.CACHE]: 2 ** 26,
    [frameTypes.LOAD]: small,
    [frameTypes.INVOKE]: 2 ** 24,
    [frameTypes.PING]: small,
    [frameTypes.STOP]: small,
    [frameTypes.OPENED]: small,
    [frameTypes.ERR]: small,
    [frameTypes.DATA]: dataBytes,
    [frameTypes.WINDOW]: small,
    [frameTypes.END]: small,
    [frameTypes.CLOSE]: small,
    [frameTypes.LOOKEDUP]: 65_536,
  },
}

/** The other side said what no honest program says. */
export class ProtocolViolation extends Error {
  override name = 'ProtocolViolation'
}

/** A frame as bytes, header and payload in one piece. */
export function encodeFrame(type: FrameType, id: number, payload?: Uint8Array): Buffer {
  const length = payload?.length ?? 0
  const frame = Buffer.allocUnsafe(headerBytes + length)
  frame.writeUInt32LE(length, 0)
  frame.writeUInt8(type, 4)
  frame.writeUInt32LE(id, 5)
  if (payload !== undefined) frame.set(payload, headerBytes)
  return frame
}

/** Makes frames of bytes as they come. A frame that is too long is refused before it is collected. */
export class FrameReader {
  readonly #limits: Readonly<Partial<Record<number, number>>>
  /** What has come of the frame that is not complete, joined once when it is. */
  #parts: Buffer[] = []
  #collected = 0
  #wanted = headerBytes
  #head: { type: FrameType; id: number } | undefined

  constructor(side: FrameReaderSide) {
    this.#limits = limits[side]
  }

  /**
   * @returns the frames that this chunk completes
   * @throws ProtocolViolation
   */
  push(chunk: Buffer): Frame[] {
    const frames: Frame[] = []
    let rest = chunk
    while (rest.length > 0) {
      const part = rest.subarray(0, this.#wanted - this.#collected)
      rest = rest.subarray(part.length)
      this.#parts.push(part)
      this.#collected += part.length
      if (this.#collected < this.#wanted) break
      const [first] = this.#parts
      const whole = this.#parts.length === 1 && first ? first : Buffer.concat(this.#parts)
      this.#complete(whole, frames)
    }
    return frames
  }

  #complete(whole: Buffer, frames: Frame[]): void {
    this.#parts = []
    this.#collected = 0
    if (this.#head === undefined) {
      const length = whole.readUInt32LE(0)
      const type = whole.readUInt8(4)
      const limit = this.#limits[type]
      if (limit === undefined) throw new ProtocolViolation(`a frame of type ${type}`)
      if (length > limit) throw new ProtocolViolation(`a frame of type ${type} and ${length} bytes`)
      // A type that has a limit is one of the types.
      this.#head = { type: type as FrameType, id: whole.readUInt32LE(5) }
      this.#wanted = length
      if (length > 0) return
      frames.push({ ...this.#head, payload: Buffer.alloc(0) })
    } else {
      frames.push({ ...this.#head, payload: whole })
    }
    this.#head = undefined
    this.#wanted = headerBytes
  }
}
