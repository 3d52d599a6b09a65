import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Flow } from '../contract/notifications.ts'
import { messageRoute, messageWay } from './message-route.ts'
import type { Connection, PhoneProvider, Tenant } from './tenant.ts'

const twilio = { twilio_sid: 'AC1', twilio_token: 'token', from: '+15005550006' }
const gateway = { provider: 'sms_gateway', gateway_url: 'https://gateway.example/sms' }

function connectionWith(options: Record<string, unknown>): Connection {
  return {
    ...{ id: 'con_1', name: 'sms', strategy: 'sms', options, document: {}, createdAt: 0 },
  }
}

const absent = Symbol('absent')
type Switch = true | 'unified' | false | null | typeof absent

/** consolidated, `use_phone_provider`, then who sends with a sender of the connection, and without one. */
const table: [boolean, Switch, 'tenant' | 'connection', 'tenant' | 'connection'][] = [
  [false, false, 'connection', 'connection'],
  [false, absent, 'connection', 'connection'],
  [false, null, 'connection', 'connection'],
  [false, true, 'tenant', 'tenant'],
  [false, 'unified', 'tenant', 'tenant'],
  [true, true, 'tenant', 'tenant'],
  [true, 'unified', 'tenant', 'tenant'],
  [true, absent, 'tenant', 'tenant'],
  [true, null, 'tenant', 'tenant'],
  [true, false, 'connection', 'tenant'],
]

for (const [consolidated, chosen, withSender, without] of table) {
  for (const [what, own, way] of [
    ['its own Twilio', twilio, withSender],
    ['its own gateway', gateway, withSender],
    ['nothing of its own', {}, without],
    ['half of a Twilio account', { twilio_sid: 'AC1' }, without],
    ['a gateway without an address', { provider: 'sms_gateway', ...twilio }, without],
  ] as const) {
    const name = `consolidated ${consolidated}, use_phone_provider ${String(chosen)}, ${what}`
    test(`${name}: the ${way} sends passwordless codes`, () => {
      const options = { ...own, ...(chosen !== absent && { use_phone_provider: chosen }) }
      const tenant = { settings: { phone_consolidated_experience: consolidated } }
      const connection = connectionWith(options)

      assert.equal(messageWay(tenant, { flow: 'passwordless', connection }), way)
      for (const flow of ['mfa_enroll', 'mfa_challenge'] as const) {
        const expected = consolidated ? 'tenant' : 'guardian'
        assert.equal(messageWay(tenant, { flow, connection }), expected)
      }
      const others: Flow[] = ['identifier_verify', 'db_otp', 'password_reset', 'test']
      for (const flow of others) {
        assert.equal(messageWay(tenant, { flow, connection }), 'tenant')
      }
    })
  }
}

test('a tenant that never said is a legacy one', () => {
  const route = { flow: 'mfa_enroll', connection: undefined } as const

  assert.equal(messageWay({ settings: {} }, route), 'guardian')
})

const provider = { disabled: false, configuration: { delivery_methods: ['text'] } }
const routeOf = (
  { inbox, phoneProvider }: { inbox: boolean; phoneProvider?: object },
  options: Record<string, unknown>,
) =>
  messageRoute(
    { options: { inbox } } as Parameters<typeof messageRoute>[0], // it reads nothing else
    {
      settings: { phone_consolidated_experience: false },
      phoneProvider: phoneProvider as PhoneProvider | undefined, // only what the route reads
    } satisfies Partial<Tenant>,
    { flow: 'passwordless', connection: connectionWith(options), deliveryMethod: 'text' },
  )

test("a legacy connection without a sender does not borrow the tenant's provider", () => {
  const route = routeOf({ inbox: true, phoneProvider: provider }, {})

  assert.equal(route.to, 'nowhere')
  assert.equal(route.to === 'nowhere' && route.cause.code, 'legacy_provider_missing')
})

test('with no sender and no provider at all the inbox takes it, where it is on', () => {
  assert.equal(routeOf({ inbox: true }, {}).to, 'inbox')
  assert.equal(routeOf({ inbox: false }, {}).to, 'nowhere')
})

test("a connection's sender is used whether or not the tenant has a provider", () => {
  for (const phoneProvider of [provider, { ...provider, disabled: true }]) {
    assert.equal(routeOf({ inbox: true, phoneProvider }, gateway).to, 'connection')
  }
  assert.equal(routeOf({ inbox: true }, twilio).to, 'connection')
  assert.equal(
    routeOf({ inbox: true, phoneProvider: provider }, { use_phone_provider: true }).to,
    'provider',
  )
})
