import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeJwt } from 'jose'
import { TestBrowser } from './browser-jar.ts'
import { answerOf, codeRequest, exchange, serverWithApp } from './login-app.ts'

const password = 'Correct-horse-7-battery'

/** A server with a person in a database besides the connection for texts. */
async function serverWithDatabase() {
  const { server, clientId } = await serverWithApp()
  const { body: connection } = await server.manage('POST', '/connections', {
    ...{ name: 'people', strategy: 'auth0', enabled_clients: [clientId] },
  })
  const { body: user } = await server.manage('POST', '/users', {
    ...{ connection: 'people', email: 'jane.roe@example.com', password },
  })
  assert.ok(user.user_id, JSON.stringify(user))
  return { server, clientId, userId: String(user.user_id), connectionId: connection.id }
}

test('a person of a database logs in with a password; the database comes first', async () => {
  const { server, clientId, userId } = await serverWithDatabase()
  const browser = new TestBrowser(server)

  const first = await browser.visit(codeRequest(clientId))
  assert.match(first.text, /name="username"/)
  const page = await browser.submit(first, { username: 'Jane.Roe@example.com' })
  assert.match(page.text, /data-screen="login-password"/)
  const answer = answerOf(await browser.submit(page, { action: 'default', password }))

  const { body } = await exchange(server, clientId, answer.get('code'))
  assert.equal(decodeJwt(body.id_token).sub, userId)
  assert.deepEqual(await server.logs(), ['s', 'seacft'])
  const silent = answerOf(await browser.visit(codeRequest(clientId, { prompt: 'none' })))
  assert.ok(silent.get('code'))
  const texts = answerOf(
    await browser.visit(codeRequest(clientId, { connection: 'sms', prompt: 'none' })),
  )
  assert.equal(texts.get('error'), 'login_required')
})

test('a wrong password and an unknown name look the same', async () => {
  const { server, clientId } = await serverWithDatabase()
  const seen: string[] = []
  for (const username of ['jane.roe@example.com', 'nobody@example.com']) {
    const browser = new TestBrowser(server)
    const first = await browser.visit(codeRequest(clientId))
    const page = await browser.submit(first, { username })
    const empty = await browser.submit(page, { password: '' })
    assert.match(empty.text, /Enter your password/)
    const { status, text } = await browser.submit(page, { password: 'wrong' })
    assert.equal(status, 400)
    assert.match(text, /The account or the password is wrong/)
    assert.doesNotMatch(text, /value="wrong"/)
    seen.push(text.replaceAll(username, 'NAME').replace(/name="state" value="[^"]+"/g, ''))
  }
  assert.equal(seen[0], seen[1])
})

test('the first screen leads from one way to the other and back', async () => {
  const { server, clientId } = await serverWithDatabase()
  const browser = new TestBrowser(server)
  const first = await browser.visit(codeRequest(clientId))

  const phone = await browser.submit(first, { action: 'toggle-phone' })
  const back = await browser.submit(phone, { action: 'toggle-password' })
  const only = await browser.visit(codeRequest(clientId, { connection: 'people' }))
  const texts = await browser.visit(codeRequest(clientId, { connection: 'sms' }))

  assert.match(phone.text, /name="phone"/)
  assert.match(back.text, /name="username"/)
  assert.doesNotMatch(only.text, /toggle-phone/)
  assert.match(texts.text, /name="phone"/)
})

test('another address ends the session', async () => {
  const { server, clientId, userId } = await serverWithDatabase()
  const browser = new TestBrowser(server)
  const page = await browser.submit(await browser.visit(codeRequest(clientId)), {
    username: 'jane.roe@example.com',
  })
  await browser.submit(page, { password })
  const silent = codeRequest(clientId, { prompt: 'none' })
  assert.ok(answerOf(await browser.visit(silent)).get('code'))

  const { status } = await server.manage('PATCH', `/users/${encodeURIComponent(userId)}`, {
    ...{ connection: 'people', email: 'jane.doe@example.com' },
  })

  assert.equal(status, 200)
  assert.equal(answerOf(await browser.visit(silent)).get('error'), 'login_required')
})

test('a question for the head of /authorize begins nothing', async () => {
  const { server, clientId } = await serverWithDatabase()

  const { status, headers } = await server.request('HEAD', codeRequest(clientId))

  assert.equal(status, 404)
  assert.equal(headers['set-cookie'], undefined)
})

test('another password ends the session', async () => {
  const { server, clientId, userId } = await serverWithDatabase()
  const browser = new TestBrowser(server)
  const page = await browser.submit(await browser.visit(codeRequest(clientId)), {
    username: 'jane.roe@example.com',
  })
  await browser.submit(page, { password })

  await server.manage('PATCH', `/users/${encodeURIComponent(userId)}`, {
    ...{ connection: 'people', password: `${password}-new` },
  })

  const silent = answerOf(await browser.visit(codeRequest(clientId, { prompt: 'none' })))
  assert.equal(silent.get('error'), 'login_required')
})
