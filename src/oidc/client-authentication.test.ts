import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AppError } from '../base/app-error.ts'
import type { Client, Tenant } from '../domain/tenant.ts'
import { authenticateClient } from './client-authentication.ts'

const basic = (id: string, secret: string) =>
  `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`

const client = (clientId: string, secret: string, method?: string): Client => ({
  clientId,
  name: clientId,
  isGlobal: false,
  isFirstParty: true,
  appType: undefined,
  secret,
  document: { ...(method !== undefined && { token_endpoint_auth_method: method }) },
  connectionIds: new Set(),
  createdAt: 0,
  updatedAt: 0,
})
const clients = new Map(
  [
    client('machine', 'right', 'client_secret_basic'),
    client('poster', 'right', 'client_secret_post'),
    client('bare', 'right'),
    client('open', 'right', 'none'),
    client('odd id', 'p%rce:nt+'),
  ].map((each) => [each.clientId, each]),
)
// Only `client` is asked of a tenant here.
const tenant = { client: async (id: string) => clients.get(id) } as unknown as Tenant

for (const [what, credentials, proved] of [
  ['Basic', { authorization: basic('machine', 'right') }, true],
  ['a secret in the body', { clientId: 'machine', clientSecret: 'right' }, true],
  ['Basic where the client is set to the body', { authorization: basic('poster', 'right') }, true],
  ['a client without a method', { clientId: 'bare', clientSecret: 'right' }, true],
  ['a lower-case scheme', { authorization: basic('machine', 'right').replace('B', 'b') }, true],
  [
    'Basic with the same id in the body',
    { authorization: basic('machine', 'right'), clientId: 'machine' },
    true,
  ],
  [
    'a Bearer token beside a secret in the body',
    { authorization: 'Bearer token', clientId: 'machine', clientSecret: 'right' },
    true,
  ],
  ['form-encoded Basic', { authorization: basic('odd+id', 'p%25rce%3Ant%2B') }, true],
  ['Basic that is not encoded', { authorization: basic('odd+id', 'p%rce:nt+') }, true],
  ['a public client', { clientId: 'open' }, false],
  ['a public client with a wrong secret', { clientId: 'open', clientSecret: 'wrong' }, false],
] as const) {
  test(`${what} is accepted, ${proved ? 'proved' : 'not proved'}`, async () => {
    const authenticated = await authenticateClient(tenant, {
      authorization: undefined,
      clientId: undefined,
      clientSecret: undefined,
      ...credentials,
    })

    assert.equal(authenticated.proved, proved)
  })
}

for (const [what, credentials, code] of [
  ['no client', {}, 'invalid_request'],
  ['an empty client_id', { clientId: '' }, 'invalid_request'],
  ['an unknown client', { clientId: 'nobody', clientSecret: 'right' }, 'invalid_client'],
  ['no secret', { clientId: 'machine' }, 'invalid_client'],
  ['an empty secret', { clientId: 'machine', clientSecret: '' }, 'invalid_client'],
  ['a wrong secret', { clientId: 'machine', clientSecret: 'wrong' }, 'invalid_client'],
  ['a wrong secret by Basic', { authorization: basic('machine', 'wrong') }, 'invalid_client'],
  ['Basic without a colon', { authorization: 'Basic bWFjaGluZQ==' }, 'invalid_client'],
  ['Basic with a NUL', { authorization: basic('mach\0ine', 'right') }, 'invalid_client'],
  [
    'two different clients',
    { authorization: basic('machine', 'right'), clientId: 'open' },
    'invalid_client',
  ],
  [
    'a right secret in the body beside a wrong one by Basic',
    { authorization: basic('machine', 'wrong'), clientId: 'machine', clientSecret: 'right' },
    'invalid_client',
  ],
] as const) {
  test(`${what} is refused with ${code}`, async () => {
    await assert.rejects(
      authenticateClient(tenant, {
        authorization: undefined,
        clientId: undefined,
        clientSecret: undefined,
        ...credentials,
      }),
      (error) => error instanceof AppError && error.code === code,
    )
  })
}
