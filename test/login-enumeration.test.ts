import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TestBrowser, type Visit } from './browser-jar.ts'
import { countStatements } from './counted-database.ts'
import { testServer } from './harness.ts'
import { addApp, codeRequest } from './login-app.ts'
import { openMigrated } from './migrated.ts'

/** Who a number or a name may belong to, as far as an outsider would like to know. */
const people = ['known', 'unknown', 'blocked'] as const

const numberOf = { known: '+12025551701', unknown: '+12025551702', blocked: '+12025551703' }
const nameOf = {
  known: 'known@example.com',
  unknown: 'other@example.com',
  blocked: 'third@example.com',
}

/**
 * A page without what differs each time, and without what the outsider typed himself. How far a message is
 * depends on the clock, which stands still here; that it ends alike is proved in `enumeration.test.ts`.
 */
const shapeOf = ({ status, text }: Visit) => ({
  status,
  text: text
    .replace(/name="state" value="[^"]+"/g, 'state')
    .replace(/state=[\w-]+/g, 'state')
    .replace(/\+?1? ?\(?202\)?[ -]?555-?[ -]?17\d\d/g, '<number>')
    .replace(/data-delivery="(queued|sent)"/, 'delivery')
    .replace(/data-state="(\w+)"( hidden)?/g, '$1')
    .replace(/(known|other|third)@example\.com/g, '<name>'),
})

/** A server with an application that takes codes and passwords, and its people. */
async function prepare(signup: 'on' | 'off') {
  const { database, statements } = countStatements(await openMigrated('pglite'))
  const server = await testServer({ database, provider: 'twilio', callbacks: true })
  const clientId = await addApp(server)
  const { body: connection } = await server.manage('POST', '/connections', {
    ...{ name: 'people', strategy: 'auth0', enabled_clients: [clientId] },
  })
  assert.equal(connection.name, 'people')
  const { body: connections } = await server.manage('GET', '/connections?name=sms')
  await server.manage('PATCH', `/connections/${connections[0].id}`, {
    options: { ...connections[0].options, disable_signup: signup === 'off' },
    enabled_clients: [...connections[0].enabled_clients, clientId],
  })
  for (const person of ['known', 'blocked'] as const) {
    for (const user of [
      { connection: 'sms', phone_number: numberOf[person] },
      { connection: 'people', email: nameOf[person], password: 'A long enough Passw0rd!' },
    ]) {
      const made = await server.manage('POST', '/users', user)
      assert.equal(made.status, 201, made.text)
      if (person === 'blocked') {
        const path = `/users/${encodeURIComponent(made.body.user_id)}`
        await server.manage('PATCH', path, { blocked: true })
      }
    }
  }
  /** What a step shows, and what it asks of the database until all is done. */
  const observe = async (step: () => Promise<Visit>) => {
    await server.settle()
    statements.length = 0
    const visit = await step()
    await server.settle()
    return { visit, seen: { ...shapeOf(visit), statements: [...statements].sort() } }
  }
  // Settings that the process has not read yet would be read by whoever comes first.
  const first = new TestBrowser(server)
  await first.visit(codeRequest(clientId))
  return { server, clientId, observe }
}

for (const signup of ['on', 'off'] as const) {
  test(`sign-up ${signup}: the pages of a login by text tell nothing of the person, in words or in work`, async () => {
    const { server, clientId, observe } = await prepare(signup)
    const walk = async (number: string) => {
      const browser = new TestBrowser(server)
      const page = await browser.visit(codeRequest(clientId, { connection: 'sms' }))
      const fields = { action: 'default', country: 'US', phone: number }
      const code = await observe(() => browser.submit(page, fields))
      const again = await observe(() => browser.submit(code.visit, { action: 'resend-code' }))
      const wrong = await observe(() =>
        browser.submit(again.visit, { action: 'default', code: '000000' }),
      )
      return [code, again, wrong].map(({ seen }) => seen)
    }
    await walk('+12025551799')

    const [known, unknown, blocked] = [
      await walk(numberOf.known),
      await walk(numberOf.unknown),
      await walk(numberOf.blocked),
    ]

    assert.deepEqual(
      known?.map(({ status }) => status),
      [200, 200, 400],
    )
    assert.deepEqual(unknown, known)
    assert.deepEqual(blocked, known)
  })
}

test('the pages of a login by password tell nothing of the person, in words or in work', async () => {
  const { server, clientId, observe } = await prepare('on')
  const walk = async (username: string) => {
    const browser = new TestBrowser(server)
    const page = await browser.visit(codeRequest(clientId))
    const password = await observe(() => browser.submit(page, { action: 'default', username }))
    const wrong = await observe(() =>
      browser.submit(password.visit, { action: 'default', password: 'wrong' }),
    )
    return [password, wrong].map(({ seen }) => seen)
  }
  await walk('nobody@example.com')

  const seen = []
  for (const person of people) seen.push(await walk(nameOf[person]))

  assert.match(seen[0]?.[0]?.text ?? '', /data-screen="login-password"/)
  assert.equal(seen[0]?.[1]?.status, 400)
  assert.deepEqual(seen[1], seen[0])
  assert.deepEqual(seen[2], seen[0])
})
