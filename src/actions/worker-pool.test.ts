import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { after, describe, test } from 'node:test'
import { silentLogger } from '../base/logger.ts'
import type { ActionCall, ActionProgram } from './action-runner.ts'
import { createActions } from './create-actions.ts'
import { launcherFor } from './isolation.ts'

const options = { log: silentLogger, allow: [], level: 'weak' } as const
const missing = (await launcherFor('weak', silentLogger)) === undefined
const actions = createActions(options)
after(() => actions.close(0))

/** A program of a tenant of its own, unless the test names one. */
let tenants = 0
function program(code: string, given: Partial<ActionProgram> = {}): ActionProgram {
  tenants += 1
  return {
    tenantId: `pool-${tenants}`,
    actionId: 'act_1',
    versionId: 'ver_1',
    trigger: 'custom-phone-provider',
    triggerVersion: 'v1',
    digest: createHash('sha256').update(code).digest('hex'),
    loadBundle: async () => code,
    ...given,
  }
}

const handler = (body: string, head = '') =>
  `${head}\nexports.onExecuteCustomPhoneProvider = async (event, api) => {\n${body}\n}`

const call = (event: Record<string, unknown> = {}, more: Partial<ActionCall> = {}): ActionCall => ({
  event,
  secrets: {},
  ...more,
})

describe('the pool of processes', { skip: missing && 'no process can be started here' }, () => {
  test('keeps a process for its next run and counts what both took', async () => {
    const counter = program(handler('n += 1; console.log(n)', 'let n = 0'))
    const first = await actions.run(counter, call())
    const second = await actions.run(counter, call())

    assert.equal(first.ended, 'returned', JSON.stringify(first))
    assert.deepEqual([first.logs.trim(), second.logs.trim()], ['1', '2'])
    assert.ok(first.stats.boot_duration_ms > second.stats.boot_duration_ms)
    assert.equal(actions.level, 'weak')
  })

  test('gives another version, Action and tenant a process of its own', async () => {
    const code = handler('n += 1; console.log(n)', 'globalThis.n ??= 0')
    const given = program(code)
    const others = [given, { ...given, versionId: 'ver_2' }, { ...given, actionId: 'act_2' }]
    for (const each of [...others, { ...given, tenantId: 'pool-another' }]) {
      const { logs } = await actions.run(each, call())
      assert.equal(logs.trim(), '1')
    }
  })

  test('runs four at a time in a process and starts a second one, no third', async () => {
    const wait = program(
      handler(
        `n += 1
         console.log(id, n)
         await new Promise((resolve) => setTimeout(resolve, 100))
         n -= 1`,
        `const id = require('crypto').randomUUID()\nlet n = 0`,
      ),
    )
    const results = await Promise.all(Array.from({ length: 16 }, () => actions.run(wait, call())))
    const lines = results.map(({ logs }) => logs.trim().split(' '))

    assert.ok(results.every(({ ended }) => ended === 'returned'))
    assert.ok(new Set(lines.map(([id]) => id)).size <= 2)
    assert.equal(Math.max(...lines.map(([, running]) => Number(running))), 4)
  })

  test('lets fifty runs of an Action wait and sends the next one away, and nobody else', async () => {
    const slow = program(handler('await new Promise((resolve) => setTimeout(resolve, 50))'))
    const first = await actions.run(slow, call())
    // One process is there: it takes four, fifty wait.
    const results = await Promise.all(Array.from({ length: 55 }, () => actions.run(slow, call())))
    const ends = results.map(({ ended }) => ended)

    assert.equal(first.ended, 'returned')
    assert.equal(ends.filter((end) => end === 'not_started').length, 1)
    assert.equal(ends.filter((end) => end === 'returned').length, 54)
    assert.equal((await actions.run(program(handler('')), call())).ended, 'returned')
    assert.equal((await actions.run(slow, call())).ended, 'returned')
  })

  test('throttles a tenant that ran too many within the minute, and nobody else', async (t) => {
    const few = createActions({ ...options, perMinute: 3 })
    t.after(() => few.close(0))
    const quick = program(handler(''))
    const ends = []
    // A new minute may begin between them: two of them have room for six.
    for (let run = 0; run < 7; run += 1) ends.push((await few.run(quick, call())).ended)

    assert.deepEqual(ends.slice(0, 3), ['returned', 'returned', 'returned'])
    assert.ok(ends.includes('throttled'), ends.join())
    assert.equal((await few.run(program(handler('')), call())).ended, 'returned')
  })

  test('shares the cache of a tenant and trigger among versions, not with tests', async () => {
    const code = handler(`
      console.log(api.cache.get('k')?.value)
      if (event.set) api.cache.set('k', event.set)
      if (event.unset) api.cache.delete('k')`)
    const one = program(code)
    const two = { ...one, versionId: 'ver_2' }
    const logs = async (given: ActionProgram, event: Record<string, unknown>, test = false) =>
      (await actions.run(given, call(event, { test }))).logs.trim()

    assert.equal(await logs(one, { set: 'tested' }, true), 'undefined')
    assert.equal(await logs(one, { set: 'v' }), 'undefined')
    assert.equal(await logs(two, {}), 'v')
    assert.equal(await logs(two, {}, true), 'undefined')
    assert.equal(await logs({ ...one, tenantId: 'pool-stranger' }, {}), 'undefined')
    assert.equal(await logs(two, { unset: true }), 'v')
    assert.equal(await logs(one, {}), 'undefined')
  })

  test('replaces a process that died, until too many of them have', async () => {
    const fragile = program(
      handler(
        `if (event.die) setTimeout(() => { throw new Error('x') }); await new Promise((resolve) => setTimeout(resolve, event.die ? 1000 : 0))`,
      ),
    )
    const died = await actions.run(fragile, call({ die: true }))
    assert.match(died.ended, /^(?:threw|killed)$/)
    assert.equal((await actions.run(fragile, call())).ended, 'returned')

    const spins = program(handler('while (true) {}'))
    const spin = () => actions.run(spins, call({}, { limitMs: 300 }))
    let timedOut = 0
    // One that waits too long for its process did not start, and does not count.
    for (let each = 0; each < 60 && timedOut < 5; each += 1) {
      if ((await spin()).ended === 'timed_out') timedOut += 1
    }
    const resting = await spin()
    assert.equal(timedOut, 5)
    assert.equal(resting.ended, 'not_started')
    assert.match(resting.error?.message ?? '', /rests/)
  })

  test('says that a module which does not load did not start', async () => {
    const { ended, error } = await actions.run(program(`require('axios')`), call())
    assert.equal(ended, 'not_started')
    assert.equal(error?.code, 'MODULE_NOT_FOUND')
  })

  test('checks a handler without keeping a process', async () => {
    assert.deepEqual(await actions.check(program(handler(''))), { ok: true })
    const wrong = await actions.check(program('exports.onExecuteCustomPhoneProvider = () => {}'))
    assert.ok(!wrong.ok)
    assert.match(wrong.error.message, /onExecuteCustomPhoneProvider/)
  })

  test('lets a run end when it is closed, and takes no other', async () => {
    const own = createActions(options)
    const slow = program(handler(`await new Promise((resolve) => setTimeout(resolve, 100))`))
    await own.run(slow, call())
    const running = own.run(slow, call())
    const [result] = await Promise.all([running, own.close(5000)])

    assert.equal(result.ended, 'returned')
    assert.equal((await own.run(slow, call())).ended, 'not_started')
  })

  test('kills what does not end in time when it is closed', async () => {
    const own = createActions(options)
    const slow = program(
      handler('if (event.wait) await new Promise(() => setTimeout(() => {}, 1e6))'),
    )
    await own.run(slow, call())
    const running = own.run(slow, call({ wait: true }))
    const [result] = await Promise.all([running, own.close(1)])

    assert.equal(result.ended, 'killed')
  })

  test('runs nothing below the level that is demanded', async () => {
    const own = createActions({ ...options, requiredLevel: 'strong' })
    const { ended, error } = await own.run(program(handler('')), call())
    assert.equal(ended, 'not_started')
    assert.match(error?.message ?? '', /weak, below strong/)
    assert.equal(own.level, undefined)
    await own.close(0)
  })
})
