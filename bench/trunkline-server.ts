import { setTimeout as wait } from 'node:timers/promises'
import { createActions } from '../src/actions/create-actions.ts'
import { createApp } from '../src/app/app.ts'
import { createLogger } from '../src/app/logger.ts'
import { passwordlessOtpGrant } from '../src/contract/passwordless.ts'
import { seedFirstTenant } from '../src/domain/create-tenant.ts'
import { seal } from '../src/domain/sealing.ts'
import { findClient, insertClient } from '../src/store/clients.ts'
import { enableClients } from '../src/store/connection-clients.ts'
import { listAllConnections } from '../src/store/connections.ts'
import { openDatabase } from '../src/store/open-database.ts'
import { trunklineUsersSql } from './databases.ts'
import { recordStatements } from './record-statements.ts'
import { benchCallback, clientIds, type ServerRequest } from './server-request.ts'

const tenant = 'bench'

/** The server as the command line starts it in production, without its log on the screen. */
async function main(request: ServerRequest): Promise<void> {
  const recorded = request.record ? recordStatements() : undefined
  const log = createLogger('warn')
  const app = await createApp({
    database: await openDatabase(request.databaseUrl, { log }),
    masterKeys: [Buffer.from(request.masterKey, 'base64')],
    log,
    production: false,
    inbox: false,
    callbacks: false,
    twilioUrl: `http://127.0.0.1:${request.carrierPort}`,
    legacyPhone: 'deny',
    ...(request.provider === 'custom' && {
      actions: createActions({
        log,
        allow: [`127.0.0.1:${request.carrierPort}`],
        perMinute: Number.POSITIVE_INFINITY,
      }),
    }),
    // What the sweepers ask is not part of a sign-in.
    ...(request.record && { sweepIntervalMs: 0 }),
  })
  const address = await app.server.listen({ host: '127.0.0.1', port: 0 })
  await app.start()
  const url = 'http://bench.example.test'
  const admin = await seedFirstTenant(app.deps, { name: tenant, url })
  app.serve()
  let authorization = ''
  if (admin !== undefined) {
    for (const alg of ['RS256', 'ES256'] as const) await addClient(app, alg)
    authorization = await configure(app, url, admin, request)
  }

  process.on('message', (message) => {
    if (message === 'usage') process.send?.({ usage: process.cpuUsage() })
    if (message === 'authorization') process.send?.({ authorization })
    if (message === 'take-recorded') {
      void app.deps.background.idle().then(() => process.send?.({ recorded: recorded?.take() }))
    }
    const users = /^fill (\d+)$/.exec(String(message))?.[1]
    if (users !== undefined) {
      void app.deps.db
        .script(trunklineUsersSql(Number(users)))
        .then(() => process.send?.({ filled: true }))
    }
    if (message === 'settle') {
      void app.deps.db.script('analyze').then(() => process.send?.({ settled: true }))
    }
    if (message === 'close') void app.close().then(() => process.exit())
  })
  process.on('disconnect', () => process.exit())
  process.send?.({ port: Number(new URL(address).port) })
}

type App = Awaited<ReturnType<typeof createApp>>

/** Like the seeded demo application: a public client that gets refresh tokens. */
async function addClient({ deps }: App, alg: 'RS256' | 'ES256'): Promise<void> {
  const demo = await findClient(deps.db, tenant, 'demo')
  const [connection] = await listAllConnections(deps.db, tenant)
  if (demo === undefined || connection === undefined) throw new Error('the seed has changed')
  const clientId = clientIds[alg]
  await insertClient(deps.db, {
    ...demo,
    client_id: clientId,
    name: clientId,
    sealed_secret: seal(deps, tenant, 'client-secret', clientId, 'a secret that nobody uses'),
    document: {
      ...demo.document,
      grant_types: [passwordlessOtpGrant, 'authorization_code', 'refresh_token'],
      callbacks: [benchCallback],
      jwt_configuration: { lifetime_in_seconds: 36_000, secret_encoded: false, alg },
    },
  })
  await enableClients(deps.db, tenant, connection.id, [clientId])
}

/** A carrier, and limits that count every message and refuse none. @returns the header of a caller */
async function configure(
  app: App,
  url: string,
  admin: { clientId: string; clientSecret: string },
  request: ServerRequest,
): Promise<string> {
  const headers = { host: new URL(url).host }
  const answer = await app.server.inject({
    method: 'POST',
    url: '/oauth/token',
    headers,
    payload: {
      grant_type: 'client_credentials',
      client_id: admin.clientId,
      client_secret: admin.clientSecret,
      audience: `${url}/api/v2/`,
    },
  })
  const authorization = `Bearer ${answer.json().access_token}`
  const manage: Manage = async (method, path, payload) => {
    const { statusCode, body } = await app.server.inject({
      method,
      url: `/api/v2${path}`,
      headers: { ...headers, authorization },
      ...(payload !== undefined && { payload }),
    })
    if (statusCode >= 300) throw new Error(`${method} ${path}: ${statusCode} ${body}`)
    return JSON.parse(body)
  }
  if (request.provider === 'custom') await customProvider(manage, request.carrierPort)
  else {
    await manage('POST', '/branding/phone/providers', {
      name: 'twilio',
      configuration: {
        sid: 'AC00000000000000000000000000000001',
        default_from: '+15005550006',
        delivery_methods: ['text'],
      },
      credentials: { auth_token: 'twilio-auth-token' },
    })
  }
  const limit = { count: 1_000_000_000, per_s: 3600 }
  await manage('PATCH', '/phone/protection', {
    number: limit,
    address: limit,
    application: limit,
    country: limit,
    tenant: limit,
  })
  // All of the load comes from one address.
  await manage('PATCH', '/attack-protection/suspicious-ip-throttling', {
    allowlist: ['127.0.0.1', '::1'],
  })
  return authorization
}

type Manage = (
  method: 'GET' | 'POST' | 'PATCH',
  path: string,
  payload?: object,
) => Promise<Record<string, unknown>>

/** An Action that tells the carrier number and code, as the other product's hook does. */
async function customProvider(manage: Manage, carrierPort: number): Promise<void> {
  const { id } = await manage('POST', '/actions/actions', {
    name: 'Carrier',
    supported_triggers: [{ id: 'custom-phone-provider', version: 'v1' }],
    code: `exports.onExecuteCustomPhoneProvider = async (event, api) => {
      const { recipient: number, code } = event.notification
      const body = JSON.stringify({ number, code })
      const reply = await fetch(event.secrets.CARRIER_URL, { method: 'POST', body })
      if (!reply.ok) api.notification.retry('the carrier answered ' + reply.status)
      await reply.text()
    }`,
    secrets: [{ name: 'CARRIER_URL', value: `http://127.0.0.1:${carrierPort}/` }],
  })
  while ((await manage('GET', `/actions/actions/${id}`)).status !== 'built') await wait(50)
  await manage('POST', `/actions/actions/${id}/deploy`)
  await manage('POST', '/branding/phone/providers', {
    name: 'custom',
    configuration: { delivery_methods: ['text'] },
    credentials: {},
  })
}

await main(JSON.parse(process.argv[2] ?? ''))
