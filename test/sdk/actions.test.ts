import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { createEmptyDatabase } from '../postgres-cluster.ts'
import { registryEnvironment, registryMissing } from '../registry.ts'
import { printedClient, runTrunkline, startTrunkline } from '../trunkline.ts'
import type { GatewayScriptSettings } from './actions.ts'

const run = promisify(execFile)
const script = fileURLToPath(new URL('./actions.ts', import.meta.url))

type GatewayRequest = {
  recipient: string
  body: string
  version: number
  request: Record<string, unknown>
}

/** A text message gateway on loopback. Whoever asks `/code` waits for a message he has not seen. */
async function startGateway() {
  const received: GatewayRequest[] = []
  const waiting: (() => void)[] = []
  let told = 0
  const next = async (): Promise<GatewayRequest> => {
    while (received.length <= told) await new Promise<void>((resolve) => waiting.push(resolve))
    told += 1
    return received[told - 1] as GatewayRequest // the loop ends when it is there
  }
  const server = createServer(async (request, response) => {
    if (request.url === '/code') {
      response.end(/[0-9]{6}/.exec((await next()).body)?.[0])
      return
    }
    let text = ''
    for await (const part of request) text += part
    received.push(JSON.parse(text))
    response.end('{"queued":true}')
    for (const wake of waiting.splice(0)) wake()
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = `127.0.0.1:${(server.address() as AddressInfo).port}`
  return { address, received, next, close: () => server.close() }
}

const skip = await registryMissing()

test('an Action of the official package sends through a gateway, from every server', {
  skip,
}, async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'trunkline-sdk-actions-'))
  const database = await createEmptyDatabase()
  const gateway = await startGateway()
  const env = {
    ...registryEnvironment(),
    TRUNKLINE_TLS: 'self-signed',
    TRUNKLINE_DATA_DIR: folder,
    TRUNKLINE_DATABASE_URL: database.url,
    TRUNKLINE_LOG_LEVEL: 'warn',
    TRUNKLINE_ACTIONS_ALLOW: gateway.address,
  }
  const first = await startTrunkline(env)
  const second = await startTrunkline(env)
  t.after(async () => {
    await Promise.all([first.stop(), second.stop()])
    gateway.close()
    await database.drop()
    await rm(folder, { recursive: true })
  })
  const domain = `127.0.0.1:${first.port}`
  const created = await runTrunkline(
    ['tenants', 'create', 'acme', '--url', `https://${domain}`],
    env,
  )
  const admin = printedClient(created.stdout)
  const customer = async (change?: string) => {
    const settings: GatewayScriptSettings = {
      domain,
      clientId: admin.id,
      clientSecret: admin.secret,
      gatewayUrl: `http://${gateway.address}/send?token=of-the-gateway`,
      codeUrl: `http://${gateway.address}/code`,
      ...(change !== undefined && { change }),
    }
    const { stdout } = await run(process.execPath, [script, JSON.stringify(settings)], {
      env: { ...process.env, NODE_EXTRA_CA_CERTS: join(folder, 'tls/ca.pem') },
    })
    return JSON.parse(stdout)
  }
  const seen = await customer()

  assert.equal(seen.idToken, 'string')
  const [message] = gateway.received
  assert.equal(gateway.received.length, 1)
  assert.equal(message?.recipient, '+14155550137')
  assert.match(message?.body ?? '', /[0-9]{6}/)
  assert.equal(message?.request.method, 'POST')
  assert.equal(message?.request.ip, '127.0.0.1')
  assert.equal(message?.request.hostname, '127.0.0.1')
  assert.equal(typeof message?.request.user_agent, 'string')
  assert.deepEqual(message?.request.geoip, {})
  assert.deepEqual(seen.early, {
    statusCode: 409,
    body: {
      statusCode: 409,
      error: 'Conflict',
      message: 'No deployed action was found.',
      errorCode: 'custom_email_provider_deployed_action_not_found',
    },
  })
  assert.deepEqual(seen.second, {
    statusCode: 403,
    body: {
      statusCode: 403,
      error: 'Forbidden',
      message: 'custom-phone-provider can only have one supported Action',
      errorCode: 'actions_cardinality_custom_phone_provider_not_allowed',
    },
  })
  assert.equal(seen.provider.name, 'custom')
  assert.deepEqual(seen.bound, [['Gateway', seen.id]])
  const readBack = JSON.stringify(seen.readBack)
  assert.ok(readBack.includes('"GATEWAY_URL"'), 'the name of the secret is shown')
  assert.ok(!readBack.includes('of-the-gateway'), 'its value is not')

  const ca = await readFile(join(folder, 'tls/ca.pem'), 'utf8')
  const startOnSecond = () =>
    second.request('POST', '/passwordless/start', {
      ca,
      headers: { host: domain },
      body: {
        client_id: seen.clientId,
        client_secret: seen.clientSecret,
        connection: 'sms',
        phone_number: '+14155550138',
      },
    })
  assert.equal((await startOnSecond()).status, 200)
  assert.equal((await gateway.next()).version, 1)
  await customer(seen.id)
  assert.equal((await startOnSecond()).status, 200)
  const changed = await gateway.next()
  assert.equal(changed.version, 2)
  assert.equal(changed.recipient, '+14155550138')
})
