import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { type ActionWorkers, startActionWorkers } from '../../test/action-workers.ts'
import { silentLogger } from '../base/logger.ts'

let workers: ActionWorkers
before(async () => {
  workers = await startActionWorkers()
})
after(() => workers.close())

describe('verdicts', () => {
  test('the last call wins, unbound, with any reason, also when the handler throws', async () => {
    const { worker } =
      await workers.load(`exports.onExecuteCustomPhoneProvider = async (event, api) => {
      const { retry, drop } = api.notification
      for (const each of event.calls) (each === 'retry' ? retry : drop)(...event.reason)
      if (event.fails) throw new TypeError('no')
    }`)
    const verdict = async (event: Record<string, unknown>) => worker.invoke(workers.call({ event }))

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
    const { verdict } = await workers.run(
      `api.notification.drop('a'.repeat(1023) + '😀' + 'b'.repeat(1000))`,
    )

    assert.equal(verdict?.reason, 'a'.repeat(1023))
  })
})

describe('what a run says', () => {
  test('secrets are masked in lines, reasons and errors, short ones are left', async () => {
    const result = await workers.run(
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
    const { worker } = await workers.load(`exports.onExecuteCustomPhoneProvider = async (event) => {
      for (let turn = 0; turn < 20; turn++) {
        console.log(event.name)
        await new Promise((done) => setTimeout(done, turn % 3))
        const reply = await fetch('http://127.0.0.1:' + event.port, { method: 'POST', body: event.name })
        console.log(await reply.text())
      }
    }`)
    const names = ['a', 'b', 'c', 'd']

    const results = await Promise.all(
      names.map((name) =>
        worker.invoke(workers.call({ event: { ...workers.call().event, name } })),
      ),
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
    const { worker } = await workers.load(
      `let n = 0; exports.onExecuteCustomPhoneProvider = async () => { n++; console.log(n) }`,
    )

    const lines = []
    for (let each = 0; each < 3; each += 1) lines.push((await worker.invoke(workers.call())).logs)

    assert.deepEqual(lines, ['1', '2', '3'])
  })

  test('its code cache is made by the first call and taken by the next process', async () => {
    const bundle = `exports.onExecuteCustomPhoneProvider = async () => { console.log('run') }`
    const { worker } = await workers.load(bundle)
    const made = new Promise<Buffer>((resolve) => worker.onNewCache(resolve))
    await worker.invoke(workers.call())
    const cache = await made
    const [handler, trigger] = ['onExecuteCustomPhoneProvider', 'custom-phone-provider'] as const

    const next = workers.start()
    const outcome = await next.load({ bundle, cache, handler, trigger, triggerVersion: 'v1' })

    assert.equal(outcome.ok, true)
    assert.equal((await next.invoke(workers.call())).logs, 'run')
  })

  test('without an async handler it is refused by a message that shows what is wanted', async () => {
    const missing = await workers.load('module.exports = {}')
    const plain = await workers.load('exports.onExecuteCustomPhoneProvider = (event, api) => {}')
    const broken = await workers.load('throw new RangeError("at once")')

    const messages = [missing, plain, broken].map(({ outcome }) =>
      outcome.ok ? '' : outcome.error.message,
    )

    assert.match(messages[0] ?? '', /no handler onExecuteCustomPhoneProvider/)
    assert.match(messages[1] ?? '', /onExecuteCustomPhoneProvider must be an async function/)
    assert.match(messages[1] ?? '', /async \(event, api\) =>/)
    assert.equal(messages[2], 'at once')
  })

  test('the older trigger has no api.notification, and its first version a flat event', async () => {
    const later = await workers.load(
      `exports.onExecuteSendPhoneMessage = async (event, api) => {
        console.log(api.notification, typeof api.cache.get, event.message_options.code)
      }`,
      'send-phone-message',
      'v2',
    )
    const first = await workers.load(
      `module.exports = async (event, context) => { console.log(event.code, context.secrets.KEY) }`,
      'send-phone-message',
      'v1',
    )
    const event = { message_options: { code: '123456' } }

    const lines = [
      (await later.worker.invoke(workers.call({ event }))).logs,
      (await first.worker.invoke(workers.call({ event, secrets: { KEY: 'short' } }))).logs,
    ]

    assert.deepEqual(lines, ['undefined function 123456', '123456 short'])
  })

  test('what reaches out of the process is not there', async () => {
    const { logs } = await workers.run(`
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
  const result = await workers.run(`
    const url = 'http://127.0.0.1:' + event.port
    const big = 'x'.repeat(1e6)
    const reply = await fetch(url, { method: 'POST', body: big })
    console.log((await reply.text()).length)
    await new Promise((done, fail) => require('http').get(url, (reply) =>
      reply.on('data', (part) => console.log(String(part))).on('end', done)).on('error', fail))
    await fetch('http://127.0.0.1:80').catch((error) => console.log(error.cause.code))
    await new Promise((done) => require('net').connect('/run/a.socket')
      .on('error', (error) => done(console.log(error.code))))
    await require('dns').promises.lookup('127.0.0.2').catch((error) => console.log(error.code))`)

  assert.deepEqual(result.logs.split('\n'), ['1000005', 'GET ', 'EACCES', 'EACCES', 'EACCES'])
  assert.ok(result.stats.network_duration_ms > 0)
})

describe('a run that takes long', () => {
  test('gives way when it computes, and keeps its place when it waits', async () => {
    const { worker } =
      await workers.load(`exports.onExecuteCustomPhoneProvider = async ({ computes }) => {
      const end = Date.now() + 700
      if (computes) while (Date.now() < end);
      else await new Promise((done) => setTimeout(done, 700))
    }`)

    const waited = await worker.invoke(workers.call({ event: { computes: false } }))
    assert.deepEqual([waited.ended, worker.recycle], ['returned', false])
    const computed = await worker.invoke(workers.call({ event: { computes: true } }))

    assert.deepEqual([computed.ended, worker.recycle], ['returned', true])
  })
})

describe('a run of which nothing more is heard', () => {
  test('leaves what it has written until then, without its secrets', async () => {
    const { worker } = await workers.load(`exports.onExecuteCustomPhoneProvider = async (event) => {
      console.log('asked the gateway with', event.secrets.KEY)
      await new Promise(() => {})
    }`)

    const result = await worker.invoke(workers.call({ secrets: { KEY: 'hunter22' }, limitMs: 600 }))

    assert.deepEqual([result.ended, result.logs], ['timed_out', 'asked the gateway with ***'])
  })

  test('a call of its `api` after its end is told to the operator, and does nothing', async (t) => {
    const told: [object, string | undefined][] = []
    const log = { ...silentLogger, warn: (...line: (typeof told)[number]) => told.push(line) }
    const own = await startActionWorkers(log)
    t.after(() => own.close())
    const { worker } =
      await own.load(`exports.onExecuteCustomPhoneProvider = async (event, api) => {
      setTimeout(() => {
        api.notification.drop('late')
        api.notification.retry('later')
      }, 1)
    }`)

    const result = await worker.invoke(own.call())
    while (told.length === 0) await new Promise((again) => setTimeout(again, 5))

    assert.deepEqual([result.ended, result.verdict], ['returned', undefined])
    assert.deepEqual(told, [
      [
        { tenantId: 'tenant', actionId: 'action' },
        'an Action called its `api` after its handler had ended',
      ],
    ])
  })
})
