import assert from 'node:assert/strict'
import { changeTenantDocument } from '../src/domain/tenant-documents.ts'
import { type TestServer, type TestServerOptions, testServer } from './harness.ts'

/** MFA's own account. */
export const twilio = {
  sid: 'AC9',
  auth_token: 'secret',
  from: '+15005550009',
  messaging_service_sid: null,
}

/** A tenant whose MFA follows its older settings. */
export async function legacyMfa(
  settings: { provider?: string; twilio?: object; templates?: object } = {},
  options: TestServerOptions = {},
): Promise<TestServer> {
  const server = await testServer({ inbox: false, ...options })
  await put(server, '/tenants/settings', { phone_consolidated_experience: false }, 'PATCH')
  const tenant = await server.app.tenants.byId(server.tenant.name)
  assert.ok(tenant)
  await changeTenantDocument(server.app.deps, tenant, 'guardian-phone', () => settings)
  return server
}

/** A change of settings that has to succeed. */
export async function put(
  server: TestServer,
  path: string,
  body: object,
  method = 'PUT',
): Promise<void> {
  const { status, text } = await server.manage(method, path, body)
  assert.equal(status, 200, text)
}

/** Makes and deploys an Action for the older trigger. */
export async function deployHook(
  server: TestServer,
  name: string,
  given: { version?: string; code?: string; secrets?: { name: string; value: string }[] } = {},
): Promise<void> {
  const { body, text } = await server.manage('POST', '/actions/actions', {
    name,
    supported_triggers: [{ id: 'send-phone-message', version: given.version ?? 'v2' }],
    code: given.code ?? `exports.onExecuteSendPhoneMessage = async () => '${name}'`,
    ...(given.secrets !== undefined && { secrets: given.secrets }),
  })
  assert.ok(body.id, text)
  await server.manage('POST', `/actions/actions/${body.id}/deploy`)
}

/** Binds Actions of the older trigger, in this order. */
export async function bindHooks(server: TestServer, ...names: string[]): Promise<void> {
  const { status, text } = await server.manage(
    'PATCH',
    '/actions/triggers/send-phone-message/bindings',
    {
      bindings: names.map((value) => ({ ref: { type: 'action_name', value } })),
    },
  )
  assert.equal(status, 200, text)
}
