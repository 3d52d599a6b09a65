import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startFakeGateway } from './fake-gateway.ts'
import { bindHooks, deployHook, legacyMfa } from './legacy-mfa-tenant.ts'
import { sendChallenge } from './mfa-challenge.ts'

const forward = (event: string) =>
  `const answer = await fetch(${event}, { method: 'POST', body: JSON.stringify(event) })
   if (!answer.ok) throw new Error('carrier said ' + answer.status)`

test('both versions of the older trigger run for real, each with its own event and secrets', async () => {
  const carrier = await startFakeGateway()
  const server = await legacyMfa(
    { provider: 'phone-message-hook' },
    { actions: { allow: [carrier.address] } },
  )
  const secrets = [{ name: 'URL', value: carrier.url }]
  await deployHook(server, 'older', {
    ...{ version: 'v1', secrets },
    code: `module.exports = async (event, context) => {
      ${forward('context.secrets.URL')}
    }`,
  })
  await deployHook(server, 'newer', {
    secrets,
    code: `exports.onExecuteSendPhoneMessage = async (event, api) => {
      if (api.notification !== undefined) throw new Error('there is no such thing here')
      ${forward('event.secrets.URL')}
    }`,
  })
  await bindHooks(server, 'older', 'newer')

  const { refusal } = await sendChallenge(server, { deliveryMethod: 'voice' })

  assert.equal(refusal, undefined)
  const [flat, nested] = carrier.requests.map(({ body }) => body)
  const { text } = nested.message_options
  assert.match(text, /1\.2\.3\.4\.5\.6\./)
  const options = {
    ...{ action: 'second-factor-authentication', code: '123456', message_type: 'voice' },
    ...{ recipient: '+14155550137', text },
  }
  assert.deepEqual(nested.message_options, options)
  assert.equal(nested.user.user_id, flat.user.user_id)
  const { client, user: _, ...told } = flat
  assert.deepEqual(told, {
    ...options,
    ...{ ip: '203.0.113.7', user_agent: 'Mozilla/5.0', language: 'es-AR' },
  })
  assert.equal(client.client_id, 'demo')

  carrier.answer({ status: 500 })
  const failed = await sendChallenge(server)
  assert.notEqual(failed.refusal, undefined)
  assert.equal(carrier.requests.length, 3, 'the second does not run after the first failed')
})
