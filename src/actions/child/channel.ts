import { Socket } from 'node:net'
import { encodeFrame, type Frame, FrameReader, type FrameType } from '../protocol.ts'

const { parse, stringify } = JSON
const { concat, from } = Buffer
const { setImmediate } = globalThis

/** The pipe to the host, descriptor 3: the only way out of this process. */
export type Channel = {
  /** The native object below it. */
  handle: object
  send(type: FrameType, id: number, payload: Uint8Array): void
  sendJson(type: FrameType, id: number, value: unknown): void
  /** Sends, then calls back when the bytes are out. */
  last(type: FrameType, id: number, value: unknown, then: () => void): void
}

/** JSON of the host, read with the functions that this process started with. */
export const readJson = (payload: Uint8Array): unknown => parse(concat([payload]).toString('utf8'))

export function openChannel(onFrame: (frame: Frame) => void, onEnd: () => void): Channel {
  const pipe = new Socket({ fd: 3, readable: true, writable: true })
  const reader = new FrameReader('worker')
  pipe.on('data', (chunk) => {
    for (const frame of reader.push(chunk)) onFrame(frame)
  })
  pipe.on('error', onEnd)
  pipe.on('end', onEnd)
  const write = pipe.write.bind(pipe)
  const cork = pipe.cork.bind(pipe)
  const uncork = pipe.uncork.bind(pipe)
  let corked = false
  const flush = () => {
    if (!corked) return
    corked = false
    uncork()
  }
  /** What is sent in one turn of the event loop leaves with one system call. */
  const gather = () => {
    if (corked) return
    corked = true
    cork()
    setImmediate(flush)
  }
  const json = (value: unknown) => from(stringify(value), 'utf8')
  // A member that the types do not know.
  const { _handle: handle } = pipe as unknown as { _handle: object }
  return {
    handle,
    send: (type, id, payload) => {
      gather()
      write(encodeFrame(type, id, payload))
    },
    sendJson: (type, id, value) => {
      gather()
      write(encodeFrame(type, id, json(value)))
    },
    last: (type, id, value, then) => {
      write(encodeFrame(type, id, json(value)), then)
      flush()
    },
  }
}
