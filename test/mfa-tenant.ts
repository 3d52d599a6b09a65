import assert from 'node:assert/strict'
import { passwordlessOtpGrant } from '../src/contract/passwordless.ts'
import { changeTenantDocument } from '../src/domain/tenant-documents.ts'
import { type TestServer, type TestServerOptions, testServer } from './harness.ts'

export const grantTypes = {
  oob: 'http://auth0.com/oauth/grant-type/mfa-oob',
  otp: 'http://auth0.com/oauth/grant-type/mfa-otp',
  recovery: 'http://auth0.com/oauth/grant-type/mfa-recovery-code',
}

export type MfaTenant = TestServer & {
  /** Signs a number in by its first factor. */
  firstFactor(number: string, more?: object): ReturnType<TestServer['post']>
  /** A request with a bearer token. */
  withToken(
    method: string,
    path: string,
    token: string,
    body?: object,
  ): ReturnType<TestServer['post']>
}

/** A tenant that asks everybody for a second factor; its application may use every grant of MFA. */
export async function mfaTenant(
  given: {
    factors?: Record<string, boolean>
    types?: readonly string[]
    policies?: readonly string[]
  } = {},
  options: TestServerOptions = {},
): Promise<MfaTenant> {
  const server = await testServer({ provider: 'twilio', ...options })
  const tenant = await server.app.tenants.byId(server.tenant.name)
  assert.ok(tenant)
  const set = (name: string, value: unknown) =>
    changeTenantDocument(server.app.deps, tenant, name, () => value)
  await set('guardian-factors', given.factors ?? { sms: true, otp: true, 'recovery-code': true })
  await set('guardian-phone', { message_types: given.types ?? ['sms', 'voice'] })
  await set('guardian-policies', given.policies ?? ['all-applications'])
  await server.manage('PATCH', '/clients/demo', {
    grant_types: [passwordlessOtpGrant, 'refresh_token', ...Object.values(grantTypes)],
  })
  // One person asks more often here than the limit of a number allows.
  await server.manage('PATCH', '/phone/protection', { number: null })
  return {
    ...server,
    async firstFactor(number, more = {}) {
      await server.post('/passwordless/start', {
        ...{ client_id: 'demo', connection: 'sms', phone_number: number },
      })
      return server.post('/oauth/token', {
        ...{ grant_type: passwordlessOtpGrant, client_id: 'demo', realm: 'sms', username: number },
        otp: await server.newestCode(),
        scope: 'openid phone offline_access',
        ...more,
      })
    },
    async withToken(method, path, token, body) {
      const answer = await server.request(method, path, body, { authorization: `Bearer ${token}` })
      await server.settle()
      return answer
    },
  }
}

/** The code that the carrier got last, from a text or a call. */
export function sentCode({ carrier }: TestServer): string {
  const form = carrier.requests.at(-1)?.form
  const text = form?.get('Body') ?? form?.get('Twiml') ?? ''
  const found = /\b[0-9]{6}\b|(?:[0-9]\. ?){6}/.exec(text)?.[0] ?? ''
  return found.replace(/[^0-9]/g, '')
}

/** Enrols a phone with an `mfa_token` and finishes the sign-in by it. */
export async function enrolPhone(
  server: MfaTenant,
  token: string,
  phone: string,
): Promise<{ recoveryCode: string; tokens: Record<string, string> }> {
  const { body, status, text } = await server.withToken('POST', '/mfa/associate', token, {
    ...{ authenticator_types: ['oob'], oob_channels: ['sms'], phone_number: phone },
  })
  assert.equal(status, 200, text)
  const finished = await server.post('/oauth/token', {
    ...{ grant_type: grantTypes.oob, client_id: 'demo', mfa_token: token },
    ...{ oob_code: body.oob_code, binding_code: sentCode(server) },
  })
  assert.equal(finished.status, 200, finished.text)
  return { recoveryCode: body.recovery_codes?.[0], tokens: finished.body }
}
