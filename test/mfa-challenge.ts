import assert from 'node:assert/strict'
import { parsePhoneNumber } from '../src/base/phone-number.ts'
import { type MfaMessage, sendMfaMessage } from '../src/domain/mfa-message.ts'
import { insertPlainMessage } from '../src/store/messages.ts'
import type { TestServer } from './harness.ts'

/** Sends a code of a second factor, as a flow of MFA does once it has decided to. */
export async function sendChallenge(server: TestServer, change: Partial<MfaMessage> = {}) {
  const { deps, tenants } = server.app
  const tenant = await tenants.byId(server.tenant.name)
  const phone = parsePhoneNumber('+14155550137')
  assert.ok(tenant && phone)
  const sent = await sendMfaMessage(deps, tenant, {
    ...{ flow: 'mfa_challenge', deliveryMethod: 'text', phone, code: '123456', locale: 'en' },
    ...{ expiresAt: deps.clock.now() + 300_000, userId: 'sms|1', clientId: 'demo' },
    connection: 'sms',
    request: { ip: '203.0.113.7', user_agent: 'Mozilla/5.0', language: 'es-AR' },
    store: async (row) => {
      await insertPlainMessage(deps.db, row)
    },
    ...change,
  })
  await server.settle()
  return sent
}
