import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { startFakeTwilio } from '../fake-twilio.ts'
import { createEmptyDatabase } from '../postgres-cluster.ts'
import { freePort, lineWith } from '../process.ts'
import type { SignInSettings } from './sign-in.ts'

const run = promisify(execFile)
const program = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))
const script = fileURLToPath(new URL('./sign-in.ts', import.meta.url))

test('the official packages configure a new tenant over https and sign in with a code', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'trunkline-sdk-'))
  const database = await createEmptyDatabase()
  const carrier = await startFakeTwilio()
  let told = 0
  const codes = createServer(async (_request, response) => {
    // The reply to a start does not wait for the carrier, so whoever asks for the code does.
    while (carrier.requests.length <= told) await sleep(10)
    const body = carrier.requests[told]?.form.get('Body') ?? ''
    told += 1
    response.end(/[0-9]{6}/.exec(body)?.[0] ?? '')
  }).listen(0, '127.0.0.1')
  await once(codes, 'listening')
  const port = await freePort()
  const env = {
    ...process.env,
    TRUNKLINE_PORT: String(port),
    TRUNKLINE_TLS: 'self-signed',
    TRUNKLINE_DATA_DIR: folder,
    TRUNKLINE_DATABASE_URL: database.url,
    TRUNKLINE_TWILIO_URL: carrier.url,
    TRUNKLINE_LOG_LEVEL: 'warn',
  }
  const server = spawn(process.execPath, [program, 'start'], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  t.after(async () => {
    server.kill('SIGTERM')
    await once(server, 'exit')
    codes.close()
    await carrier.close()
    await database.drop()
    await rm(folder, { recursive: true })
  })
  await lineWith(server.stdout, 'client_secret')

  const domain = `127.0.0.1:${port}`
  const created = await run(
    process.execPath,
    [program, 'tenants', 'create', 'acme', '--url', `https://${domain}`],
    { env },
  )
  const word = (name: string) => new RegExp(`${name}\\s+(\\S+)`).exec(created.stdout)?.[1] ?? ''
  const settings: SignInSettings = {
    domain,
    clientId: word('client_id'),
    clientSecret: word('client_secret'),
    codeUrl: `http://127.0.0.1:${(codes.address() as AddressInfo).port}/`,
  }
  const { stdout } = await run(process.execPath, [script, JSON.stringify(settings)], {
    env: { ...process.env, NODE_EXTRA_CA_CERTS: join(folder, 'tls/ca.pem') },
  })
  const seen = JSON.parse(stdout)

  assert.match(seen.provider.id, /^pro_[A-Za-z0-9]{22}$/)
  assert.equal(seen.provider.credentials, undefined)
  assert.equal(seen.refreshed, 'string')
  assert.equal(seen.firstIdToken.iss, `https://${domain}/`)
  assert.match(seen.firstIdToken.sub, /^sms\|[0-9a-f]{24}$/)
  assert.equal(seen.firstIdToken.name, '+14155550137')
  assert.equal(seen.firstIdToken.nickname, '')
  assert.equal(seen.firstIdToken.phone_number_verified, true)
  assert.equal(seen.secondIdToken.sub, seen.firstIdToken.sub)
  assert.equal(seen.secondIdToken.name, undefined)
  assert.deepEqual(seen.accessToken.aud, [
    'https://orders.example.com',
    `https://${domain}/userinfo`,
  ])
  assert.equal(seen.accessToken.azp, seen.clientId)
  assert.equal(seen.accessToken.scope, 'openid phone read:orders')
  assert.deepEqual(seen.refusals, [
    [403, 'invalid_grant', 'Wrong phone number or verification code.'],
    [403, 'invalid_grant', 'Unknown or invalid refresh token.'],
  ])
  assert.deepEqual(
    seen.messages.messages.map(({ state, provider }: Record<string, string>) => [state, provider]),
    [
      ['accepted', 'twilio'],
      ['accepted', 'twilio'],
    ],
  )
})
