import assert from 'node:assert/strict'
import { test } from 'node:test'
import { completeRefreshToken, defaultGrantTypes } from './client-defaults.ts'

const four = ['authorization_code', 'implicit', 'refresh_token', 'client_credentials']
const three = ['authorization_code', 'implicit', 'refresh_token']

for (const [client, expected] of [
  [{}, four],
  [{ app_type: 'regular_web' }, four],
  [{ app_type: 'regular_web', token_endpoint_auth_method: 'client_secret_post' }, four],
  [{ app_type: 'non_interactive' }, four],
  [{ app_type: 'sso_integration' }, four],
  [{ app_type: 'native', token_endpoint_auth_method: 'none' }, three],
  [{ app_type: 'spa', token_endpoint_auth_method: 'none' }, three],
  [{ app_type: 'express_configuration' }, ['authorization_code', 'client_credentials']],
  [{ app_type: 'resource_server' }, []],
  [
    {
      app_type: 'regular_web',
      token_endpoint_auth_method: 'client_secret_post',
      is_first_party: false,
    },
    ['authorization_code'],
  ],
] as const) {
  test(`a client of ${JSON.stringify(client)} gets ${expected.length} grant types by default`, () => {
    assert.deepEqual(defaultGrantTypes(client), expected)
  })
}

test('refresh tokens that expire have both ends unless they say otherwise', () => {
  assert.deepEqual(
    completeRefreshToken({
      rotation_type: 'rotating',
      expiration_type: 'expiring',
      infinite_idle_token_lifetime: true,
    }),
    {
      rotation_type: 'rotating',
      expiration_type: 'expiring',
      leeway: 0,
      token_lifetime: 2_592_000,
      infinite_token_lifetime: false,
      idle_token_lifetime: 1_296_000,
      infinite_idle_token_lifetime: true,
    },
  )
})
