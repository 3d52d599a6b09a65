import assert from 'node:assert/strict'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, test } from 'node:test'
import { egressPolicy } from '../base/egress-policy.ts'
import { EgressRefused, type Lookup } from '../base/egress-rules.ts'
import { createTenantFetch } from './tenant-fetch.ts'

/** Its time counts from the test's start: the suite may load this file long before. */
const get = () => ({ method: 'GET', headers: {}, signal: AbortSignal.timeout(20_000) }) as const

async function listen(answer: (request: IncomingMessage, reply: ServerResponse) => void) {
  const asked: IncomingMessage[] = []
  const server = createServer((request, reply) => {
    asked.push(request)
    answer(request, reply)
  })
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
  after(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo // a listening TCP server has no other
  return { port, asked }
}

const toLoopback: Lookup = async () => [{ address: '127.0.0.1' }]

const refused = [
  ['a private address', 'https://10.0.0.1/', 'the address is private'],
  ['loopback', 'https://127.0.0.1/', 'the address is private'],
  ['loopback in another spelling', 'http://0x7f.1/', 'the address is private'],
  ['loopback in IPv6', 'http://[::1]/', 'the address is private'],
  ['the metadata service', 'http://169.254.169.254/latest', 'the address is private'],
  ['a name with a private address', 'https://gateway.test/', 'the address is private'],
  ['a port that is not the web', 'https://gateway.test:25/', 'port 25'],
] as const

for (const [what, url, reason] of refused) {
  test(`${what} is refused before a connection is made`, async () => {
    const fetch = createTenantFetch({ rules: egressPolicy([]), lookup: toLoopback })

    await assert.rejects(fetch(url, get()), ({ cause }: Error) => {
      assert.ok(cause instanceof EgressRefused, String(cause))
      assert.ok(cause.message.includes(reason), cause.message)
      return true
    })
  })
}

test('a listed name is reached at the address that was judged, with its own name as host', async () => {
  const { port, asked } = await listen((_, reply) => reply.end('fine'))
  const lookups: string[] = []
  const fetch = createTenantFetch({
    rules: egressPolicy([`Gateway.test:${port}`]),
    lookup: async (host) => {
      lookups.push(host)
      return [{ address: '127.0.0.1' }]
    },
  })

  const reply = await fetch(`http://gateway.test:${port}/sms?a=b`, {
    ...get(),
    ...{ method: 'POST', headers: { 'x-odd': '1' }, body: 'text' },
  })

  assert.deepEqual([reply.status, await reply.text()], [200, 'fine'])
  assert.deepEqual(lookups, ['gateway.test'])
  assert.equal(asked[0]?.headers.host, `gateway.test:${port}`)
  assert.equal(asked[0]?.headers['x-odd'], '1')
  assert.equal(asked[0]?.url, '/sms?a=b')
})

test('another port of a listed host stays closed', async () => {
  const { port } = await listen((_, reply) => reply.end())
  const fetch = createTenantFetch({ rules: egressPolicy([`127.0.0.1:${port}`]) })

  await assert.rejects(fetch(`http://127.0.0.1:${port + 1}/`, get()), { message: 'fetch failed' })
  const reply = await fetch(`http://127.0.0.1:${port}/`, get())
  reply.discard()
  assert.equal(reply.status, 200)
})

test('a redirect is an answer, and nobody follows it', async () => {
  const { port, asked } = await listen((_, reply) => {
    reply.writeHead(302, { location: '/elsewhere' }).end()
  })
  const fetch = createTenantFetch({ rules: egressPolicy([`127.0.0.1:${port}`]) })

  const reply = await fetch(`http://127.0.0.1:${port}/`, get())
  reply.discard()

  assert.equal(reply.status, 302)
  assert.equal(reply.headers.get('Location'), '/elsewhere')
  assert.equal(asked.length, 1)
})

test('an answer without end is read for 64 KiB', async () => {
  const { port } = await listen((_, reply) => {
    const more = () => {
      while (!reply.destroyed && reply.write('x'.repeat(10_000)));
    }
    reply.on('drain', more)
    more()
  })
  const fetch = createTenantFetch({ rules: egressPolicy([`127.0.0.1:${port}`]) })

  const reply = await fetch(`http://127.0.0.1:${port}/`, get())

  assert.equal((await reply.text()).length, 64 * 1024)
})

test('silence ends with the reason of the signal', async () => {
  const { port } = await listen(() => {})
  const fetch = createTenantFetch({ rules: egressPolicy([`127.0.0.1:${port}`]) })

  const asked = fetch(`http://127.0.0.1:${port}/`, { ...get(), signal: AbortSignal.timeout(50) })

  await assert.rejects(asked, { name: 'TimeoutError' })
})

test('a closed port says so', async () => {
  const fetch = createTenantFetch({ rules: egressPolicy(['127.0.0.1:1']) })

  await assert.rejects(fetch('http://127.0.0.1:1/', get()), ({ cause }: Error) => {
    assert.equal((cause as NodeJS.ErrnoException).code, 'ECONNREFUSED')
    return true
  })
})
