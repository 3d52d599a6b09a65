import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { after, test } from 'node:test'
import Fastify from 'fastify'
import { demoPageRoutes } from './demo-page.ts'
import { homePageRoutes } from './home-page.ts'
import { type InboxQuery, inboxPageRoutes } from './inbox-page.ts'
import { isLoopback } from './loopback.ts'

type Answer = Awaited<ReturnType<Parameters<typeof inboxPageRoutes>[1]['listInbox']>>

async function pages({
  enabled = true,
  allowedHosts = ['login.test'],
  listInbox = async (_query: InboxQuery): Promise<Answer> => [],
} = {}) {
  const app = Fastify()
  await app.register(homePageRoutes, { enabled, inbox: true })
  await app.register(demoPageRoutes, { enabled, inbox: false })
  await app.register(inboxPageRoutes, { enabled, allowedHosts, listInbox })
  after(() => app.close())
  return app
}

const message = {
  id: '01',
  recipient: '+14155550137',
  delivery_method: 'text' as const,
  message_type: 'otp_verify' as const,
  text: '481920',
  voice: '4. 8. 1. 9. 2. 0.',
  created_at: '2031-03-04T05:06:07.000Z',
}

test('a page comes with a policy that allows nothing foreign and nothing inline', async () => {
  const app = await pages()

  for (const url of ['/', '/demo', '/inbox', '/assets/pages/base.css', '/assets/pages/inbox.js']) {
    const { statusCode, headers, body } = await app.inject({ url })

    assert.equal(statusCode, 200, url)
    const policy = String(headers['content-security-policy'])
    assert.match(policy, /^default-src 'none'; script-src 'self'; style-src 'self'; /, url)
    assert.doesNotMatch(policy, /unsafe/)
    assert.partialDeepStrictEqual(headers, {
      'cache-control': 'no-cache',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
    })
    assert.equal(headers['access-control-allow-origin'], undefined)
    assert.doesNotMatch(body, /<style|<script(?! type="module" src)| style=| on[a-z]+="/)
  }
})

test('a browser that has the very version gets 304', async () => {
  const app = await pages()
  const { headers } = await app.inject({ url: '/demo' })

  const again = await app.inject({
    url: '/demo',
    headers: { 'if-none-match': `"x", W/${headers.etag}` },
  })

  assert.deepEqual([again.statusCode, again.body], [304, ''])
})

test('pages that are off do not exist', async () => {
  const app = await pages({ enabled: false })

  for (const url of ['/', '/demo', '/inbox', '/inbox/messages', '/assets/pages/base.css']) {
    assert.equal((await app.inject({ url })).statusCode, 404, url)
  }
})

for (const [what, request] of [
  ['another machine', { remoteAddress: '192.0.2.7' }],
  ['another machine over IPv6', { remoteAddress: '2001:db8::127' }],
  ['a proxy on this machine', { headers: { host: 'localhost', 'x-forwarded-for': '127.0.0.1' } }],
  ['a name that was pointed here', { headers: { host: 'rebind.example:3000' } }],
  ['a name that only begins right', { headers: { host: 'localhost.example' } }],
  ['a name that looks like an address', { headers: { host: '127.0.0.1.example' } }],
] as const) {
  test(`${what} gets neither the inbox nor its messages`, async () => {
    const app = await pages({ listInbox: async () => [message] })

    for (const url of ['/inbox', '/inbox/messages']) {
      const { statusCode, headers, body } = await app.inject({ url, ...request })

      assert.equal(statusCode, 403)
      assert.equal(headers['cache-control'], 'no-store')
      assert.match(body, /The inbox stays on its own machine/)
      assert.doesNotMatch(body, /481920/)
    }
  })
}

test('this machine is let in under each of its names', async () => {
  const app = await pages({ listInbox: async () => [message] })

  for (const host of [
    'localhost:3000',
    'acme.localhost',
    '127.0.0.1:3000',
    '[::1]',
    'LOGIN.test',
  ]) {
    const { statusCode, headers, body } = await app.inject({
      url: '/inbox/messages',
      headers: { host },
      remoteAddress: '::ffff:127.0.0.1',
    })

    assert.deepEqual([statusCode, headers['cache-control']], [200, 'no-store'], host)
    assert.deepEqual(JSON.parse(body), { messages: [message] })
  }
})

test('an address is of this machine only in the loopback ranges', () => {
  for (const address of ['127.0.0.1', '127.8.9.1', '::1', '::FFFF:127.0.0.1']) {
    assert.equal(isLoopback(address), true, address)
  }
  for (const address of ['', '128.0.0.1', '10.0.0.1', '127.0.0.1.example', '::', '0.0.0.0']) {
    assert.equal(isLoopback(address), false, address)
  }
})

test('the question reaches the inbox with its wait held to 25 seconds', async () => {
  const asked: Omit<InboxQuery, 'signal'>[] = []
  const app = await pages({
    listInbox: async ({ signal: _signal, ...query }) => {
      asked.push(query)
      return []
    },
  })

  await app.inject('/inbox/messages')
  await app.inject('/inbox/messages?after=0042&wait=999&take=7')

  assert.deepEqual(asked, [
    { waitMs: 0, take: 100 },
    { after: '0042', waitMs: 25_000, take: 7 },
  ])
})

for (const query of [
  'wait=-1',
  'wait=x',
  'take=0',
  'take=101',
  'after=',
  'after=%00',
  'wait=1&wait=2',
]) {
  test(`the question ${query} is refused with 400`, async () => {
    const app = await pages()

    const { statusCode, body } = await app.inject(`/inbox/messages?${query}`)

    assert.deepEqual([statusCode, JSON.parse(body).error], [400, 'invalid_request'])
  })
}

/** An inbox in which nobody ever finds anything, and the promise that one question was given up. */
function silentInbox() {
  const started = Promise.withResolvers<void>()
  const ended = Promise.withResolvers<void>()
  const listInbox = ({ signal }: InboxQuery) =>
    new Promise<Answer>((_resolve, reject) => {
      started.resolve()
      signal.addEventListener('abort', () => {
        ended.resolve()
        reject(signal.reason)
      })
    })
  return { listInbox, started: started.promise, ended: ended.promise }
}

test('a browser that leaves ends its question', async () => {
  const { listInbox, started, ended } = silentInbox()
  const app = await pages({ listInbox })
  const url = new URL(await app.listen({ host: '127.0.0.1', port: 0 }))
  const socket = connect(Number(url.port), url.hostname)
  socket.write('GET /inbox/messages?wait=25 HTTP/1.1\r\nHost: localhost\r\n\r\n')
  await started

  socket.destroy()

  await ended
})

test('an open question does not hold up the end of the server', async () => {
  const { listInbox, started } = silentInbox()
  const app = await pages({ listInbox })
  const origin = await app.listen({ host: '127.0.0.1', port: 0 })
  const answer = fetch(`${origin}/inbox/messages?wait=25`)
  await started

  await app.close()

  assert.deepEqual(await (await answer).json(), { messages: [] })
})
