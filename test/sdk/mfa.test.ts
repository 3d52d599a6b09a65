import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AuthClient, isMfaRequiredError } from '@auth0/auth0-auth-js'
import { grantTypes, type MfaTenant, mfaTenant, sentCode } from '../mfa-tenant.ts'

const number = '+14155550137'

/** The official client, which reaches the server without a socket. */
async function signIn(server: MfaTenant) {
  const { body: app } = await server.manage('POST', '/clients', {
    name: 'Shop',
    app_type: 'regular_web',
    token_endpoint_auth_method: 'client_secret_post',
    grant_types: [
      'http://auth0.com/oauth/grant-type/passwordless/otp',
      ...Object.values(grantTypes),
    ],
  })
  const [connection] = (await server.manage('GET', '/connections?name=sms')).body
  await server.manage('PATCH', `/connections/${connection.id}/clients`, [
    { client_id: app.client_id, status: true },
  ])
  const client = new AuthClient({
    domain: server.tenant.host,
    clientId: app.client_id,
    clientSecret: app.client_secret,
    customFetch: (input, init) => inProcess(server, new Request(input, init)),
  })
  /** The token that the first factor answers with. */
  const mfaToken = async (more: { audience?: string; scope?: string } = {}): Promise<string> => {
    await client.passwordless.sendSms({ phoneNumber: number })
    await server.settle()
    const code = await server.newestCode()
    try {
      await client.getTokenByPasswordlessSms({ phoneNumber: number, code, ...more })
    } catch (error) {
      assert.ok(isMfaRequiredError(error), String(error))
      return String(error.cause.mfa_token)
    }
    throw new Error('no second factor was asked for')
  }
  return { client, mfaToken }
}

async function inProcess(server: MfaTenant, request: Request): Promise<Response> {
  const { pathname, search } = new URL(request.url)
  const text = await request.text()
  const answer = await server.request(
    request.method,
    pathname + search,
    text === '' ? undefined : text,
    Object.fromEntries(request.headers),
  )
  await server.settle()
  return new Response(answer.status === 204 ? null : answer.text, {
    status: answer.status,
    headers: { 'content-type': String(answer.headers['content-type'] ?? '') },
  })
}

test('with the official package: enrolled by text, in by text, by call, by a second phone, by recovery code', async () => {
  const server = await mfaTenant()
  const { client, mfaToken } = await signIn(server)
  const { mfa } = client

  const first = await mfaToken()
  const enrolled = await mfa.enrollAuthenticator({
    ...{ mfaToken: first, authenticatorTypes: ['oob'], oobChannels: ['sms'] },
    phoneNumber: '+14155550188',
  })
  assert.equal(enrolled.authenticatorType, 'oob')
  const [recoveryCode = ''] = enrolled.recoveryCodes ?? []
  const confirmed = await mfa.verify({
    ...{ factorType: 'oob', mfaToken: first, oobCode: String(Object(enrolled).oobCode) },
    bindingCode: sentCode(server),
  })
  assert.ok(confirmed.accessToken)

  for (const channel of ['sms', 'voice']) {
    const token = await mfaToken()
    const factors = await mfa.listAuthenticators({ mfaToken: token })
    const factor = factors.find(({ oobChannels }) => oobChannels?.join() === channel)
    assert.ok(factor?.active, JSON.stringify(factors))
    const challenge = await mfa.challengeAuthenticator({
      ...{ mfaToken: token, challengeType: 'oob', authenticatorId: factor.id },
    })
    assert.equal(challenge.bindingMethod, 'prompt')
    const form = server.carrier.requests.at(-1)?.form
    assert.equal(form?.has('Twiml'), channel === 'voice')
    const tokens = await mfa.verify({
      ...{ factorType: 'oob', mfaToken: token, oobCode: challenge.oobCode ?? '' },
      bindingCode: sentCode(server),
    })
    assert.ok(tokens.accessToken, channel)
  }

  const managing = await mfaToken({
    audience: `${server.tenant.url}/mfa/`,
    scope: 'enroll read:authenticators remove:authenticators',
  })
  const challenge = await mfa.challengeAuthenticator({ mfaToken: managing, challengeType: 'oob' })
  const { accessToken } = await mfa.verify({
    ...{ factorType: 'oob', mfaToken: managing, oobCode: challenge.oobCode ?? '' },
    bindingCode: sentCode(server),
  })
  const second = await mfa.enrollAuthenticator({
    ...{ mfaToken: accessToken, authenticatorTypes: ['oob'], oobChannels: ['voice'] },
    phoneNumber: '+14155550199',
  })
  await mfa.verify({
    ...{ factorType: 'oob', mfaToken: accessToken, oobCode: String(Object(second).oobCode) },
    bindingCode: sentCode(server),
  })
  const all = await mfa.listAuthenticators({ mfaToken: accessToken })
  assert.equal(all.filter(({ authenticatorType }) => authenticatorType === 'oob').length, 4)
  const lost = all.find(({ name }) => name === 'XXXXXXXX0188')
  await mfa.deleteAuthenticator({ mfaToken: accessToken, authenticatorId: lost?.id ?? '' })

  const recovered = await mfa.verify({
    ...{ factorType: 'recovery-code', mfaToken: await mfaToken(), recoveryCode },
  })
  assert.match(recovered.recoveryCode ?? '', /^[A-Z0-9]{24}$/)
})

test('with the official package: a wrong code and a wrong token carry the words of the API', async () => {
  const server = await mfaTenant()
  const { client, mfaToken } = await signIn(server)
  const token = await mfaToken()
  const { mfa } = client
  const enrolled = await mfa.enrollAuthenticator({
    ...{ mfaToken: token, authenticatorTypes: ['oob'], oobChannels: ['sms'] },
    phoneNumber: '+14155550188',
  })
  const oobCode = String(Object(enrolled).oobCode)

  await assert.rejects(
    mfa.verify({ factorType: 'oob', mfaToken: token, oobCode, bindingCode: 'x' }),
    /Invalid binding_code\./,
  )
  await assert.rejects(mfa.listAuthenticators({ mfaToken: 'x' }), /Malformed mfa_token/)
  await assert.rejects(
    mfa.challengeAuthenticator({ mfaToken: token, challengeType: 'oob' }),
    /The user has no factor yet\./,
  )
})
