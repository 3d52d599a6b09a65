import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type TestServer, testServer } from '../../test/harness.ts'
import type { Notification } from '../contract/notifications.ts'
import { customPhoneProviderEvent } from './action-event.ts'
import type { LeasedMessage } from './leased-message.ts'

const number = '+14155550137'
const at = '2026-03-01T12:00:00.000Z'

const notification: Notification = {
  ...{ id: 'ntf_1', message_type: 'otp_verify', delivery_method: 'text', recipient: number },
  ...{ locale: 'en', as_text: 'Code 123456', as_voice: 'Code 1. 2. 3. 4. 5. 6.', code: '123456' },
  ...{ voice_parts: ['Code', '1. 2. 3. 4. 5. 6.'], expires_at: 1 },
}

const request = { ip: '203.0.113.7', user_agent: 'Mozilla/5.0', language: 'de-DE' }

/** A leased message of the server's tenant; its own members are what the test is about. */
const messageOf = (server: TestServer, own: Partial<LeasedMessage> = {}): LeasedMessage => ({
  ...{ tenant_id: server.tenant.name, id: '65f0a1b2c3d4e5f6a7b8c9d0', message_type: 'otp_verify' },
  ...{ flow: 'passwordless', delivery_method: 'text', recipient_masked: 'XXXXXXXX0137' },
  ...{ recipient_hash: Buffer.alloc(32), client_id: 'demo', connection: 'sms', user_id: null },
  ...{ locale: 'en', decoy: false, attempts_count: 1, possible_duplicate: false },
  ...{ created_at: Date.parse(at), expires_at: Date.parse(at) + 180_000, leased_until: 0 },
  secret: { recipient: number, code: '123456', request },
  ...own,
})

/** Objects of the wire; what a test asks for and does not get is undefined, and fails it. */
type Event = Record<string, Record<string, unknown>>

async function eventOf(
  server: TestServer,
  own?: Partial<LeasedMessage>,
  sent: Notification = notification,
): Promise<Event> {
  const { deps, tenants } = server.app
  const tenant = await tenants.byId(server.tenant.name)
  assert.ok(tenant)
  const event = await customPhoneProviderEvent(deps, tenant, messageOf(server, own), sent)
  return event as Event
}

/** Every path that leads to a value, as `user.user_id`. */
const pathsOf = (value: unknown, path = ''): string[] =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.entries(value).flatMap(([name, member]) =>
        pathsOf(member, path === '' ? name : `${path}.${name}`),
      )
    : [path]

test('the event of a stranger has every member that is never absent, and no null', async () => {
  const event = await eventOf(await testServer())

  assert.deepEqual(Object.keys(event).sort(), [
    ...['client', 'configuration', 'connection', 'notification', 'request', 'tenant', 'user'],
  ])
  assert.deepEqual(event.configuration, {})
  assert.deepEqual(JSON.parse(JSON.stringify(event)), event)
  assert.ok(!JSON.stringify(event).includes('null'))
  assert.equal(event.user?.phone_number, number)
  assert.equal(event.user?.login_count, 0)
  assert.equal(event.user?.created_at, at)
  assert.match(String(event.user?.user_id), /^sms\|[0-9a-f]{24}$/)
})

test('the notification shows the plain code and both bodies, and nothing of this server', async () => {
  const { notification: shown } = await eventOf(await testServer())

  const { id: _, voice_parts: __, expires_at: ___, ...expected } = notification
  assert.deepEqual(shown, expected)
})

test('a notice without a code, a sender of the template: members come and go', async () => {
  const { code: _, ...rest } = notification
  const notice = { ...rest, message_type: 'blocked_account' as const, from: '+15005550006' }

  const { notification: shown } = await eventOf(await testServer(), {}, notice)

  assert.ok(shown && !('code' in shown))
  assert.equal(shown.from, '+15005550006')
})

test('the request is what the person sent, and that of a notice made by a job has no address', async () => {
  const server = await testServer()
  const secret = { recipient: number, request: { ip: '', user_agent: '', language: '' } }

  const asked = await eventOf(server)
  const made = await eventOf(server, { secret })

  assert.deepEqual(asked.request, {
    ...{ ip: '203.0.113.7', method: 'POST', hostname: server.tenant.host },
    ...{ language: 'de-DE', user_agent: 'Mozilla/5.0', geoip: {} },
  })
  assert.deepEqual(made.request, { ip: '0.0.0.0', method: 'POST', geoip: {} })
})

test('a test message comes from an application with the name of the tenant', async () => {
  const server = await testServer()

  const event = await eventOf(server, { flow: 'test', client_id: null, connection: null })

  assert.equal(event.client?.name, server.tenant.name)
  assert.deepEqual(event.client?.metadata, {})
  assert.ok(!('connection' in event))
})

test('an account is shown with its profile and metadata, and without identities', async () => {
  const server = await testServer()
  const { body: created } = await server.manage('POST', '/users', {
    ...{ connection: 'sms', phone_number: number, phone_verified: true, given_name: 'Ada' },
    ...{ user_metadata: { color: 'red' }, app_metadata: { plan: 'pro' } },
  })

  const { user } = await eventOf(server, { user_id: created.user_id })

  assert.equal(user?.user_id, created.user_id)
  assert.equal(user?.given_name, 'Ada')
  assert.equal(user?.phone_verified, true)
  assert.deepEqual([user?.user_metadata, user?.app_metadata], [{ color: 'red' }, { plan: 'pro' }])
  assert.equal(user?.login_count, 0)
  assert.ok(user && !('identities' in user) && !('last_ip' in user))
})

test('metadata of the application, settings of the tenant stand where translated code looks', async () => {
  const server = await testServer()
  await server.manage('PATCH', '/clients/demo', { client_metadata: { brand: 'blue' } })
  await server.manage('PATCH', '/tenants/settings', {
    ...{ friendly_name: 'Shop', support_email: 'help@example.test' },
    ...{ support_url: 'https://example.test/help', picture_url: 'https://example.test/logo.png' },
  })
  const { body: created } = await server.manage('POST', '/users', {
    ...{ connection: 'sms', phone_number: number, email: 'ada@example.test' },
    ...{ name: 'Ada', family_name: 'L', given_name: 'Ada', nickname: 'ada' },
  })

  const event = await eventOf(server, { user_id: created.user_id })

  const paths = new Set(pathsOf(event))
  const missing = targets.filter((target) => !paths.has(target))
  // Open objects: what is in them is asked for above.
  assert.deepEqual(missing, [
    ...['request.geoip', 'client.metadata', 'user.app_metadata', 'user.user_metadata'],
    ...['user.phone_verified', 'user.multifactor', 'user.username'],
  ])
  assert.deepEqual(event.client?.metadata, { brand: 'blue' })
  assert.equal(event.tenant?.logo_url, 'https://example.test/logo.png')
})

/** Where code that was written for the legacy events finds each of their members. */
const targets = [
  ...['notification.as_text', 'notification.as_voice', 'notification.delivery_method'],
  ...['notification.message_type', 'notification.locale', 'notification.code'],
  ...['notification.recipient', 'request.ip', 'request.user_agent', 'request.language'],
  ...['request.method', 'request.hostname', 'request.geoip', 'tenant.id', 'tenant.home_url'],
  ...['tenant.logo_url', 'tenant.support_email', 'tenant.support_url', 'client.metadata'],
  ...['client.client_id', 'client.name', 'user.user_id', 'user.name', 'user.email'],
  ...['user.app_metadata', 'user.user_metadata', 'user.email_verified', 'user.phone_number'],
  ...['user.phone_verified', 'user.picture', 'user.created_at', 'user.updated_at'],
  ...['user.multifactor', 'user.family_name', 'user.given_name', 'user.nickname'],
  ...['user.username', 'user.login_count'],
]
