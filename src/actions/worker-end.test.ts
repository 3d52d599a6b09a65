import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { type ActionWorkers, startActionWorkers } from '../../test/action-workers.ts'

let workers: ActionWorkers
before(async () => {
  workers = await startActionWorkers()
})
after(() => workers.close())

describe('the cache', () => {
  test('every failure has its code, in this order', async () => {
    const now = Date.now()
    const cache = Array.from({ length: 19 }, (_, index) => ({
      ...{ key: `k${index}`, value: 'v', expires_at: now + 600_000 },
    }))
    const { logs } = await workers.run(
      `const set = (...given) => console.log(api.cache.set(...given).code)
       set('é'.repeat(33), 'v'.repeat(5000))
       set('key', 'v'.repeat(4097))
       set('key', 'v'.repeat(4000)); set('key', 'v'.repeat(10)); set('k0', 'v'.repeat(4096))
       set('k1', 'v'.repeat(4096))
       set('new', 'v', { ttl: 'x' })
       api.cache.delete('key')
       set('key', 'v', { ttl: 'x' }); set('key', 'v', { ttl: -1 }); set('key', 'v', { ttl: 0.5 })
       console.log(api.cache.delete('nothing').code)`,
      { cache },
    )

    assert.deepEqual(logs.split('\n'), [
      ...['CacheKeySizeExceeded', 'CacheValueSizeExceeded', 'undefined', 'undefined', 'undefined'],
      ...['CacheSizeExceeded', 'MaxSideEffectsExceeded', 'InvalidExpiry', 'ItemAlreadyExpired'],
      ...['InvalidExpiry', 'CacheKeyDoesNotExist'],
    ])
  })

  test('a value lives for 15 minutes, at most a day, and is written where it was asked for', async () => {
    const began = Date.now()
    const { cacheWrites, logs } = await workers.run(
      `api.cache.set('usual', 'a')
       api.cache.set('long', 'b', { ttl: 1e12 })
       api.cache.set('both', 'c', { ttl: 60000, expires_at: Date.now() + 1e6 })
       console.log(api.cache.get('old'), api.cache.get('there').value, api.cache.get('usual').value)
       api.cache.delete('there')`,
      {
        cache: [
          { key: 'old', value: 'x', expires_at: began - 1 },
          { key: 'there', value: 'y', expires_at: began + 60_000 },
        ],
      },
    )

    assert.equal(logs, 'undefined y a')
    assert.deepEqual(
      cacheWrites.map(({ key }) => key),
      ['usual', 'long', 'both', 'there'],
    )
    const minutes = cacheWrites.map((write) =>
      'value' in write ? Math.floor((write.expires_at - began) / 60_000) : undefined,
    )
    assert.deepEqual(minutes, [15, 1440, 1, undefined])
  })
})

describe('the end', () => {
  test('a late handler is a time-out, and its process ends', async () => {
    const { worker } = await workers.load(
      `exports.onExecuteCustomPhoneProvider = async (event, api) => {
        api.notification.retry('x')
        await new Promise(() => {})
      }`,
    )

    const result = await worker.invoke(workers.call({ limitMs: 50 }))

    assert.deepEqual([result.ended, result.verdict], ['timed_out', undefined])
    await worker.exited
    assert.equal(worker.state, 'dead')
    assert.equal((await worker.invoke(workers.call())).ended, 'not_started')
  })

  test('beside a late one that only waits, others end as they would', async () => {
    const { worker } = await workers.load(
      `let go
       exports.onExecuteCustomPhoneProvider = async (event) => {
        if (event.waits) await new Promise(() => {})
        await new Promise((done) => setTimeout(done, 300))
        console.log('done')
      }`,
    )
    const late = worker.invoke(workers.call({ event: { waits: true }, limitMs: 50 }))
    const other = worker.invoke(workers.call())

    assert.equal((await late).ended, 'timed_out')
    assert.equal(worker.state, 'draining')
    assert.equal((await other).logs, 'done')
    await worker.exited
  })

  test('beside a late one that spins, others end with an unknown outcome', async () => {
    const { worker } = await workers.load(
      `exports.onExecuteCustomPhoneProvider = async (event) => {
        if (event.spins) while (true) {}
        await new Promise(() => {})
      }`,
    )
    const other = worker.invoke(workers.call())
    const late = worker.invoke(workers.call({ event: { spins: true }, limitMs: 50 }))

    assert.equal((await late).ended, 'timed_out')
    assert.equal((await other).ended, 'killed')
  })

  test('an error that nobody caught fails the run, and one that nobody waited for spoils it', async () => {
    const { worker } = await workers.load(
      `exports.onExecuteCustomPhoneProvider = async (event) => {
        Promise.reject(new Error('unheard'))
        await new Promise((done) => setTimeout(done, 5))
      }`,
    )

    const rejected = await worker.invoke(workers.call())
    const thrown = await workers.run(`
      setTimeout(() => { throw new Error('alone') }, 1)
      await new Promise(() => {})`)

    assert.equal(rejected.ended, 'returned')
    assert.match(rejected.logs, /unhandled rejection: Error: unheard/)
    await worker.exited
    assert.deepEqual([thrown.ended, thrown.error?.message], ['threw', 'uncaught exception: alone'])
  })

  test('a run that changes what everybody shares spoils the process', async () => {
    const { worker } = await workers.load(
      `exports.onExecuteCustomPhoneProvider = async (event) => {
        if (event.spoils) Object.prototype.polluted = 1
      }`,
    )
    await worker.invoke(workers.call())
    assert.equal(worker.recycle, false)

    await worker.invoke(workers.call({ event: { spoils: true } }))

    assert.equal(worker.recycle, true)
    await worker.exited
  })

  test('memory that runs out ends the process alone', async () => {
    // It computes, so everybody else on the machine goes first: give it time.
    const result = await workers.run(
      'const kept = []; for (;;) kept.push(new Array(1e5).fill({}))',
      { limitMs: 30_000 },
    )

    assert.equal(result.ended, 'killed')
    assert.match(result.error?.message ?? '', /ended/)
  })
})
