import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeJwt } from 'jose'
import { TestBrowser } from './browser-jar.ts'
import { answerOf, codeRequest, exchange, logIn, serverWithApp } from './login-app.ts'

const bye = 'https://app.example.test/bye'

/** A browser in which somebody is logged in, and the ID token of that login. */
async function loggedIn() {
  const { server, clientId } = await serverWithApp()
  const browser = new TestBrowser(server)
  const answer = answerOf(await logIn(server, browser, codeRequest(clientId)))
  const { body } = await exchange(server, clientId, answer.get('code'))
  const isLoggedIn = async () =>
    answerOf(await browser.visit(codeRequest(clientId, { prompt: 'none' }))).has('code')
  return { server, clientId, browser, idToken: String(body.id_token), isLoggedIn }
}

const query = (parameters: Record<string, string>) => new URLSearchParams(parameters).toString()

test('/v2/logout ends the session and goes where the application may be returned to', async () => {
  const { server, clientId, browser, isLoggedIn } = await loggedIn()
  assert.equal(await isLoggedIn(), true)
  const returnTo = `${bye}?from=shop#end`

  const visit = await browser.send('GET', `/v2/logout?${query({ client_id: clientId, returnTo })}`)

  assert.equal(visit.status, 302)
  assert.equal(visit.location, returnTo)
  assert.equal(await isLoggedIn(), false)
  assert.ok(!browser.cookies.has('__Host-auth0'))
  assert.equal((await server.logs()).at(-1), 'slo')
})

test('/v2/logout without an address says OK, or goes to the first of the client', async () => {
  const { clientId, browser, isLoggedIn } = await loggedIn()

  const first = await browser.send('GET', `/v2/logout?client_id=${clientId}&federated`)
  const plain = await browser.send('GET', '/v2/logout')

  assert.equal(first.location, bye)
  assert.deepEqual([plain.status, plain.text], [200, 'OK'])
  assert.equal(await isLoggedIn(), false)
})

test('/v2/logout to an address that is not registered leads nowhere, but logs out', async () => {
  for (const returnTo of [
    'https://evil.test/',
    'https://evil.test/bye',
    'https://app.example.test.evil.test/bye',
    'https://app.example.test@evil.test/bye',
    'javascript:alert(1)',
  ]) {
    const { server, clientId, browser, isLoggedIn } = await loggedIn()
    const visit = await browser.send(
      'GET',
      `/v2/logout?${query({ client_id: clientId, returnTo })}`,
    )
    assert.equal(visit.status, 400, returnTo)
    assert.equal(visit.location, undefined, returnTo)
    assert.equal(await isLoggedIn(), false, returnTo)
    assert.equal((await server.logs()).at(-1), 'flo')
  }
})

test('/v2/logout without a client goes by the list of the tenant', async () => {
  const { server, browser } = await loggedIn()
  await server.manage('PATCH', '/tenants/settings', {
    allowed_logout_urls: ['https://home.example.test'],
  })

  const home = await browser.send(
    'GET',
    `/v2/logout?${query({ returnTo: 'https://home.example.test/' })}`,
  )
  const app = await browser.send('GET', `/v2/logout?${query({ returnTo: bye })}`)

  assert.equal(home.location, 'https://home.example.test/')
  assert.equal(app.status, 400)
})

test('/oidc/logout with a hint of this very session goes on at once', async () => {
  const { server, browser, idToken, isLoggedIn } = await loggedIn()
  server.clock.advance(40_000_000)

  const visit = await browser.send(
    'GET',
    `/oidc/logout?${query({ id_token_hint: idToken, post_logout_redirect_uri: bye, state: 'x' })}`,
  )

  assert.equal(visit.location, `${bye}?state=x`)
  assert.equal(await isLoggedIn(), false)
})

test('/oidc/logout without a hint asks, and only the page that it gave can answer', async () => {
  const { server, clientId, browser, isLoggedIn, idToken } = await loggedIn()
  const parameters = { client_id: clientId, post_logout_redirect_uri: bye, state: 'x' }

  const page = await browser.send('GET', `/oidc/logout?${query(parameters)}`)
  const forged = await browser.send('POST', '/oidc/logout', {
    ...parameters,
    ...{ confirmed: 'yes', token: 'a'.repeat(43) },
  })
  assert.match(page.text, /Do you want to log out\?/)
  assert.match(forged.text, /Do you want to log out\?/)
  assert.equal(await isLoggedIn(), true)
  const again = await browser.send('GET', `/oidc/logout?${query(parameters)}`)
  const fields = Object.fromEntries(
    [...again.text.matchAll(/type="hidden" name="(\w+)" value="([^"]*)"/g)].map(
      ([, name = '', value = '']) => [name, value],
    ),
  )
  const done = await browser.send('POST', '/oidc/logout', { ...fields, confirmed: 'yes' })

  assert.equal(done.location, `${bye}?state=x`)
  assert.equal(await isLoggedIn(), false)
  const sid = String(decodeJwt(idToken).sid)
  const nobody = await browser.send('GET', `/oidc/logout?${query({ logout_hint: sid })}`)
  assert.match(nobody.text, /You are logged out/)
  assert.ok(server)
})

test('/oidc/logout goes by the exact address, a token of ours and the client that it names', async () => {
  const { clientId, browser, idToken, isLoggedIn } = await loggedIn()
  const [head, body] = idToken.split('.')
  for (const parameters of [
    { id_token_hint: idToken, post_logout_redirect_uri: `${bye}?x=1` },
    { id_token_hint: idToken, post_logout_redirect_uri: 'https://evil.test/' },
    { id_token_hint: `${head}.${body}.AAAA` },
    { id_token_hint: 'nothing' },
    { id_token_hint: idToken, client_id: 'demo' },
    { client_id: 'nobody', post_logout_redirect_uri: bye },
    { post_logout_redirect_uri: bye },
  ]) {
    const visit = await browser.send('GET', `/oidc/logout?${query(parameters)}`)
    assert.equal(visit.status, 400, JSON.stringify(parameters))
    assert.equal(visit.location, undefined)
  }
  assert.equal(await isLoggedIn(), true)
  const hint = String(decodeJwt(idToken).sid)
  const visit = await browser.send(
    'GET',
    `/oidc/logout?${query({ client_id: clientId, logout_hint: hint })}`,
  )
  assert.match(visit.text, /You are logged out/)
})
