import type { Duplex } from 'node:stream'
import { encodeFrame, type FrameType } from './protocol.ts'

/** Sends frames; those of one turn of the event loop leave with one system call. */
export function frameSender(
  channel: Duplex,
): (type: FrameType, id: number, payload?: Uint8Array) => void {
  let corked = false
  return (type, id, payload) => {
    if (!corked) {
      corked = true
      channel.cork()
      setImmediate(() => {
        corked = false
        channel.uncork()
      })
    }
    channel.write(encodeFrame(type, id, payload))
  }
}
