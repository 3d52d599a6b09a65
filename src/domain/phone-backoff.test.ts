import assert from 'node:assert/strict'
import { test } from 'node:test'
import { engines } from '../../test/databases.ts'
import { type TestServer, testServer } from '../../test/harness.ts'

const number = '+14155550137'

async function backingOff(engine: (typeof engines)[number]): Promise<TestServer> {
  const server = await testServer({ engine })
  await server.manage('PATCH', '/attack-protection/phone-provider-protection', {
    type: 'exponential',
  })
  await server.manage('PATCH', '/phone/protection', { number: null })
  return server
}

const start = (server: TestServer, phone_number = number) =>
  server.post('/passwordless/start', { client_id: 'demo', connection: 'sms', phone_number })

for (const engine of engines) {
  test(`on ${engine} the pause after each message doubles, up to an hour`, async () => {
    const server = await backingOff(engine)
    for (const pause of [30, 60, 120, 240, 480, 960, 1920, 3600, 3600]) {
      assert.equal((await start(server)).status, 200)
      const refused = await start(server)
      assert.deepEqual([refused.status, refused.headers['retry-after']], [429, String(pause)])
      server.clock.advance(pause * 1000 - 1)
      assert.equal((await start(server)).status, 429)
      server.clock.advance(1)
    }
    assert.equal((await start(server, '+14155550138')).status, 200, 'others are not held up')
    const { body } = await server.manage('GET', '/logs?q=type:limit_phone&per_page=1')
    assert.equal(body[0].details.type, 'exponential')
    assert.equal(body[0].details.body.phone_number, 'XXXXXXXX0137')

    server.clock.advance(20 * 3_600_000)
    await start(server)
    assert.equal((await start(server)).headers['retry-after'], '3600', 'a day has not passed')
  })

  test(`on ${engine} a right code or a day of silence ends the pauses`, async () => {
    const server = await backingOff(engine)
    await start(server)
    const wrong = { ...exchange, otp: '000000' }
    await server.post('/oauth/token', wrong)
    assert.equal((await start(server)).status, 429, 'a wrong code ends nothing')
    const right = await server.post('/oauth/token', {
      ...exchange,
      otp: await server.newestCode(),
    })
    assert.equal(right.status, 200)

    assert.equal((await start(server)).status, 200)
    server.clock.advance(30_000)
    await start(server)
    server.clock.advance(86_400_001)
    await start(server)
    assert.equal((await start(server)).headers['retry-after'], '30')
  })
}

const exchange = {
  grant_type: 'http://auth0.com/oauth/grant-type/passwordless/otp',
  client_id: 'demo',
  username: number,
  realm: 'sms',
}

test('of messages asked for at once one is let through', async () => {
  const server = await backingOff('postgres')

  const answers = await Promise.all(Array.from({ length: 8 }, () => start(server)))

  assert.equal(answers.filter(({ status }) => status === 200).length, 1)
})
