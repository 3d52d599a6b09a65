import assert from 'node:assert/strict'
import { EventEmitter, once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'
import { after, test } from 'node:test'
import type { EgressRules } from '../base/egress-rules.ts'
import { silentLogger } from '../base/logger.ts'
import { createEgressBroker, egressLimits } from './egress-broker.ts'
import { type FrameType, frameTypes, socketWindow } from './protocol.ts'

const { OPEN, OPENED, ERR, DATA, WINDOW, END, CLOSE, LOOKUP, LOOKEDUP } = frameTypes

type Sent = { type: FrameType; id: number; payload: Buffer }

const servers: Server[] = []
after(() => {
  for (const server of servers) server.close()
})

async function listen(serve: (socket: Socket) => void): Promise<number> {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => {})
    serve(socket)
  })
  servers.push(server)
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : 0
}

/** A broker with the worker's end played by the test. */
function brokerFor(ports: readonly number[], given: { addresses?: readonly string[] } = {}) {
  const sent: Sent[] = []
  const violations: string[] = []
  const logged: object[] = []
  const news = new EventEmitter()
  news.setMaxListeners(0)
  const rules: EgressRules = {
    ports: new Set([80, 443]),
    allow: new Set(ports.map((port) => `127.0.0.1:${port}`)),
    own: () => [],
  }
  const broker = createEgressBroker({
    send(type, id, payload) {
      sent.push({ type, id, payload: Buffer.from(payload) })
      news.emit('frame')
    },
    violate(reason) {
      violations.push(reason)
      news.emit('frame')
    },
    rules,
    log: { ...silentLogger, info: (fields) => logged.push(fields) },
    subject: { tenantId: 't', actionId: 'a' },
    lookup: async () => (given.addresses ?? []).map((address) => ({ address })),
  })
  after(() => broker.close())
  const tell = (type: FrameType, id: number, payload: object | Buffer = Buffer.alloc(0)) =>
    broker.receive({
      ...{ type, id },
      payload: Buffer.isBuffer(payload) ? payload : Buffer.from(JSON.stringify(payload)),
    })
  /** The first frame of this type that the worker got, or gets. */
  const got = async (type: FrameType, id: number): Promise<Buffer> => {
    for (;;) {
      const frame = sent.find((each) => each.type === type && each.id === id)
      if (frame !== undefined) return frame.payload
      await once(news, 'frame')
    }
  }
  const received = (id: number) =>
    sent.filter((each) => each.type === DATA && each.id === id).map(({ payload }) => payload)
  return { broker, tell, got, received, sent, violations, logged, news }
}

const json = (payload: Buffer): Record<string, unknown> => JSON.parse(payload.toString())

test('bytes go both ways until both sides have ended', async () => {
  const port = await listen((socket) => socket.pipe(socket))
  const { broker, tell, got, received } = brokerFor([port])
  broker.begin(1)
  tell(OPEN, 7, { host: '127.0.0.1', port, invocation: 1 })

  assert.deepEqual(json(await got(OPENED, 7)), { address: '127.0.0.1', port, family: 4 })
  tell(DATA, 7, Buffer.from('hello'))
  tell(END, 7)
  await got(CLOSE, 7)

  assert.equal(Buffer.concat(received(7)).toString(), 'hello')
  assert.ok(broker.end(1).networkMs > 0)
})

test('a forbidden address is refused before a packet, and the log says who asked', async () => {
  const port = await listen(() => assert.fail('it was reached'))
  const { broker, tell, got, logged } = brokerFor([])
  broker.begin(1)
  for (const [id, host] of ['127.0.0.1', '169.254.169.254', '2130706433', '::1'].entries()) {
    tell(OPEN, id, { host, port: id === 0 ? port : 443, invocation: 1 })
    assert.equal(json(await got(ERR, id)).code, 'EACCES')
  }

  assert.deepEqual(logged[1], {
    ...{ tenantId: 't', actionId: 'a', host: '169.254.169.254', port: 443 },
    verdict: 'the address is private',
  })
})

test('a name with one private address is refused, and so is a look-up of it', async () => {
  const { broker, tell, got } = brokerFor([], { addresses: ['8.8.8.8', '10.0.0.1'] })
  broker.begin(1)
  tell(OPEN, 1, { host: 'mixed.example', port: 443, invocation: 1 })
  tell(LOOKUP, 2, { host: 'mixed.example', invocation: 1 })

  assert.equal(json(await got(ERR, 1)).code, 'EACCES')
  assert.deepEqual(json(await got(LOOKEDUP, 2)).error, {
    ...{ code: 'EACCES', message: 'the address is private' },
  })
})

test('a look-up of a public name is answered with what was judged', async () => {
  const { broker, tell, got } = brokerFor([], { addresses: ['8.8.8.8'] })
  broker.begin(1)
  tell(LOOKUP, 2, { host: 'carrier.example', invocation: 1 })

  assert.deepEqual(json(await got(LOOKEDUP, 2)), { addresses: [{ address: '8.8.8.8', family: 4 }] })
})

test('nothing is opened or looked up outside an invocation', async () => {
  const port = await listen(() => assert.fail('it was reached'))
  const { broker, tell, got } = brokerFor([port])
  broker.begin(1)
  broker.end(1)
  tell(OPEN, 1, { host: '127.0.0.1', port, invocation: 1 })
  tell(LOOKUP, 2, { host: 'carrier.example', invocation: 1 })

  assert.match(String(json(await got(ERR, 1)).message), /outside an invocation/)
  assert.ok('error' in json(await got(LOOKEDUP, 2)))
})

test('a kept connection serves the next invocation, and is closed when used between two', async () => {
  const port = await listen((socket) => socket.pipe(socket))
  const { broker, tell, got, received } = brokerFor([port])
  broker.begin(1)
  tell(OPEN, 1, { host: '127.0.0.1', port, invocation: 1 })
  await got(OPENED, 1)
  broker.end(1)
  broker.begin(2)
  tell(DATA, 1, Buffer.from('again'))
  await got(DATA, 1)
  broker.end(2)
  tell(DATA, 1, Buffer.from('leak'))
  await got(CLOSE, 1)

  assert.equal(Buffer.concat(received(1)).toString(), 'again')
})

test('a worker that takes nothing is sent one window, and more as it takes it', async () => {
  const whole = socketWindow * 3
  const port = await listen((socket) => socket.end(Buffer.alloc(whole)))
  const { broker, tell, got, received, news } = brokerFor([port])
  broker.begin(1)
  tell(OPEN, 1, { host: '127.0.0.1', port, invocation: 1 })
  await got(OPENED, 1)
  const size = () => received(1).reduce((sum, part) => sum + part.length, 0)
  while (size() < socketWindow) await once(news, 'frame')
  // One read may straddle the edge of the window.
  assert.ok(size() <= socketWindow + 2 ** 16)
  let taken = 0
  while (size() < whole) {
    const bytes = size() - taken
    taken += bytes
    tell(WINDOW, 1, { bytes })
    if (size() < whole) await once(news, 'frame')
  }
  await got(END, 1)

  assert.ok(received(1).every((part) => part.length <= 65_536))
})

test('what no honest worker does ends it', async () => {
  const silent = await listen((socket) => socket.pause())
  const cases: [string, (worker: ReturnType<typeof brokerFor>) => void][] = [
    [
      'more data than granted',
      ({ tell }) => {
        for (let sent = 0; sent <= socketWindow; sent += 65_536) tell(DATA, 1, Buffer.alloc(65_536))
      },
    ],
    ['a wrong window', ({ tell }) => tell(WINDOW, 1, { bytes: 1 })],
    ['a wrong window', ({ tell }) => tell(WINDOW, 1, { bytes: -5 })],
    ['a wrong window', ({ tell }) => tell(WINDOW, 1, { bytes: '5' })],
    ['a socket was opened twice', ({ tell }) => tell(OPEN, 1, { host: 'a.example' })],
    ['a frame that cannot be read', ({ tell }) => tell(OPEN, 2, Buffer.from('{'))],
    ['a frame that cannot be read', ({ tell }) => tell(LOOKUP, 2, Buffer.from('null'))],
    [
      'too many frames',
      ({ tell }) => {
        for (let count = 0; count <= egressLimits.smallFrames; count += 1) tell(CLOSE, 99)
      },
    ],
    [
      'connection flood',
      ({ tell }) => {
        for (let id = 2; id <= egressLimits.floodingOpens + 2; id += 1)
          tell(OPEN, id, { host: '10.0.0.1', port: 443, invocation: 1 })
      },
    ],
  ]
  for (const [reason, attack] of cases) {
    const worker = brokerFor([silent])
    worker.broker.begin(1)
    worker.tell(OPEN, 1, { host: '127.0.0.1', port: silent, invocation: 1 })
    await worker.got(OPENED, 1)
    attack(worker)
    assert.deepEqual(worker.violations, [reason])
  }
})

test('an endless upload and an endless download end the worker at their limits', async () => {
  const port = await listen((socket) => {
    const pour = (error?: Error | null): unknown =>
      error ?? socket.write(Buffer.alloc(2 ** 16), pour)
    pour()
    socket.resume()
  })
  for (const way of ['up', 'down'] as const) {
    const worker = brokerFor([port])
    const { broker, tell, got, sent, violations, news } = worker
    broker.begin(1)
    tell(OPEN, 1, { host: '127.0.0.1', port, invocation: 1 })
    await got(OPENED, 1)
    let credit = socketWindow
    let seen = 0
    while (violations.length === 0) {
      for (; seen < sent.length; seen += 1) {
        const { type, payload } = sent[seen] ?? { type: END, payload: Buffer.alloc(0) }
        if (type === WINDOW) credit += Number(json(payload).bytes)
        if (type === DATA && way === 'down') tell(WINDOW, 1, { bytes: payload.length })
      }
      for (; way === 'up' && credit >= 65_536 && violations.length === 0; credit -= 65_536)
        tell(DATA, 1, Buffer.alloc(65_536))
      if (violations.length === 0) await once(news, 'frame')
    }
    assert.deepEqual(violations, [way === 'up' ? 'sent too much' : 'received too much'])
  }
})

test('more connections than the limit are refused, and of past invocations the oldest make room', async () => {
  const port = await listen((socket) => socket.resume())
  const { broker, tell, got } = brokerFor([port])
  const open = (id: number, invocation: number) =>
    tell(OPEN, id, { host: '127.0.0.1', port, invocation })
  broker.begin(1)
  for (let id = 0; id <= egressLimits.sockets; id += 1) open(id, 1)
  assert.equal(json(await got(ERR, egressLimits.sockets)).code, 'EMFILE')
  await got(OPENED, egressLimits.sockets - 1)
  broker.end(1)
  broker.begin(2)
  open(50, 2)

  await got(OPENED, 50)
  await got(CLOSE, 0)
})

test('a refused port gives the code of the system and no address', async () => {
  const port = await listen(() => {})
  const [server] = servers.splice(-1)
  server?.close()
  const { broker, tell, got } = brokerFor([port])
  broker.begin(1)
  tell(OPEN, 1, { host: '127.0.0.1', port, invocation: 1 })

  assert.deepEqual(json(await got(ERR, 1)), {
    ...{ code: 'ECONNREFUSED', message: 'the connection failed: ECONNREFUSED' },
  })
})
