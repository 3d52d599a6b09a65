import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { before, test } from 'node:test'
import { actionHandlers } from '../src/contract/actions.ts'
import { sql } from '../src/store/sql.ts'
import { type FakeActions, fakeActions } from './fake-actions.ts'
import { type TestServer, testServer } from './harness.ts'
import { sendChallenge } from './mfa-challenge.ts'

type Row = {
  id: string
  status: string
  paths: { v2: string | null; v1: string | null; target: string[] }
  values?: Record<string, string>
}

const rows: Row[] = JSON.parse(
  readFileSync(new URL('vectors/event-mapping.json', import.meta.url), 'utf8'),
)

const valueAt = (event: unknown, path: string): unknown =>
  path
    .split('.')
    .slice(1)
    .reduce<unknown>((of, member) => Object(of)[member], event)

/** What a tenant says of itself, and a person with everything that a profile may hold. */
async function fullTenant(): Promise<{ server: TestServer; actions: FakeActions; userId: string }> {
  const actions = fakeActions()
  const server = await testServer({ actions })
  await server.manage('PATCH', '/tenants/settings', {
    friendly_name: 'Sample',
    picture_url: 'https://example.com/logo.png',
    support_email: 'help@example.com',
    support_url: 'https://example.com/help',
  })
  await server.manage('PATCH', '/clients/demo', { client_metadata: { tier: 'gold' } })
  const { body: user, text } = await server.manage('POST', '/users', {
    ...{ connection: 'sms', phone_number: '+14155550137', phone_verified: true },
    ...{ email: 'ada@example.com' },
    ...{ name: 'Ada Lovelace', given_name: 'Ada', family_name: 'Lovelace', nickname: 'ada' },
    ...{ picture: 'https://example.com/ada.png', user_metadata: { a: 1 }, app_metadata: { b: 2 } },
  })
  assert.ok(user.user_id, text)
  // Of a database; this person is of a connection without names to sign in with.
  await server.app.deps.db.run(sql`
    update users set username = 'ada'
     where tenant_id = ${server.tenant.name} and user_id = ${user.user_id}`)
  await server.app.deps.db.run(sql`
    insert into authentication_methods (tenant_id, id, user_id, type, confirmed, created_at)
    values (${server.tenant.name}, 'dev_1', ${user.user_id}, 'phone', true, 0)`)
  const handler = actionHandlers['custom-phone-provider']
  const { body: action } = await server.manage('POST', '/actions/actions', {
    name: 'sender',
    supported_triggers: [{ id: 'custom-phone-provider', version: 'v1' }],
    code: `exports.${handler} = async () => {}`,
  })
  await server.manage('POST', `/actions/actions/${action.id}/deploy`)
  await server.manage('POST', '/branding/phone/providers', {
    name: 'custom',
    configuration: { delivery_methods: ['text', 'voice'] },
    credentials: {},
  })
  return { server, actions, userId: user.user_id }
}

let event: Record<string, unknown> | undefined
before(async () => {
  const { server, actions, userId } = await fullTenant()
  await sendChallenge(server, { userId, deliveryMethod: 'voice' })
  event = actions.calls.at(-1)?.call.event
  assert.ok(event)
})

for (const { id, status, paths, values } of rows) {
  if (status === 'removed') {
    test(`${id}: what was removed is not in the event`, () => {
      assert.equal(valueAt(event, paths.v2 ?? ''), undefined)
    })
  }
  for (const path of paths.target) {
    test(`${id}: ${path} exists in the event of a custom phone provider`, () => {
      const value = valueAt(event, path)

      assert.notEqual(value, undefined)
      assert.notEqual(value, null)
      if (values !== undefined) assert.ok(Object.values(values).includes(String(value)))
    })
  }
}
