import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { test } from 'node:test'
import { EgressRefused } from '../base/egress-rules.ts'
import type { TenantFetch, TenantRequest } from '../base/tenant-fetch.ts'
import type { Notification } from '../contract/notifications.ts'
import { type SmsGateway, sendToGateway } from './sms-gateway.ts'

const notification: Notification = {
  ...{ id: 'ntf_1', message_type: 'otp_verify', delivery_method: 'text', locale: 'en' },
  ...{ recipient: '+15555550100', as_text: 'Code 123456', as_voice: '1.', code: '123456' },
}
const gateway: SmsGateway = { url: 'https://gateway.example/', sender: '', forwardsRequest: false }
const tools = {
  signal: new AbortController().signal,
  now: 1_764_000_000_999,
  request: { ip: '203.0.113.7', user_agent: '' },
}

/** Sends through a network that does what the test says. */
async function send(
  network: (request: TenantRequest) => number | Error,
  change: { gateway?: Partial<SmsGateway>; signal?: AbortSignal; voice?: boolean } = {},
) {
  const tenantFetch: TenantFetch = async (_url, request) => {
    const end = network(request)
    if (end instanceof Error) throw end
    return { status: end, headers: { get: () => null }, text: async () => '', discard() {} }
  }
  return sendToGateway(
    { ...notification, ...(change.voice === true && { delivery_method: 'voice' }) },
    { ...gateway, ...change.gateway },
    { ...tools, tenantFetch, ...(change.signal !== undefined && { signal: change.signal }) },
  )
}

const failedFetch = (cause: Error) => new TypeError('fetch failed', { cause })
const systemError = (code: string, syscall = 'connect') =>
  failedFetch(Object.assign(new Error(`${syscall} ${code}`), { code, syscall }))

const ends: [string, number | Error, string, RegExp][] = [
  ['401', 401, 'permanent', /^Authentication failed while calling the SMS gateway: 401$/],
  ['202', 202, 'permanent', /202/],
  ['a refused connection', systemError('ECONNREFUSED'), 'permanent', /ECONNREFUSED/],
  ['an unknown host', systemError('ENOTFOUND', 'getaddrinfo'), 'permanent', /ENOTFOUND/],
  ['an odd certificate', systemError('CERT_HAS_EXPIRED', ''), 'permanent', /CERT_HAS_EXPIRED/],
  ['a reset while it answered', systemError('ECONNRESET', 'read'), 'unknown', /ECONNRESET/],
  ['a forbidden address', failedFetch(new EgressRefused('is private')), 'permanent', /EACCES/],
  [
    'a host of which every address refuses',
    failedFetch(
      new AggregateError([
        Object.assign(new Error('no'), { code: 'ECONNREFUSED', syscall: 'connect' }),
      ]),
    ),
    'permanent',
    /ECONNREFUSED/,
  ],
  ['what nobody thought of', new Error('odd'), 'unknown', /connection failed/],
]

for (const [what, end, outcome, described] of ends) {
  test(`${what} is never tried again and says what it was`, async () => {
    const delivery = await send(() => end)

    assert.equal(delivery.outcome, outcome)
    if (delivery.outcome !== 'accepted') assert.match(delivery.cause.text, described)
  })
}

test('200 alone is success', async () => {
  assert.deepEqual(await send(() => 200), { outcome: 'accepted' })
})

test('silence until the signal may have been taken', async () => {
  const signal = AbortSignal.abort()

  const delivery = await send(() => new Error('aborted'), { signal })

  assert.ok(delivery.outcome === 'unknown')
  assert.match(delivery.cause.text, /timeout/)
})

test('a call is refused before the gateway hears of it', async () => {
  const delivery = await send(() => assert.fail('it was asked'), { voice: true })

  assert.equal(delivery.outcome, 'permanent')
})

test('the token is signed with the bytes of the secret, whichever base64 it is in', async () => {
  const key = Buffer.from([251, 239, 255, 0, 1])
  const spellings: [string, boolean][] = [
    [key.toString('base64'), true],
    [key.toString('base64url'), true],
    ['+/+/ plain text', false],
  ]
  for (const [secret, secret_base64_encoded] of spellings) {
    let token = ''
    const authentication = { audience: 'a', secret, secret_base64_encoded }
    await send(
      ({ headers }) => {
        token = headers.authorization ?? ''
        return 200
      },
      { gateway: { authentication } },
    )

    const [header = '', claims = '', signature] = token.replace('Bearer ', '').split('.')
    const mac = createHmac('sha256', secret_base64_encoded ? key : Buffer.from(secret))
    assert.equal(signature, mac.update(`${header}.${claims}`).digest('base64url'))
    assert.deepEqual(JSON.parse(Buffer.from(claims, 'base64url').toString()), {
      ...{ aud: 'a', iat: 1_764_000_000, exp: 1_764_000_060 },
    })
  }
})
