import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ManagementClient } from 'auth0'
import { sql } from '../../src/store/sql.ts'
import type { TestServer } from '../harness.ts'
import { refusal, sdkTrial } from './management.ts'

const methods = sdkTrial('users.authenticationMethods')
const enrollments = sdkTrial('users.enrollments')
const authenticators = sdkTrial('users.authenticators')
const multifactor = sdkTrial('users.multifactor')
const userBlocks = sdkTrial('userBlocks')
const anomaly = sdkTrial('anomaly')
const guardianEnrollments = sdkTrial('guardian.enrollments')

const number = '+14155550137'

async function newUser(sdk: ManagementClient): Promise<string> {
  const user = await sdk.users.create({ connection: 'sms', phone_number: number })
  return user.user_id ?? ''
}

test('methods are created, listed, read, changed, replaced and deleted', async () => {
  const { sdk } = await methods.open()
  const id = await newUser(sdk)
  const { authenticationMethods } = sdk.users

  const phone = await authenticationMethods.create(id, {
    type: 'phone',
    name: 'Work',
    phone_number: '+14155550188',
    preferred_authentication_method: 'sms',
  })
  const methodId = phone.id ?? ''
  assert.match(methodId, /^phone\|dev_[A-Za-z0-9]{16}$/)
  assert.deepEqual(
    phone.authentication_methods?.map(({ type }) => type),
    ['sms'],
  )
  const read = await authenticationMethods.get(id, methodId)
  assert.deepEqual([read.confirmed, read.name], [true, 'Work'])
  const page = await authenticationMethods.list(id)
  assert.deepEqual(page.data, [read])
  assert.partialDeepStrictEqual(page.response, { start: 0, limit: 50, total: 1 })
  const changed = await authenticationMethods.update(id, methodId, {
    name: 'Home',
    preferred_authentication_method: 'voice',
  })
  assert.deepEqual([changed.name, changed.preferred_authentication_method], ['Home', 'voice'])
  const set = await authenticationMethods.set(id, [
    { type: 'phone', phone_number: '+14155550177', preferred_authentication_method: 'sms' },
    { type: 'email', email: 'ada@example.test' },
  ])
  assert.deepEqual(
    set.map(({ type }) => type),
    ['phone', 'email'],
  )
  await authenticationMethods.delete(id, set[0]?.id ?? '')
  assert.partialDeepStrictEqual(await refusal(authenticationMethods.get(id, set[0]?.id ?? '')), {
    statusCode: 404,
  })
  await authenticationMethods.deleteAll(id)
  assert.deepEqual((await authenticationMethods.list(id)).data, [])
})

test('a method is an enrolment of its user, and of Guardian', async () => {
  const { sdk } = await enrollments.open()
  const id = await newUser(sdk)
  assert.deepEqual(await sdk.users.enrollments.get(id), [])
  await sdk.users.authenticationMethods.create(id, { type: 'phone', phone_number: number })

  const [enrollment] = await sdk.users.enrollments.get(id)

  assert.partialDeepStrictEqual(enrollment, { status: 'confirmed', auth_method: 'sms' })
})

test('an enrolment is read and deleted, and a ticket for a new one made', async () => {
  const { sdk, server } = await guardianEnrollments.open()
  const id = await newUser(sdk)
  const method = await sdk.users.authenticationMethods.create(id, {
    type: 'phone',
    phone_number: number,
  })
  const device = method.id?.split('|')[1] ?? ''

  const enrollment = await sdk.guardian.enrollments.get(device)
  assert.deepEqual([enrollment.id, enrollment.status], [device, 'confirmed'])
  await sdk.guardian.enrollments.delete(device)
  assert.deepEqual(await refusal(sdk.guardian.enrollments.get(device)), {
    statusCode: 404,
    error: 'Not Found',
    message: 'Enrollment not found',
    errorCode: 'enrollment_not_found',
  })
  const ticket = await sdk.guardian.enrollments.createTicket({ user_id: id, factor: 'phone' })
  assert.match(ticket.ticket_id ?? '', /^[A-Za-z0-9]{32}$/)
  assert.equal(ticket.ticket_url, `${server.tenant.url}/mfa/enrollment?ticket=${ticket.ticket_id}`)
})

test('all factors are removed at once, and what remembers them is forgotten', async () => {
  const { sdk } = await authenticators.open()
  const id = await newUser(sdk)
  await sdk.users.authenticationMethods.create(id, { type: 'phone', phone_number: number })

  await sdk.users.authenticators.deleteAll(id)

  assert.deepEqual((await sdk.users.authenticationMethods.list(id)).data, [])
})

test('a provider of old is removed, and browsers are forgotten', async () => {
  const { sdk } = await multifactor.open()
  const id = await newUser(sdk)

  await sdk.users.multifactor.deleteProvider(id, 'google-authenticator')
  await sdk.users.multifactor.invalidateRememberBrowser(id)

  assert.partialDeepStrictEqual(
    await refusal(sdk.users.multifactor.invalidateRememberBrowser('sms|nobody')),
    { statusCode: 404, errorCode: 'inexistent_user' },
  )
})

/** Uses up the guesses of a number. */
async function block(server: TestServer): Promise<void> {
  for (let guess = 0; guess < 11; guess += 1) {
    const start = { client_id: 'demo', connection: 'sms', phone_number: number }
    if (guess % 3 === 0) {
      await server.app.deps.db.run(sql`delete from limit_buckets where key like 'number%'`)
      await server.post('/passwordless/start', start)
    }
    await server.post('/oauth/token', {
      grant_type: 'http://auth0.com/oauth/grant-type/passwordless/otp',
      client_id: 'demo',
      username: number,
      otp: 'wrong',
      realm: 'sms',
    })
  }
}

test('blocks are listed and lifted, by identifier and by user', async () => {
  const { sdk, server } = await userBlocks.open()
  const id = await newUser(sdk)
  assert.deepEqual(await sdk.userBlocks.list(id), { blocked_for: [] })
  await block(server)

  const byIdentifier = await sdk.userBlocks.listByIdentifier({ identifier: number })
  assert.partialDeepStrictEqual(byIdentifier.blocked_for, [
    { identifier: number, connection: 'sms' },
  ])
  assert.deepEqual(await sdk.userBlocks.list(id), byIdentifier)
  await sdk.userBlocks.deleteByIdentifier({ identifier: number })
  assert.deepEqual(await sdk.userBlocks.list(id), { blocked_for: [] })
  await sdk.userBlocks.delete(id)
})

test('an address that nobody blocked is 404, and lifting a block that is none is fine', async () => {
  const { sdk } = await anomaly.open()

  assert.deepEqual(await refusal(sdk.anomaly.blocks.checkIp('192.0.2.1')), {
    statusCode: 404,
    error: 'Not Found',
    message: 'Not Found',
  })
  await sdk.anomaly.blocks.unblockIp('192.0.2.1')
})

for (const trial of [
  methods,
  enrollments,
  authenticators,
  multifactor,
  userBlocks,
  anomaly,
  guardianEnrollments,
]) {
  trial.assertComplete()
}
