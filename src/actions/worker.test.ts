import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { after, before, describe, test } from 'node:test'
import { silentLogger } from '../base/logger.ts'
import { type ActionResult, type ActionTrigger, actionHandlers } from '../contract/actions.ts'
import { createEgressBroker } from './egress-broker.ts'
import { type RawLauncher, rawLauncher } from './launch.ts'
import { findLaunchTools } from './launch-tools.ts'
import { ActionWorker } from './worker.ts'
import type { WorkerCall } from './worker-shapes.ts'

/** Node's own limits are everywhere; what the levels add is tested with them. */
let launcher: RawLauncher
let server: Server
let port = 0
const workers: ActionWorker[] = []

before(async () => {
  const found = rawLauncher('weak', await findLaunchTools())
  assert.ok(found)
  launcher = found
  server = createServer((request, reply) => {
    let body = ''
    request.on('data', (part) => {
      body += part
    })
    request.on('end', () => reply.end(`${request.method} ${body}`))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  port = typeof address === 'object' && address !== null ? address.port : 0
})
after(async () => {
  for (const worker of workers) worker.kill('the test is over')
  await Promise.all(workers.map(({ exited }) => exited))
  server.closeAllConnections()
  server.close()
})

function start(): ActionWorker {
  const rules = { ports: new Set([80]), allow: new Set([`127.0.0.1:${port}`]), own: () => [] }
  const worker = new ActionWorker(launcher.launch({ heapMb: 64 }), {
    log: silentLogger,
    broker: (send, violate) =>
      createEgressBroker({
        ...{ send, violate, rules, log: silentLogger },
        subject: { tenantId: 'tenant', actionId: 'action' },
      }),
  })
  workers.push(worker)
  return worker
}

async function load(bundle: string, trigger: ActionTrigger = 'custom-phone-provider', v = 'v1') {
  const worker = start()
  const handler = actionHandlers[trigger]
  const outcome = await worker.load({ bundle, handler, trigger, triggerVersion: v })
  return { worker, outcome }
}

const call = (more: Partial<WorkerCall> = {}): WorkerCall => ({
  ...{ event: { port }, secrets: {}, cache: [], limitMs: 5000 },
  ...more,
})

/** Runs the body of a handler once in a process of its own. */
async function run(body: string, more: Partial<WorkerCall> = {}): Promise<ActionResult> {
  const { worker, outcome } = await load(
    `exports.onExecuteCustomPhoneProvider = async (event, api) => {\n${body}\n}`,
  )
  assert.equal(outcome.ok, true)
  return worker.invoke(call(more))
}

describe('verdicts', () => {
  test('the last call wins, unbound, with any reason, also when the handler throws', async () => {
    const { worker } = await load(`exports.onExecuteCustomPhoneProvider = async (event, api) => {
      const { retry, drop } = api.notification
      for (const each of event.calls) (each === 'retry' ? retry : drop)(...event.reason)
      if (event.fails) throw new TypeError('no')
    }`)
    const verdict = async (event: Record<string, unknown>) => worker.invoke(call({ event }))

    const dropped = await verdict({ calls: ['retry', 'drop'], reason: ['x'] })
    const retried = await verdict({ calls: ['drop', 'retry'], reason: [42] })
    const threw = await verdict({ calls: ['retry', 'drop'], reason: [], fails: true })
    const none = await verdict({ calls: [], reason: [] })

    assert.deepEqual(dropped.verdict, { type: 'drop', reason: 'x' })
    assert.deepEqual(retried.verdict, { type: 'retry', reason: '42' })
    assert.deepEqual([threw.ended, threw.verdict], ['threw', { type: 'drop', reason: '' }])
    assert.deepEqual([threw.error?.name, threw.error?.message], ['TypeError', 'no'])
    assert.deepEqual([none.ended, none.verdict], ['returned', undefined])
  })

  test('a long reason is cut before a pair that would be broken', async () => {
    const { verdict } = await run(
      `api.notification.drop('a'.repeat(1023) + '😀' + 'b'.repeat(1000))`,
    )

    assert.equal(verdict?.reason, 'a'.repeat(1023))
  })
})

describe('what a run says', () => {
  test('secrets are masked in lines, reasons and errors, short ones are left', async () => {
    const result = await run(
      `console.log('key', event.secrets.KEY, { key: event.secrets.KEY }, event.secrets.PIN)
       api.notification.retry('with ' + event.secrets.KEY)
       throw new Error('bad ' + event.secrets.KEY)`,
      { secrets: { KEY: 'hunter22', PIN: '12345' } },
    )

    assert.equal(result.logs, "key *** { key: '***' } 12345")
    assert.equal(result.verdict?.reason, 'with ***')
    assert.equal(result.error?.message, 'bad ***')
    assert.match(result.error?.stack ?? '', /bad \*\*\*\n {4}at .*action\.js/)
    assert.ok(!JSON.stringify(result).includes('hunter22'))
    assert.ok(!JSON.stringify(result).includes('src/actions'))
  })

  test('runs at the same time keep their lines apart', async () => {
    const { worker } = await load(`exports.onExecuteCustomPhoneProvider = async (event) => {
      for (let turn = 0; turn < 20; turn++) {
        console.log(event.name)
        await new Promise((done) => setTimeout(done, turn % 3))
        const reply = await fetch('http://127.0.0.1:' + event.port, { method: 'POST', body: event.name })
        console.log(await reply.text())
      }
    }`)
    const names = ['a', 'b', 'c', 'd']

    const results = await Promise.all(
      names.map((name) => worker.invoke(call({ event: { port, name } }))),
    )

    for (const [index, { logs }] of results.entries()) {
      const name = names[index]
      assert.deepEqual(new Set(logs.split('\n')), new Set([name, `POST ${name}`]))
      assert.equal(logs.split('\n').length, 40)
    }
  })
})

describe('the module', () => {
  test('its state lives on from one call to the next', async () => {
    const { worker } = await load(
      `let n = 0; exports.onExecuteCustomPhoneProvider = async () => { n++; console.log(n) }`,
    )

    const lines = []
    for (let each = 0; each < 3; each += 1) lines.push((await worker.invoke(call())).logs)

    assert.deepEqual(lines, ['1', '2', '3'])
  })

  test('its code cache is made by the first call and taken by the next process', async () => {
    const bundle = `exports.onExecuteCustomPhoneProvider = async () => { console.log('run') }`
    const { worker } = await load(bundle)
    const made = new Promise<Buffer>((resolve) => worker.onNewCache(resolve))
    await worker.invoke(call())
    const cache = await made
    const [handler, trigger] = ['onExecuteCustomPhoneProvider', 'custom-phone-provider'] as const

    const next = start()
    const outcome = await next.load({ bundle, cache, handler, trigger, triggerVersion: 'v1' })

    assert.equal(outcome.ok, true)
    assert.equal((await next.invoke(call())).logs, 'run')
  })

  test('without an async handler it is refused by a message that shows what is wanted', async () => {
    const missing = await load('module.exports = {}')
    const plain = await load('exports.onExecuteCustomPhoneProvider = (event, api) => {}')
    const broken = await load('throw new RangeError("at once")')

    const messages = [missing, plain, broken].map(({ outcome }) =>
      outcome.ok ? '' : outcome.error.message,
    )

    assert.match(messages[0] ?? '', /no handler onExecuteCustomPhoneProvider/)
    assert.match(messages[1] ?? '', /onExecuteCustomPhoneProvider must be an async function/)
    assert.match(messages[1] ?? '', /async \(event, api\) =>/)
    assert.equal(messages[2], 'at once')
  })

  test('the older trigger has no api.notification, and its first version a flat event', async () => {
    const later = await load(
      `exports.onExecuteSendPhoneMessage = async (event, api) => {
        console.log(api.notification, typeof api.cache.get, event.message_options.code)
      }`,
      'send-phone-message',
      'v2',
    )
    const first = await load(
      `module.exports = async (event, context) => { console.log(event.code, context.secrets.KEY) }`,
      'send-phone-message',
      'v1',
    )
    const event = { message_options: { code: '123456' } }

    const lines = [
      (await later.worker.invoke(call({ event }))).logs,
      (await first.worker.invoke(call({ event, secrets: { KEY: 'short' } }))).logs,
    ]

    assert.deepEqual(lines, ['undefined function 123456', '123456 short'])
  })

  test('what reaches out of the process is not there', async () => {
    const { logs } = await run(`
      for (const name of ['vm', 'inspector', 'node:sqlite', 'wasi', 'left-pad']) {
        try { require(name); console.log(name) } catch (error) { console.log(error.code) }
      }
      try { process.exit() } catch (error) { console.log(error.code) }
      console.log(typeof process.getBuiltinModule, require('fs').existsSync('/etc'))
      await import('node:fs').catch((error) => console.log('no import'))`)

    assert.deepEqual(logs.split('\n'), [
      ...Array(5).fill('MODULE_NOT_FOUND'),
      ...['EACCES', 'undefined false', 'no import'],
    ])
  })
})

test('fetch, http and sockets reach what the broker allows and nothing else', async () => {
  const result = await run(`
    const url = 'http://127.0.0.1:' + event.port
    const big = 'x'.repeat(1e6)
    const reply = await fetch(url, { method: 'POST', body: big })
    console.log((await reply.text()).length)
    await new Promise((done, fail) => require('http').get(url, (reply) =>
      reply.on('data', (part) => console.log(String(part))).on('end', done)).on('error', fail))
    await fetch('http://127.0.0.1:80').catch((error) => console.log(error.cause.code))
    await new Promise((done) => require('net').connect('/tmp/socket')
      .on('error', (error) => done(console.log(error.code))))
    await require('dns').promises.lookup('127.0.0.2').catch((error) => console.log(error.code))`)

  assert.deepEqual(result.logs.split('\n'), ['1000005', 'GET ', 'EACCES', 'EACCES', 'EACCES'])
  assert.ok(result.stats.network_duration_ms > 0)
})

describe('the cache', () => {
  test('every failure has its code, in this order', async () => {
    const now = Date.now()
    const cache = Array.from({ length: 19 }, (_, index) => ({
      ...{ key: `k${index}`, value: 'v', expires_at: now + 600_000 },
    }))
    const { logs } = await run(
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
    const { cacheWrites, logs } = await run(
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
    const { worker } = await load(
      `exports.onExecuteCustomPhoneProvider = async (event, api) => {
        api.notification.retry('x')
        await new Promise(() => {})
      }`,
    )

    const result = await worker.invoke(call({ limitMs: 50 }))

    assert.deepEqual([result.ended, result.verdict], ['timed_out', undefined])
    await worker.exited
    assert.equal(worker.state, 'dead')
    assert.equal((await worker.invoke(call())).ended, 'not_started')
  })

  test('beside a late one that only waits, others end as they would', async () => {
    const { worker } = await load(
      `let go
       exports.onExecuteCustomPhoneProvider = async (event) => {
        if (event.waits) await new Promise(() => {})
        await new Promise((done) => setTimeout(done, 300))
        console.log('done')
      }`,
    )
    const late = worker.invoke(call({ event: { waits: true }, limitMs: 50 }))
    const other = worker.invoke(call())

    assert.equal((await late).ended, 'timed_out')
    assert.equal(worker.state, 'draining')
    assert.equal((await other).logs, 'done')
    await worker.exited
  })

  test('beside a late one that spins, others end with an unknown outcome', async () => {
    const { worker } = await load(
      `exports.onExecuteCustomPhoneProvider = async (event) => {
        if (event.spins) while (true) {}
        await new Promise(() => {})
      }`,
    )
    const other = worker.invoke(call())
    const late = worker.invoke(call({ event: { spins: true }, limitMs: 50 }))

    assert.equal((await late).ended, 'timed_out')
    assert.equal((await other).ended, 'killed')
  })

  test('an error that nobody caught fails the run, and one that nobody waited for spoils it', async () => {
    const { worker } = await load(
      `exports.onExecuteCustomPhoneProvider = async (event) => {
        Promise.reject(new Error('unheard'))
        await new Promise((done) => setTimeout(done, 5))
      }`,
    )

    const rejected = await worker.invoke(call())
    const thrown = await run(`
      setTimeout(() => { throw new Error('alone') }, 1)
      await new Promise(() => {})`)

    assert.equal(rejected.ended, 'returned')
    assert.match(rejected.logs, /unhandled rejection: Error: unheard/)
    await worker.exited
    assert.deepEqual([thrown.ended, thrown.error?.message], ['threw', 'uncaught exception: alone'])
  })

  test('a run that changes what everybody shares spoils the process', async () => {
    const { worker } = await load(
      `exports.onExecuteCustomPhoneProvider = async (event) => {
        if (event.spoils) Object.prototype.polluted = 1
      }`,
    )
    await worker.invoke(call())
    assert.equal(worker.recycle, false)

    await worker.invoke(call({ event: { spoils: true } }))

    assert.equal(worker.recycle, true)
    await worker.exited
  })

  test('memory that runs out ends the process alone', async () => {
    const result = await run('const kept = []; for (;;) kept.push(new Array(1e5).fill({}))')

    assert.equal(result.ended, 'killed')
    assert.match(result.error?.message ?? '', /ended/)
  })
})
