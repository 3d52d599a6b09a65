import { anyEnd, type HostileSnippet, handler, prober } from './snippet.ts'

/** Code that spoils what everybody shares. */
export const pollutionSnippets: readonly HostileSnippet[] = [
  {
    name: 'pollutes the prototype of all objects',
    code: handler(`
      console.log('before: ' + {}.polluted)
      Object.prototype.polluted = 'by ' + event.tenant?.id`),
    ends: ['returned'],
    // Recycled: not even its own next call sees what it did.
    next: { ends: ['returned'], says: /before: undefined/ },
  },
  {
    name: 'replaces what its own reply is made with',
    code: handler(`
      Array.prototype.toJSON = () => 'BREACH'
      Object.prototype.toJSON = () => ({ ended: 'returned', id: 1 })
      Promise.prototype.then = () => {}
      JSON.stringify = () => '{"BREACH":1}'
      JSON.parse = () => ({})
      Buffer.from = () => Buffer.alloc(2 ** 20)
      Buffer.concat = () => Buffer.alloc(0)
      Function.prototype.call = Function.prototype.apply = () => {}
      Map.prototype.get = () => undefined`),
    ends: anyEnd,
    next: {
      stranger: true,
      code: handler(`console.log(JSON.stringify([{ a: 1 }]))`),
      ends: ['returned'],
      says: /^\[\{"a":1\}\]$/m,
    },
  },
  {
    name: 'leaves a secret for another tenant to find',
    code: handler(`
      globalThis.leak = 'BREACH ' + event.secrets.KEY
      Object.defineProperty(Array, 'leak', { value: globalThis.leak })
      require('crypto').leak = require('events').leak = process.leak = globalThis.leak`),
    ends: ['returned', 'threw'],
    next: {
      stranger: true,
      code: handler(`
        const places = [globalThis, Array, require('crypto'), require('events'), process]
        console.log('found: ' + places.map((place) => place.leak).join())`),
      ends: ['returned'],
      says: /^found: ,,,,$/m,
    },
  },
]

/** Code that looks for the real Node behind what it is given. */
export const realmSnippets: readonly HostileSnippet[] = [
  {
    name: 'asks process and module for capabilities',
    code: prober(`
      const finds = [
        () => process, () => globalThis.process, () => process.constructor,
        () => process.mainModule, () => require.main, () => module, () => module.parent,
        () => module.constructor, () => require('module'), () => require('module').Module,
        () => require('module').createRequire('file:///'), () => require.cache,
        () => Object.values(require.cache ?? {})[0], () => require.extensions,
        () => globalThis.global, () => process.report, () => process.openStdin(),
        () => process.getBuiltinModule('fs'), () => process.stdout.constructor,
      ]
      for (const find of finds) await abuse(await attempt(find), event)
      await attempt(() => process.dlopen({ exports: {} }, event.decoys.canaryFile))
      await attempt(() => /header/.test(JSON.stringify(process.report.getReport())) && breach('report'))
      await attempt(() => process.chdir('/tmp'))
      console.log('tried ' + (tried > 20))`),
    ends: ['returned', 'threw'],
    says: /tried true/,
  },
  {
    name: 'requires every module that it should not have',
    code: prober(`
      const names = ['vm', 'v8', 'inspector', 'inspector/promises', 'worker_threads', 'child_process',
        'cluster', 'wasi', 'node:sqlite', 'trace_events', 'dgram', 'repl', 'node:test', 'node:sea',
        'fs', 'fs/promises', 'module', 'os', 'tty', 'readline', 'domain', 'async_hooks',
        'internal/bootstrap/realm', 'internal/modules/cjs/loader', '_tls_wrap', '_http_client']
      const got = {}
      for (const name of names) {
        got[name] = (await attempt(() => require(name)))
        await abuse(got[name], event)
      }
      await attempt(() => breach('vm', got.vm.runInThisContext('process.pid')))
      await attempt(() => breach('v8', got.v8.setFlagsFromString('--allow-natives-syntax') ?? 'flags'))
      await attempt(() => breach('heap', got.v8.writeHeapSnapshot()))
      await attempt(() => breach('inspector', new got.inspector.Session().connect() ?? 'session'))
      await attempt(() => breach('inspector', got.inspector.open(0, '127.0.0.1') ?? 'open'))
      await attempt(() => breach('worker', new got.worker_threads.Worker('1', { eval: true }).threadId))
      await attempt(() => breach('wasi', new got.wasi.WASI({ version: 'preview1', preopens: { '/': '/' } })))
      await attempt(() => breach('sqlite', new new got['node:sqlite'].DatabaseSync(event.decoys.canaryFile + '.db')))
      await attempt(() => breach('trace', got.trace_events.createTracing({ categories: ['node'] }).enable() ?? 1))
      await attempt(() => got.dgram.createSocket('udp4').send('x', event.decoys.udpPort, '127.0.0.1'))
      await attempt(() => got.cluster.fork() && breach('cluster', 'fork'))
      await sleep(50)
      console.log('tried ' + (tried > 35))`),
    ends: ['returned', 'threw'],
    says: /tried true/,
    limitMs: 2000,
  },
  {
    name: 'imports in every way there is',
    code: prober(`
      const specifier = ['node', 'fs'].join(':')
      const load = (how) => attempt(async () => abuse((await how()).default, event))
      await load(() => import(specifier))
      await load(() => Function('s', 'return import(s)')(specifier))
      await load(() => (0, eval)('import("' + specifier + '")'))
      await load(() => new Promise((done, fail) =>
        setTimeout(eval('() => import("' + specifier + '").then(done, fail)'), 1, 0)))
      await load(() => import('data:text/javascript,export{default}from"' + specifier + '"'))
      await load(() => import('file://' + event.decoys.canaryFile))
      await load(() => Promise.resolve('import("' + specifier + '")').then(eval))
      await load(() => new (async () => {}).constructor('s', 'return import(s)')(specifier))
      console.log('tried ' + tried)`),
    ends: ['returned', 'threw'],
    says: /tried \d+/,
  },
  {
    name: 'builds functions from constructors of what it was given',
    code: prober(`
      const given = [console.log, api.notification.drop, api.cache.get, require, fetch, setTimeout,
        event.toString, new Error('x').constructor, process.nextTick, Buffer.from, structuredClone]
      try { api.cache.get({ get length() { throw 1 } }) } catch (error) { given.push(error.constructor) }
      try { require(Symbol('x')) } catch (error) { given.push(error.constructor) }
      for (const each of given) {
        for (const source of ['process', 'globalThis', 'require', 'module', 'this']) {
          await abuse(await attempt(() => each.constructor('return ' + source)()), event)
          await abuse(await attempt(() => each.constructor.constructor('return ' + source)()), event)
        }
      }
      console.log('tried ' + (tried > 100))`),
    ends: ['returned', 'threw'],
    says: /tried true/,
  },
  {
    name: 'catches the real process as an emitter',
    code: prober(`
      const caught = new Set()
      const { EventEmitter } = require('events')
      for (const method of ['emit', 'on', 'listenerCount', 'addListener', 'once', 'removeListener']) {
        const real = EventEmitter.prototype[method]
        EventEmitter.prototype[method] = function (...rest) {
          caught.add(this)
          return Reflect.apply(real, this, rest)
        }
      }
      Promise.reject(1).catch(() => {})
      await attempt(() => fetch('http://127.0.0.1:' + event.decoys.tcpPort))
      await attempt(() => process.emitWarning('w'))
      await sleep(30)
      for (const it of [...caught]) await abuse(it, event)
      console.log('caught ' + caught.size)`),
    ends: anyEnd,
  },
  {
    name: 'reads the frames of the stack',
    code: prober(`
      const found = new Set()
      const collect = (_, sites) => {
        for (const site of sites) {
          for (const get of ['getThis', 'getFunction', 'getEvalOrigin']) {
            try { found.add(site[get]()) } catch {}
          }
        }
        return ''
      }
      Error.prepareStackTrace = collect
      const take = () => { void new Error('x').stack }
      take()
      await attempt(() => api.notification.drop({ toString() { take(); return '' } }))
      await attempt(() => console.log({ get x() { take(); return 1 } }))
      await attempt(() => api.cache.set({ toString() { take(); return 'k' } }, 'v'))
      await attempt(() => require({ toString() { take(); return 'fs' } }))
      process.nextTick(take)
      setTimeout(take, 1)
      await sleep(20)
      Error.prepareStackTrace = undefined
      for (const it of [...found]) await abuse(it, event)
      console.log('tried ' + tried)`),
    ends: ['returned', 'threw'],
    says: /tried \d+/,
  },
  {
    name: 'asks functions for their callers',
    code: prober(`
      const callers = new Set()
      function climb() {
        let at = climb
        for (let depth = 0; depth < 20 && at; depth += 1) {
          try { at = at.caller } catch { return }
          if (at) { callers.add(at); try { callers.add(at.arguments?.[0]) } catch {} }
        }
      }
      await attempt(() => climb())
      await attempt(() => api.notification.drop({ toString: climb }))
      await attempt(() => console.log({ get x() { climb(); return 1 } }))
      for (const it of [...callers]) await abuse(it, event)
      console.log('tried ' + tried)`),
    ends: ['returned', 'threw'],
    says: /tried \d+/,
  },
]
