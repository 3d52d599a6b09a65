import assert from 'node:assert/strict'
import { parsePhoneNumber } from '../src/base/phone-number.ts'
import { type MfaMessage, sendMfaMessage } from '../src/domain/mfa-message.ts'
import { insertPlainMessage } from '../src/store/messages.ts'
import { sql } from '../src/store/sql.ts'
import type { TestServer } from './harness.ts'

/** A person with a phone to prove itself with; made once for each server. */
export async function personWithPhone(server: TestServer): Promise<string> {
  const { db } = server.app.deps
  const tenant = server.tenant.name
  const { body } = await server.manage('GET', '/users?per_page=1')
  if (body.length > 0) return body[0].user_id
  const created = await server.manage('POST', '/users', {
    ...{ connection: 'sms', phone_number: '+14155550199' },
  })
  const userId = created.body.user_id
  assert.ok(userId, created.text)
  await db.run(sql`
    insert into authentication_methods (tenant_id, id, user_id, type, confirmed, created_at)
    values (${tenant}, 'dev_1', ${userId}, 'phone', true, 0)`)
  return userId
}

/** Sends a code of a second factor, as a flow of MFA does once it has decided to. */
export async function sendChallenge(server: TestServer, change: Partial<MfaMessage> = {}) {
  const { deps, tenants } = server.app
  const tenant = await tenants.byId(server.tenant.name)
  const phone = parsePhoneNumber('+14155550137')
  assert.ok(tenant && phone)
  const userId = change.userId ?? (await personWithPhone(server))
  const sent = await sendMfaMessage(deps, tenant, {
    ...{ flow: 'mfa_challenge', deliveryMethod: 'text', phone, code: '123456', locale: 'en' },
    ...{ expiresAt: deps.clock.now() + 300_000, userId, clientId: 'demo' },
    connection: 'sms',
    request: { ip: '203.0.113.7', user_agent: 'Mozilla/5.0', language: 'es-AR' },
    store: async (row) => {
      await deps.db.transaction(async (tx) => {
        await insertPlainMessage(tx, row)
        await tx.run(sql`
          insert into mfa_challenges (tenant_id, user_id, message_id) values (${row.tenant_id}, ${userId}, ${row.id})
          on conflict (tenant_id, user_id) do update set message_id = excluded.message_id`)
      })
    },
    ...change,
  })
  await server.settle()
  return sent
}
