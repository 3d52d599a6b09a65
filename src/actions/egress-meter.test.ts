import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createEgressMeter } from './egress-meter.ts'

/** A meter and the hands of its clock. */
function meterAt(): { meter: ReturnType<typeof createEgressMeter>; at(ms: number): void } {
  let time = 0
  const meter = createEgressMeter(() => time)
  return {
    meter,
    at: (ms) => {
      time = ms
    },
  }
}

test('waiting and receiving count, computing and keeping a connection do not', () => {
  const { meter, at } = meterAt()
  at(10)
  meter.asked(1)
  at(30)
  meter.answered(1)
  at(35)
  meter.answered(1)
  at(100)
  meter.settled(1)
  at(200)

  assert.equal(meter.networkMs(), 25)
})

test('what overlaps counts once, and what is still awaited counts until now', () => {
  const { meter, at } = meterAt()
  meter.asked(1)
  at(10)
  meter.asked(2)
  at(20)
  meter.answered(1)
  at(50)

  assert.equal(meter.networkMs(), 50)
})
