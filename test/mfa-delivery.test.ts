import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { test } from 'node:test'
import { configureTwilio, type TestServer, testServer } from './harness.ts'
import { sendChallenge } from './mfa-challenge.ts'

/** Lets time pass until every retry that is due was made. */
async function passRetries(server: TestServer): Promise<void> {
  for (let round = 0; round < 6; round += 1) {
    server.clock.advance(150_000)
    await server.app.sweeper.sweep()
    await server.settle()
  }
}

test('a code that leaves at the sixth try is one message, five failed tries and one sent entry', async () => {
  const server = await testServer({ provider: 'twilio' })
  const down = { status: 503, body: { code: 20503, message: 'down' } }
  server.carrier.script(down, down, down, down, down)

  const { refusal } = await sendChallenge(server, { expiresAt: server.clock.now() + 3_600_000 })
  await passRetries(server)

  assert.equal(refusal, undefined, 'nobody waits for the provider')
  assert.equal(server.carrier.requests.length, 6)
  const logs = (await server.logs()).sort()
  assert.deepEqual(logs, ['fn', 'fn', 'fn', 'fn', 'fn', 'gd_send_sms'])
})

test('a call that the carrier reports as failed is logged as a failed notification and a failed factor', async () => {
  const server = await testServer({ callbacks: true })
  await configureTwilio(server)
  await sendChallenge(server, { deliveryMethod: 'voice' })
  const [call] = server.carrier.requests
  const callback = new URL(call?.form.get('StatusCallback') ?? '')
  const params = { CallSid: `CA${'1'.padStart(32, '0')}`, CallStatus: 'busy' }
  const signed = callback.href + Object.entries(params).flat().join('')
  const signature = createHmac('sha1', 'twilio-auth-token').update(signed).digest('base64')

  const { status } = await server.request(
    'POST',
    callback.pathname,
    new URLSearchParams(params).toString(),
    {
      'content-type': 'application/x-www-form-urlencoded',
      'x-twilio-signature': signature,
    },
  )

  assert.ok(status < 300, String(status))
  const logs = (await server.logs()).sort()
  assert.deepEqual(logs, ['fn', 'gd_send_voice', 'gd_send_voice_failure'])
})

test('a newer code or the end of the step cancels what waits of the older one', async () => {
  const server = await testServer({ provider: 'twilio' })
  server.carrier.script({ status: 503, body: { code: 20503, message: 'down' } })

  await sendChallenge(server)
  await sendChallenge(server)
  await passRetries(server)

  assert.equal(server.carrier.requests.length, 2)
  const { body } = await server.manage('GET', '/phone/messages')
  const states = body.messages.map(({ state }: { state: string }) => state)
  assert.deepEqual(states, ['accepted', 'cancelled'])
})
