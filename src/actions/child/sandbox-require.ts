import { Duplex } from 'node:stream'
import { connectFacade, FacadeSocket } from './facade-socket.ts'

/** Node's modules that tenant code gets as they are, after the network was patched. */
const real = new Set([
  ...['assert', 'assert/strict', 'buffer', 'crypto', 'events', 'http', 'https', 'http2', 'path'],
  ...['path/posix', 'path/win32', 'punycode', 'querystring', 'stream', 'stream/promises'],
  ...[
    'stream/web',
    'stream/consumers',
    'string_decoder',
    'timers',
    'timers/promises',
    'tls',
    'url',
  ],
  ...['util', 'util/types', 'zlib', 'perf_hooks', 'diagnostics_channel', 'dns', 'dns/promises'],
  ...['constants', 'sys'],
])

const denied = (what: string) => () => {
  throw Object.assign(new Error(`${what} is not available to Actions`), { code: 'EACCES' })
}

/** Anything can be read from it and called, and each call throws. */
function stub(name: string, members: Record<string, unknown> = {}): Record<string, unknown> {
  return new Proxy(members, {
    get: (target, key) => {
      if (key in target || typeof key === 'symbol') return Reflect.get(target, key)
      if (key === 'then' || key === '__esModule' || key === 'default') return undefined
      return class extends Unavailable {
        static override what = `${name}.${String(key)}`
      }
    },
  })
}

/** A stand-in for a function or a class: it can be extended, but neither called nor made. */
class Unavailable {
  static what = ''
  constructor() {
    denied(new.target.what)()
  }
}

type Loader = (name: string) => unknown

/** Builds what `require` gives. Modules of Node are loaded when they are first asked for. */
export function createRequire(
  builtin: Loader,
  stand: { process: object; console: object },
): (name: string) => unknown {
  const made = new Map<string, unknown>()
  const stubs: Record<string, () => unknown> = {
    process: () => stand.process,
    console: () => stand.console,
    net: () => netFor(builtin),
    os: () => osFor(),
    fs: () => fsFor(),
    'fs/promises': () => fsFor().promises,
    child_process: () =>
      functions(
        ['spawn', 'exec', 'execFile', 'fork', 'spawnSync', 'execSync', 'execFileSync'],
        'child_process',
      ),
    worker_threads: () => ({
      ...functions(['Worker'], 'worker_threads'),
      isMainThread: true,
      parentPort: null,
      threadId: 0,
      workerData: null,
      MessageChannel,
      MessagePort,
      BroadcastChannel,
    }),
    cluster: () => ({
      ...functions(['fork'], 'cluster'),
      isMaster: true,
      isPrimary: true,
      isWorker: false,
    }),
    dgram: () => functions(['createSocket', 'Socket'], 'dgram'),
    tty: () => ({ isatty: () => false, ReadStream: Duplex, WriteStream: Duplex }),
    readline: () => functions(['createInterface', 'cursorTo', 'clearLine'], 'readline'),
    v8: () =>
      functions(['setFlagsFromString', 'serialize', 'deserialize', 'getHeapStatistics'], 'v8'),
    domain: () => functions(['create', 'createDomain'], 'domain'),
    module: () => ({ createRequire: () => require, builtinModules: [...real] }),
    async_hooks: () => asyncHooksFor(builtin),
  }
  const require = (given: string): unknown => {
    const name = String(given).replace(/^node:/, '')
    const known = made.get(name)
    if (known !== undefined) return known
    const own = Object.hasOwn(stubs, name) ? stubs[name] : undefined
    const value = own !== undefined ? own() : real.has(name) ? builtin(name) : undefined
    if (value === undefined) throw notFound(String(given))
    made.set(name, value)
    return value
  }
  return Object.assign(require, {
    resolve: (name: string) => {
      require(name)
      return name
    },
    cache: {},
    extensions: {},
    main: undefined,
  })
}

const notFound = (name: string) =>
  Object.assign(new Error(`Cannot find module '${name}'\nRequire stack:\n- action.js`), {
    code: 'MODULE_NOT_FOUND',
    requireStack: ['action.js'],
  })

const functions = (names: readonly string[], module: string): Record<string, unknown> =>
  stub(module, Object.fromEntries(names.map((name) => [name, denied(`${module}.${name}`)])))

function netFor(builtin: Loader): object {
  const net = builtin('net') as Record<string, unknown>
  return {
    ...net,
    Socket: FacadeSocket,
    Stream: FacadeSocket,
    connect: connectFacade,
    createConnection: connectFacade,
    createServer: denied('net.createServer'),
    Server: denied('net.Server'),
  }
}

function asyncHooksFor(builtin: Loader): object {
  const { AsyncLocalStorage, AsyncResource } = builtin('async_hooks') as Record<string, unknown>
  const hook = { enable: () => hook, disable: () => hook }
  return {
    AsyncLocalStorage,
    AsyncResource,
    createHook: () => hook,
    executionAsyncId: () => 1,
    triggerAsyncId: () => 0,
    executionAsyncResource: () => ({}),
  }
}

function osFor(): object {
  return {
    EOL: '\n',
    constants: { signals: {}, errno: {} },
    arch: () => 'x64',
    platform: () => 'linux',
    type: () => 'Linux',
    release: () => '0',
    version: () => '',
    machine: () => 'x86_64',
    hostname: () => 'action',
    homedir: () => '/',
    tmpdir: () => '/tmp',
    endianness: () => 'LE',
    cpus: () => [],
    availableParallelism: () => 1,
    loadavg: () => [0, 0, 0],
    totalmem: () => 268_435_456,
    freemem: () => 134_217_728,
    uptime: () => 0,
    networkInterfaces: () => ({}),
    userInfo: denied('os.userInfo'),
  }
}

/** Loads, finds nothing and refuses everything. */
function fsFor(): { promises: Record<string, unknown> } & Record<string, unknown> {
  const reject = (name: string) => async () => denied(`fs.${name}`)()
  const refuseBack =
    (name: string) =>
    (...args: unknown[]) => {
      const then = args.at(-1)
      if (typeof then !== 'function') return denied(`fs.${name}`)()
      queueMicrotask(() => {
        then(Object.assign(new Error(`fs.${name} is not available to Actions`), { code: 'EACCES' }))
      })
    }
  const names = [
    'readFile',
    'writeFile',
    'appendFile',
    'open',
    'stat',
    'lstat',
    'readdir',
    'access',
  ]
  const more = ['mkdir', 'rm', 'unlink', 'rename', 'realpath', 'exists', 'close', 'read', 'write']
  const all = [
    ...names,
    ...more,
    'fstat',
    'readlink',
    'symlink',
    'watch',
    'cp',
    'copyFile',
    'chmod',
  ]
  const promises = Object.fromEntries(all.map((name) => [name, reject(name)]))
  const sync = Object.fromEntries(all.map((name) => [`${name}Sync`, denied(`fs.${name}Sync`)]))
  const back = Object.fromEntries(all.map((name) => [name, refuseBack(name)]))
  return {
    ...back,
    ...sync,
    existsSync: () => false,
    createReadStream: denied('fs.createReadStream'),
    createWriteStream: denied('fs.createWriteStream'),
    openAsBlob: reject('openAsBlob'),
    watch: denied('fs.watch'),
    constants: { F_OK: 0, R_OK: 4, W_OK: 2, X_OK: 1 },
    ReadStream: class ReadStream extends Duplex {},
    WriteStream: class WriteStream extends Duplex {},
    Stats: class Stats {},
    promises: { ...promises, constants: { F_OK: 0, R_OK: 4, W_OK: 2, X_OK: 1 } },
  }
}
