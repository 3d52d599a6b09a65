import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, test } from 'node:test'
import { type TestServer, testServer } from './harness.ts'

/** A gateway on loopback that counts what it was asked, and tells when. */
async function startGateway() {
  let heard = Promise.withResolvers<void>()
  let requests = 0
  const gateway = createServer((request, response) => {
    requests += 1
    request.resume().on('end', () => response.end('ok'))
    heard.resolve()
  })
  await new Promise<void>((resolve) => gateway.listen(0, '127.0.0.1', resolve))
  after(() => gateway.close())
  const { port } = gateway.address() as AddressInfo // it listens on a port
  return {
    address: `127.0.0.1:${port}`,
    requests: () => requests,
    /** Resolves with the next request. */
    next() {
      heard = Promise.withResolvers<void>()
      return heard.promise
    },
  }
}

/** A tenant whose messages go through this code, in a process of its own, after one call of a gateway. */
async function tenantWith(then: string) {
  const gateway = await startGateway()
  const server = await testServer({ actions: { allow: [gateway.address] } })
  const { body } = await server.manage('POST', '/actions/actions', {
    name: 'Sender',
    supported_triggers: [{ id: 'custom-phone-provider', version: 'v1' }],
    code: `exports.onExecuteCustomPhoneProvider = async (event, api) => {
      await fetch(event.secrets.GATEWAY_URL, { method: 'POST', body: event.notification.recipient })
      ${then}
    }`,
    secrets: [{ name: 'GATEWAY_URL', value: `http://${gateway.address}/` }],
  })
  await server.settle()
  const deployed = await server.manage('POST', `/actions/actions/${body.id}/deploy`)
  assert.equal(deployed.status, 200)
  const provider = await server.manage('POST', '/branding/phone/providers', {
    name: 'custom',
    configuration: { delivery_methods: ['text'] },
    credentials: {},
  })
  assert.equal(provider.status, 201)
  return { server, gateway }
}

const start = async (server: TestServer) => {
  const body = { client_id: 'demo', connection: 'sms', phone_number: '+4915112345678' }
  assert.equal((await server.post('/passwordless/start', body)).status, 200)
}

/** Lets seconds pass, with the work that they bring. */
async function pass(server: TestServer, seconds: number) {
  for (let second = 0; second < seconds; second += 1) {
    server.clock.advance(1000)
    await server.app.sweeper.sweep()
    await server.settle()
  }
}

async function end(server: TestServer) {
  const { body: list } = await server.manage('GET', '/phone/messages?take=1')
  const { body: message } = await server.manage('GET', `/phone/messages/${list.messages[0].id}`)
  const { body: logs } = await server.manage('GET', '/logs?per_page=100')
  const failed = logs.find(({ type }: { type: string }) => type === 'actions_execution_failed')
  return { message, errorClass: failed?.details.error_class, logs }
}

/** The processes of Actions that this process has started. */
function workerPids(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        const parent = /\nPPid:\t(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
        const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8')
        return Number(parent) === process.pid && command.includes('child/main.ts')
      } catch {
        // It has ended meanwhile.
        return false
      }
    })
    .map(Number)
}

test('a process that is killed from outside while it sends leaves an unknown result, once', async () => {
  const { server, gateway } = await tenantWith('await new Promise(() => {})')
  const asked = gateway.next()

  // The test server answers when its work is done, which here is after the kill.
  const started = start(server)
  await asked
  const pids = workerPids()
  for (const pid of pids) process.kill(pid, 'SIGKILL')
  await started
  await pass(server, 60)

  const { message, errorClass } = await end(server)
  assert.ok(pids.length > 0)
  assert.equal(gateway.requests(), 1)
  assert.deepEqual([message.state, message.cause.code], ['failed', 'result_unknown'])
  assert.equal(errorClass, 'platform_error')
})

test('a process that ends itself by its memory leaves an unknown result, once', async () => {
  const { server, gateway } = await tenantWith(
    'const kept = []; for (;;) kept.push(new Array(100_000).fill(kept.length))',
  )

  await start(server)
  await server.settle()
  await pass(server, 60)

  const { message, errorClass } = await end(server)
  assert.equal(gateway.requests(), 1)
  assert.deepEqual([message.state, message.cause.code], ['failed', 'result_unknown'])
  assert.equal(errorClass, 'platform_error')
})

test('an error is the end of a message, and the log holds it without code and number', async () => {
  const { server, gateway } = await tenantWith(
    `console.log('sending', event.notification)
     throw new Error('no room for ' + event.notification.recipient + ' ' + event.notification.code)`,
  )

  await start(server)
  await server.settle()
  await pass(server, 60)

  const { message, errorClass, logs } = await end(server)
  assert.equal(gateway.requests(), 1)
  assert.deepEqual([message.state, message.cause.code], ['failed', 'action_error'])
  assert.equal(errorClass, 'action_error')
  assert.match(JSON.stringify(logs), /no room for \*\*\*/)
  assert.doesNotMatch(JSON.stringify(logs), /4915112345678/)
})

test('retry brings five more runs and no sixth', async () => {
  const { server, gateway } = await tenantWith(`api.notification.retry('busy')`)
  const { body: connections } = await server.manage('GET', '/connections')
  await server.manage('PATCH', `/connections/${connections[0].id}`, {
    options: { ...connections[0].options, totp: { length: 6, time_step: 3000 } },
  })

  await start(server)
  await server.settle()
  await pass(server, 400)

  const { message } = await end(server)
  assert.equal(gateway.requests(), 6)
  assert.deepEqual([message.state, message.cause.code], ['failed', 'action_retry'])
})

test('drop is the end of a message', async () => {
  const { server, gateway } = await tenantWith(`api.notification.drop('no such person')`)

  await start(server)
  await server.settle()
  await pass(server, 60)

  const { message } = await end(server)
  assert.equal(gateway.requests(), 1)
  assert.deepEqual([message.state, message.cause.text], ['failed', 'no such person'])
})
