/** What tenant code is told about the process; the real one is stripped besides. */
export function substituteProcess(print: (line: string) => void): Record<string, unknown> {
  const real = process
  const unavailable = (name: string) => () => {
    throw Object.assign(new Error(`process.${name} is not available to Actions`), {
      code: 'EACCES',
    })
  }
  const stream = {
    write: (text: unknown) => {
      print(String(text).replace(/\n$/, ''))
      return true
    },
    isTTY: false,
    fd: -1,
    on: () => stream,
    once: () => stream,
    end: () => stream,
  }
  const nothing = () => substitute
  const substitute: Record<string | symbol, unknown> = {
    env: { NODE_ENV: 'production', TZ: 'UTC' },
    argv: ['node', 'action.js'],
    argv0: 'node',
    execArgv: [],
    execPath: '/node',
    title: 'node',
    // By this packages such as axios tell Node from a browser.
    [Symbol.toStringTag]: 'process',
    pid: 1,
    ppid: 0,
    platform: real.platform,
    arch: real.arch,
    version: real.version,
    versions: { ...real.versions },
    release: { name: 'node' },
    features: { ...real.features },
    config: {},
    exitCode: undefined,
    stdout: stream,
    stderr: stream,
    stdin: { ...stream, read: () => null, resume: () => stream, pause: () => stream },
    cwd: () => '/',
    umask: () => 0o22,
    uptime: real.uptime.bind(real),
    hrtime: Object.assign((time?: [number, number]) => realHrtime(time), { bigint: realBigint }),
    nextTick: real.nextTick.bind(real),
    memoryUsage: Object.assign(() => ({ ...realMemory() }), { rss: () => realMemory().rss }),
    cpuUsage: real.cpuUsage.bind(real),
    emitWarning: (warning: unknown) => print(`warning: ${String(warning)}`),
    getuid: () => 65_534,
    geteuid: () => 65_534,
    getgid: () => 65_534,
    getegid: () => 65_534,
    listenerCount: () => 0,
    listeners: () => [],
    emit: () => false,
  }
  for (const name of ['exit', 'kill', 'abort', 'chdir', 'reallyExit', 'dlopen', 'binding']) {
    substitute[name] = unavailable(name)
  }
  for (const name of ['on', 'once', 'addListener', 'off', 'removeListener', 'removeAllListeners']) {
    substitute[name] = nothing
  }
  substitute.prependListener = nothing
  return substitute
}

const realHrtime = process.hrtime.bind(process)
const realBigint = process.hrtime.bigint.bind(process.hrtime)
const realMemory = process.memoryUsage.bind(process)

/** Members of the real process that reach out of the program. */
const stripped = [
  ...['kill', '_kill', 'exit', 'reallyExit', 'abort', 'binding', '_linkedBinding', 'dlopen'],
  ...['getBuiltinModule', 'mainModule', '_debugProcess', '_debugEnd', '_startProfilerIdleNotifier'],
  ...['_stopProfilerIdleNotifier', 'report', 'chdir', 'umask', 'setuid', 'setgid', 'seteuid'],
  ...['setegid', 'setgroups', 'initgroups', 'loadEnvFile', 'openStdin', '_rawDebug', 'execve'],
  ...['_getActiveHandles', '_getActiveRequests', 'getActiveResourcesInfo', 'permission'],
  ...['setSourceMapsEnabled', 'finalization', 'moduleLoadList', 'constrainedMemory', 'execArgv'],
  ...['argv', 'title', 'channel', 'send', 'disconnect', 'setUncaughtExceptionCaptureCallback'],
  ...['addUncaughtExceptionCaptureCallback', 'hasUncaughtExceptionCaptureCallback', 'stdin'],
]

/**
 * Strips the real process, which code may get hold of by patching what Node calls. Members stay
 * writable: Node assigns some of them later.
 */
export function stripProcess(): void {
  for (const name of stripped) {
    try {
      Object.defineProperty(process, name, { value: undefined, writable: true, configurable: true })
    } catch {
      // It cannot be redefined on this version; the substitute and the level's walls remain.
    }
  }
  Object.defineProperty(process, 'env', { value: {}, writable: true, configurable: true })
}
