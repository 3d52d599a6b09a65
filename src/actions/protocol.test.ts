import assert from 'node:assert/strict'
import { test } from 'node:test'
import { dataBytes, encodeFrame, FrameReader, frameTypes, ProtocolViolation } from './protocol.ts'

test('frames come out as they went in, however the bytes were cut', () => {
  const sent = Buffer.concat([
    encodeFrame(frameTypes.RESULT, 7, Buffer.from('{"ended":"returned"}')),
    encodeFrame(frameTypes.END, 4_294_967_295),
    encodeFrame(frameTypes.DATA, 1, Buffer.from([0, 255])),
  ])
  for (const size of [1, 5, 9, 10, sent.length]) {
    const reader = new FrameReader('host')
    const frames = []
    for (let from = 0; from < sent.length; from += size) {
      frames.push(...reader.push(sent.subarray(from, from + size)))
    }

    assert.deepEqual(frames, [
      { type: frameTypes.RESULT, id: 7, payload: Buffer.from('{"ended":"returned"}') },
      { type: frameTypes.END, id: 4_294_967_295, payload: Buffer.alloc(0) },
      { type: frameTypes.DATA, id: 1, payload: Buffer.from([0, 255]) },
    ])
  }
})

test('a frame that is too long is refused by its header alone', () => {
  const header = Buffer.alloc(9)
  header.writeUInt32LE(dataBytes + 1, 0)
  header.writeUInt8(frameTypes.DATA, 4)

  assert.throws(() => new FrameReader('host').push(header), ProtocolViolation)
})

test('a worker may not say what only its host may, nor what nobody knows', () => {
  for (const type of [frameTypes.CODE, frameTypes.OPENED]) {
    assert.throws(() => new FrameReader('host').push(encodeFrame(type, 1)), ProtocolViolation)
  }
  const unknown = encodeFrame(frameTypes.END, 1)
  unknown.writeUInt8(99, 4)

  assert.throws(() => new FrameReader('host').push(unknown), ProtocolViolation)
})
