import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type TestServer, testServer } from '../../../test/harness.ts'

const experience = async (server: TestServer) => {
  const { status, body } = await server.manage('GET', '/phone/experience')
  assert.equal(status, 200)
  return { ...body, banners: body.banners.map(({ id }: { id: string }) => id) }
}
const provide = (server: TestServer, ...delivery_methods: string[]) =>
  server.manage('POST', '/branding/phone/providers', {
    name: 'twilio',
    configuration: { sid: 'AC1', default_from: '+15005550006', delivery_methods },
    credentials: { auth_token: 'token' },
  })
const open = () => testServer({ inbox: false })
const connectionsOf = async (server: TestServer): Promise<{ id: string; name: string }[]> =>
  (await server.manage('GET', '/connections?strategy=sms')).body

test('a new tenant is unified, and is asked for a provider', async () => {
  const server = await open()
  assert.deepEqual(await experience(server), {
    experience: 'unified',
    consolidated: true,
    may_switch: true,
    banners: ['B2'],
    uses: [
      {
        use: 'passwordless',
        methods: ['text'],
        live: false,
        broken_by: `${(await connectionsOf(server))[0]?.name}: The tenant has no phone provider.`,
      },
    ],
  })
})

test('each use says whether it works, and why not', async () => {
  const server = await open()
  await provide(server, 'text')
  await server.manage('PUT', '/guardian/factors/sms', { enabled: true })
  await server.manage('PUT', '/guardian/factors/phone/message-types', { message_types: ['sms'] })
  const working = await experience(server)
  assert.deepEqual(working.banners, ['B4'])
  assert.deepEqual(working.uses, [
    { use: 'mfa', methods: ['text'], live: true },
    { use: 'passwordless', methods: ['text'], live: true },
  ])

  const { body } = await server.manage('GET', '/branding/phone/providers')
  const { headers } = await server.manage(
    'PATCH',
    `/branding/phone/providers/${body.providers[0].id}`,
    {
      disabled: true,
    },
  )

  assert.match(String(headers.warning), /MFA by sms/)
  const broken = await experience(server)
  assert.deepEqual(
    broken.uses.map((use: { live: boolean }) => use.live),
    [false, false],
  )
  assert.match(broken.uses[0].broken_by, /disabled/)
})

test('a legacy tenant is told to switch over, and afterwards that its gateway is idle', async () => {
  const server = await open()
  await server.manage('PATCH', '/tenants/settings', { phone_consolidated_experience: false })
  for (const { id } of await connectionsOf(server)) {
    await server.manage('PATCH', `/connections/${id}`, {
      options: { provider: 'sms_gateway', gateway_url: 'https://gateway.example/sms' },
    })
  }
  const legacy = await experience(server)
  assert.deepEqual([legacy.experience, legacy.banners], ['legacy', ['B1']])
  assert.deepEqual(legacy.uses, [{ use: 'passwordless', methods: ['text'], live: true }])

  await provide(server, 'text')
  await server.manage('PATCH', '/tenants/settings', { phone_consolidated_experience: true })

  const unified = await experience(server)
  assert.deepEqual([unified.experience, unified.banners], ['unified', ['B4', 'B6']])
})

test('where the operator closed the older settings, a tenant that has some is sent to the operator', async () => {
  const server = await open()
  server.app.deps.options.legacyPhone = 'deny'
  for (const { id } of await connectionsOf(server)) {
    await server.manage('PATCH', `/connections/${id}`, {
      options: { twilio_sid: 'AC1', twilio_token: 'token', from: '+15005550006' },
    })
  }
  const told = await experience(server)
  assert.equal(told.may_switch, false)
  assert.deepEqual(told.banners, ['B2', 'B3'])
})
