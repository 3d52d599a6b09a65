/**
 * What a customer's script does, with the official packages and nothing of ours: configures a tenant
 * that `trunkline tenants create` made, sends a code and signs in. Run by `sign-in.test.ts` in a
 * process that trusts the local authority; prints one JSON line.
 */
import { AuthClient } from '@auth0/auth0-auth-js'
import { ManagementClient } from 'auth0'
import { AuthenticationClient } from 'auth0/legacy'
import { createRemoteJWKSet, jwtVerify } from 'jose'

/** What the test tells the script. */
export type SignInSettings = {
  /** host:port */
  domain: string
  clientId: string
  clientSecret: string
  /** Answers the newest code that the carrier got. */
  codeUrl: string
}

const settings = JSON.parse(process.argv[2] ?? '{}') as SignInSettings
const { domain } = settings
const issuer = `https://${domain}/`

const management = new ManagementClient({
  domain,
  clientId: settings.clientId,
  clientSecret: settings.clientSecret,
})
const provider = await management.branding.phone.providers.create({
  name: 'twilio',
  configuration: {
    sid: 'AC00000000000000000000000000000001',
    default_from: '+15005550006',
    delivery_methods: ['text'],
  },
  credentials: { auth_token: 'twilio-auth-token' },
})
const api = await management.resourceServers.create({
  identifier: 'https://orders.example.com',
  name: 'Orders',
  scopes: [{ value: 'read:orders' }],
  allow_offline_access: true,
})
const client = await management.clients.create({
  name: 'Shop',
  app_type: 'regular_web',
  token_endpoint_auth_method: 'client_secret_post',
  grant_types: ['http://auth0.com/oauth/grant-type/passwordless/otp', 'refresh_token'],
})
const clientId = client.client_id ?? ''
const clientSecret = client.client_secret ?? ''
const connection = await management.connections.create({
  name: 'sms',
  strategy: 'sms',
  options: { totp: { length: 6, time_step: 300 } },
})
await management.connections.clients.update(connection.id ?? '', [
  { client_id: clientId, status: true },
])

const jwks = createRemoteJWKSet(new URL(`${issuer}.well-known/jwks.json`))
const verify = async (token: string, audience: string) =>
  (await jwtVerify(token, jwks, { issuer, audience, algorithms: ['RS256'] })).payload
const newestCode = async () => (await fetch(settings.codeUrl)).text()

const legacy = new AuthenticationClient({ domain, clientId, clientSecret })
await legacy.passwordless.sendSMS({ phone_number: '+14155550137' })
const { data: first } = await legacy.passwordless.loginWithSMS({
  phone_number: '+14155550137',
  code: await newestCode(),
  scope: 'openid profile phone offline_access',
})
const { data: refreshed } = await legacy.oauth.refreshTokenGrant({
  refresh_token: first.refresh_token ?? '',
})
await legacy.oauth.revokeRefreshToken({ token: first.refresh_token ?? '' })

const modern = new AuthClient({ domain, clientId, clientSecret })
await modern.passwordless.sendSms({ phoneNumber: '+14155550137', language: 'en' })
const second = await modern.getTokenByPasswordlessSms({
  phoneNumber: '+14155550137',
  code: await newestCode(),
  audience: 'https://orders.example.com',
  scope: 'openid phone read:orders',
})

const refusals: unknown[] = []
await legacy.passwordless
  .loginWithSMS({ phone_number: '+14155550137', code: '000000' })
  .catch((error: { error?: string; error_description?: string; statusCode?: number }) =>
    refusals.push([error.statusCode, error.error, error.error_description]),
  )
await legacy.oauth
  .refreshTokenGrant({ refresh_token: first.refresh_token ?? '' })
  .catch((error: { error?: string; error_description?: string; statusCode?: number }) =>
    refusals.push([error.statusCode, error.error, error.error_description]),
  )

const firstIdToken = await verify(first.id_token ?? '', clientId)
const secondIdToken = await verify(second.idToken ?? '', clientId)
const accessToken = await verify(second.accessToken, 'https://orders.example.com')
process.stdout.write(
  `${JSON.stringify({
    provider,
    api: api.identifier,
    refreshed: typeof refreshed.access_token,
    firstIdToken,
    secondIdToken,
    accessToken,
    refusals,
    clientId,
    messages: await phoneMessages(),
  })}\n`,
)

/** Our own addition, with the same token that the SDK uses. */
async function phoneMessages(): Promise<unknown> {
  const { data } = await new AuthenticationClient({
    domain,
    clientId: settings.clientId,
    clientSecret: settings.clientSecret,
  }).oauth.clientCredentialsGrant({ audience: `${issuer}api/v2/` })
  const reply = await fetch(`${issuer}api/v2/phone/messages`, {
    headers: { authorization: `Bearer ${data.access_token}` },
  })
  return reply.json()
}
