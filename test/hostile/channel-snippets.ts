import { anyEnd, type HostileSnippet, prober } from './snippet.ts'

/** Hooks streams until the channel to the host shows itself, then runs `speak` on it. */
const catchChannel = (speak: string): string =>
  prober(`
    const caught = new Set()
    const stream = require('stream')
    const net = require('net')
    const tls = require('tls')
    const prototypes = [stream.Writable.prototype, stream.Duplex.prototype, stream.Readable.prototype,
      net.Socket.prototype, Object.getPrototypeOf(tls.TLSSocket.prototype)]
    for (const prototype of prototypes) {
      for (const method of ['write', 'push', '_write', '_writev', 'cork', 'uncork', 'emit', 'read', '_read']) {
        const real = prototype[method]
        if (typeof real !== 'function') continue
        try {
          prototype[method] = function (...rest) {
            caught.add(this)
            return Reflect.apply(real, this, rest)
          }
        } catch {}
      }
    }
    console.log('a line')
    api.cache.set('a', 'b')
    await attempt(() => fetch('http://127.0.0.1:' + event.decoys.tcpPort))
    await attempt(() => require('dns').promises.lookup('name.invalid'))
    const header = (length, type, id) => {
      const bytes = Buffer.alloc(9)
      bytes.writeUInt32LE(length, 0)
      bytes.writeUInt8(type, 4)
      bytes.writeUInt32LE(id, 5)
      return bytes
    }
    for (const it of [...caught]) {
      await abuse(it, event)
      await abuse(it?._handle, event)
      ${speak}
    }
    console.log('caught ' + caught.size)`)

/** Code that goes for the channel, for native handles, and for the machine behind them. */
export const channelSnippets: readonly HostileSnippet[] = [
  {
    name: 'announces a frame of two gigabytes on the channel',
    code: catchChannel(`
      await attempt(() => it.write(header(2 ** 31, 18, 1)))
      await attempt(() => it.write(Buffer.alloc(5 * 2 ** 20, 7)))`),
    ends: anyEnd,
  },
  {
    name: 'forges results on the channel',
    code: catchChannel(`
      const forged = Buffer.from(JSON.stringify({
        ended: 'returned', ok: true, logs: 'forged', verdict: { type: 'drop', reason: 'forged' },
        __proto__: { polluted: 1 }, constructor: { prototype: { polluted: 1 } },
      }))
      for (const id of [0, 2, 3, 99999, 2 ** 32 - 1]) {
        for (const type of [16, 17, 18, 19, 20, 35, 0, 255]) {
          await attempt(() => it.write(Buffer.concat([header(forged.length, type, id), forged])))
        }
      }`),
    ends: anyEnd,
  },
  {
    name: 'goes for the handle behind a TLS socket',
    code: prober(`
      const tls = require('tls')
      const net = require('net')
      const { tcpPort, unixPath } = event.decoys
      const socket = await attempt(() => new tls.TLSSocket())
      const Real = Object.getPrototypeOf(tls.TLSSocket)
      const handles = [socket?._handle?._parent, socket?._handle, socket?._parentWrap]
      for (const handle of handles) {
        const Handle = handle?.constructor
        for (const it of [handle, await attempt(() => new Handle(0))]) {
          await attempt(() => it.connect({ oncomplete() {} }, '127.0.0.1', tcpPort))
          await attempt(() => it.connect({ oncomplete() {} }, unixPath))
          await attempt(() => it.bind('127.0.0.1', 0))
          await attempt(() => it.listen(1))
          await attempt(() => it.open(3))
        }
      }
      for (const Socket of [Real, net.Socket, socket?.constructor]) {
        await attempt(() => new Socket().on('error', () => {}).connect(tcpPort, '127.0.0.1'))
        await attempt(() => new Socket({ fd: 3 }).on('error', () => {}).write('x'.repeat(100)))
        await attempt(() => new Socket({ handle: handles[0] }).on('error', () => {}).connect(tcpPort))
        await attempt(() => Socket.prototype.connect.call(socket, { port: tcpPort, host: '127.0.0.1' }))
      }
      await sleep(50)
      console.log('tried ' + (tried > 20))`),
    ends: anyEnd,
  },
  {
    name: 'collects native requests by async hooks',
    code: prober(`
      const hooks = require('async_hooks')
      const seen = new Set()
      await attempt(() => hooks.createHook({ init(id, type, trigger, it) { seen.add(it) } }).enable())
      await attempt(() => seen.add(hooks.executionAsyncResource()))
      for (const name of ['run', '_enable', '_propagate', 'getStore', 'exit', 'enterWith']) {
        const real = hooks.AsyncLocalStorage.prototype[name]
        await attempt(() => {
          hooks.AsyncLocalStorage.prototype[name] = function (...rest) {
            for (const each of rest) seen.add(each)
            seen.add(this)
            return Reflect.apply(real, this, rest)
          }
        })
      }
      await attempt(() => fetch('http://127.0.0.1:' + event.decoys.tcpPort))
      await attempt(() => require('dns').promises.lookup('name.invalid'))
      await sleep(20)
      for (const it of [...seen]) {
        await abuse(it, event)
        await abuse(it?.handle, event)
        await attempt(() => it.handle.connect(it, '127.0.0.1', event.decoys.tcpPort))
      }
      console.log('seen ' + seen.size)`),
    ends: anyEnd,
  },
  {
    name: 'listens, and asks name servers of its own',
    code: prober(`
      const { udpPort } = event.decoys
      const listen = (server) => new Promise((done) => {
        server.on('error', () => done())
        server.on('listening', () => done(breach('listen', server.address()?.port)))
        setTimeout(done, 50)
        server.listen(0, '127.0.0.1')
      })
      await attempt(() => listen(require('net').createServer()))
      await attempt(() => listen(require('http').createServer()))
      await attempt(() => listen(require('tls').createServer()))
      await attempt(() => listen(require('http2').createServer()))
      await attempt(() => require('net').Server.prototype._listen2.call(
        require('net').createServer(), '127.0.0.1', 0, 4, 1))
      await attempt(() => {
        const socket = require('dgram').createSocket('udp4')
        socket.on('error', () => {})
        socket.send('x', udpPort, '127.0.0.1')
      })
      const dns = require('dns')
      await attempt(() => dns.setServers(['127.0.0.1:' + udpPort]))
      for (const Resolver of [dns.Resolver, dns.promises?.Resolver]) {
        await attempt(() => {
          const resolver = new Resolver({ timeout: 50, tries: 1 })
          resolver.setServers(['127.0.0.1:' + udpPort])
          return Promise.race([resolver.resolve4('name.invalid', () => {}), sleep(100)])
        })
      }
      await attempt(() => Promise.race([dns.promises.resolve4('name.invalid'), sleep(100)]))
      await attempt(() => dns.resolveTxt('name.invalid', () => {}))
      await sleep(100)
      console.log('tried ' + (tried > 8))`),
    ends: ['returned', 'threw', 'killed'],
    limitMs: 2000,
  },
  {
    name: 'reads environment and files',
    code: prober(`
      const { canaryFile, hostPid } = event.decoys
      const fs = await attempt(() => require('fs'))
      const paths = [canaryFile, '/proc/' + hostPid + '/environ', '/proc/1/environ',
        '/proc/self/environ', '/proc/' + hostPid + '/mem', '/etc/shadow', '/etc/passwd']
      await attempt(() => /canary/i.test(JSON.stringify(process.env)) && breach('env', 'canary'))
      for (const path of paths) {
        const say = (text) => text !== undefined && String(text).length > 0 && breach(path, text)
        await attempt(() => say(fs.readFileSync(path, 'latin1')))
        await attempt(async () => say(await fs.promises.readFile(path, 'latin1')))
        await attempt(async () => say(await require('fs/promises').readFile(path, 'latin1')))
        await attempt(() => say(fs.existsSync(path) || undefined))
        await attempt(() => say(fs.statSync(path).size + 1))
        await attempt(async () => say(await (await fs.openAsBlob(path)).text()))
        await attempt(() => new Promise((done, fail) =>
          fs.createReadStream(path).on('data', (data) => done(say(data))).on('error', fail)))
        await attempt(async () => say(await (await fetch('file://' + path)).text()))
        await attempt(() => say(require(path)))
        await attempt(() => say(process.loadEnvFile(path) ?? 'loaded'))
        await attempt(() => require('tls').createSecureContext({ ca: fs.readFileSync(path) }))
      }
      console.log('tried ' + (tried > 50))`),
    ends: ['returned', 'threw'],
    says: /tried true/,
    limitMs: 3000,
  },
  {
    name: 'signals its host and its neighbours',
    code: prober(`
      const { hostPid, victimPid } = event.decoys
      const kill = [process.kill, (0, eval)('process').kill, process.constructor?.prototype?.kill]
      // Nothing that would end more than the test, should it work.
      for (const pid of [process.ppid, hostPid, victimPid]) {
        for (const signal of ['SIGUSR1', 'SIGUSR2', 'SIGWINCH', 0]) {
          for (const each of kill) {
            await attempt(() => each?.call(process, pid, signal) === true && breach('signal', pid))
          }
        }
        await attempt(() => process._debugProcess(pid))
        await attempt(() => process._debugEnd(pid))
        await attempt(() => require('os').setPriority(pid, 19))
      }
      await attempt(() => process.setuid(0))
      console.log('still here')`),
    ends: ['returned', 'threw'],
    says: /still here/,
  },
]
