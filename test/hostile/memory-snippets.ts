import { anyEnd, type HostileSnippet, handler, stoppedOrThrew } from './snippet.ts'

const endless = (grow: string): string =>
  handler(`
    const kept = []
    for (;;) kept.push(${grow})`)

/** Code that takes all memory there is, or all stack. */
export const memorySnippets: readonly HostileSnippet[] = [
  { name: 'fills the heap', code: endless(`new Array(1e5).fill({})`), ends: stoppedOrThrew },
  { name: 'fills buffers', code: endless('Buffer.alloc(2 ** 24, 1)'), ends: stoppedOrThrew },
  {
    name: 'fills shared memory',
    code: endless('new Uint8Array(new SharedArrayBuffer(2 ** 26)).fill(1)'),
    ends: stoppedOrThrew,
  },
  {
    name: 'fills the memory of WebAssembly',
    code: endless(
      'new Uint8Array(new WebAssembly.Memory({ initial: 1024, maximum: 1024 }).buffer).fill(1)',
    ),
    ends: stoppedOrThrew,
  },
  {
    name: 'asks for eight gigabytes at once',
    code: handler('new Uint8Array(new ArrayBuffer(8 * 2 ** 30)).fill(1)'),
    ends: stoppedOrThrew,
  },
  {
    name: 'keeps long strings',
    code: endless(`Buffer.from('x'.repeat(2 ** 26) + kept.length).toString('utf16le')`),
    ends: stoppedOrThrew,
  },
  {
    name: 'unpacks a bomb',
    code: handler(`
      const { gzipSync, gunzipSync } = require('zlib')
      const bomb = gzipSync(Buffer.alloc(2 ** 26))
      const kept = []
      for (;;) kept.push(gunzipSync(bomb))`),
    ends: stoppedOrThrew,
  },
  {
    name: 'keeps promises that never settle',
    code: endless('new Promise(() => {})'),
    ends: stoppedOrThrew,
  },
  {
    name: 'derives a key with sixteen gigabytes',
    code: handler(`
      require('crypto').scryptSync('a', 'b', 64, { N: 2 ** 24, r: 8, p: 1, maxmem: 2 ** 35 })`),
    ends: stoppedOrThrew,
  },
  {
    name: 'tries to leave by every exit',
    code: handler(`
      const ways = [
        () => process.exit(0),
        () => process.abort(),
        () => process.reallyExit(0),
        () => process.kill(process.pid, 'SIGKILL'),
      ]
      for (const way of ways) { try { way() } catch {} }
      console.log('still here')`),
    ends: ['returned'],
    says: /still here/,
  },
  {
    name: 'calls itself without an end',
    code: handler('const again = () => again() + 1; again()'),
    ends: ['threw'],
    says: /call stack/i,
  },
  {
    name: 'parses a million brackets',
    code: handler(`JSON.parse('['.repeat(1e6))`),
    ends: ['threw', 'killed'],
  },
]

/** Code whose errors and words are too many, too long or poisoned. */
export const outputSnippets: readonly HostileSnippet[] = [
  {
    name: 'throws in a timer',
    code: handler(`
      setTimeout(() => { throw new Error('nobody catches this') }, 1)
      await new Promise((done) => setTimeout(done, 300))`),
    ends: ['threw', 'killed'],
  },
  {
    name: 'emits an error that nobody hears',
    code: handler(`
      const { EventEmitter } = require('events')
      process.nextTick(() => new EventEmitter().emit('error', new Error('nobody hears this')))
      await new Promise((done) => setTimeout(done, 300))`),
    ends: ['threw', 'killed'],
  },
  {
    name: 'leaves a socket without a listener for its error',
    code: handler(`
      require('net').connect(event.decoys.tcpPort, '127.0.0.1')
      await new Promise((done) => setTimeout(done, 300))`),
    ends: ['threw', 'killed'],
  },
  {
    name: 'leaves a rejection unhandled',
    code: handler(`
      Promise.reject(new Error('nobody waits for this'))
      await new Promise((done) => setTimeout(done, 50))`),
    ends: ['returned', 'threw'],
  },
  {
    name: 'prints three hundred thousand lines',
    code: handler(`for (let line = 0; line < 3e5; line += 1) console.log('line', line)`),
    ends: ['returned', 'timed_out', 'killed'],
  },
  {
    name: 'writes a hundred megabytes to each of its outputs',
    code: handler(`
      for (let part = 0; part < 100; part += 1) {
        process.stdout.write('o'.repeat(2 ** 20))
        process.stderr.write('e'.repeat(2 ** 20))
      }`),
    ends: anyEnd,
  },
  {
    name: 'throws an error of two hundred megabytes',
    code: handler(`throw new Error('x'.repeat(2e8))`),
    ends: stoppedOrThrew,
  },
  {
    name: 'prints what cannot be printed',
    code: handler(`
      const cycle = {}
      cycle.cycle = cycle
      console.log('y'.repeat(1e8))
      console.log({ [Symbol.for('nodejs.util.inspect.custom')]() { throw new Error('no') } })
      console.log({ [Symbol.for('nodejs.util.inspect.custom')]: (d, o, inspect) => inspect.constructor })
      console.log(new Proxy({}, { get() { throw 1 }, ownKeys() { throw 2 }, getPrototypeOf() { throw 3 } }))
      console.log({ get getter() { throw 4 }, toString() { throw 5 } })
      console.log(cycle)`),
    ends: ['returned', 'killed', 'timed_out'],
  },
  {
    name: 'throws a revoked proxy',
    code: handler(`
      const { proxy, revoke } = Proxy.revocable({}, {})
      revoke()
      throw proxy`),
    ends: ['threw'],
  },
  { name: 'throws a symbol', code: handler(`throw Symbol('s')`), ends: ['threw'] },
  {
    name: 'returns a hundred megabytes',
    code: handler(`return { text: 'z'.repeat(1e8) }`),
    ends: ['returned', 'killed', 'timed_out'],
  },
  {
    name: 'decides a hundred thousand times and fills the cache',
    code: handler(`
      for (let call = 0; call < 1e5; call += 1) api.notification.drop('r'.repeat(1e4))
      for (let call = 0; call < 1e4; call += 1) api.cache.set('k' + call, 'v'.repeat(1000))
      console.log('decided')`),
    ends: ['returned', 'timed_out', 'killed'],
  },
]
