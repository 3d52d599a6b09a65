import assert from 'node:assert/strict'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { after, before, test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { silentLogger } from '../base/logger.ts'
import { isolationLevels } from './action-runner.ts'
import { isBelow, launcherFor, measureLauncher } from './isolation.ts'
import { type Breach, breaches, levelOf, probe } from './isolation-canary.ts'
import { type RawLauncher, rawLauncher } from './launch.ts'
import { findLaunchTools, type LaunchTools } from './launch-tools.ts'

/** What a process with all of Node must not get at a level, whatever else the machine lets through. */
const stopped: Readonly<Record<(typeof isolationLevels)[number], readonly Breach[]>> = {
  weak: ['environment'],
  medium: ['environment', 'private file', 'foreign environment', 'signal', 'write'],
  strong: breaches,
}

let tools: LaunchTools
before(async () => {
  process.env.TRUNKLINE_TEST_CANARY = 'a secret of the host'
  tools = await findLaunchTools()
})
after(() => {
  delete process.env.TRUNKLINE_TEST_CANARY
})

/** What a text in a process at a level writes on its descriptor 3. */
async function run(launcher: RawLauncher, text: string): Promise<string> {
  const worker = launcher.launch({ heapMb: 64 }, { kind: 'text', text, args: [] })
  const parts: Buffer[] = []
  worker.channel.on('data', (part: Buffer) => parts.push(part))
  await once(worker.channel, 'close')
  worker.release()
  return Buffer.concat(parts).toString()
}

const say = (expression: string) =>
  `const say = (text) => new (require('net').Socket)({ fd: 3 }).end(String(text), () => process.exit());
   const attempt = (works) => { try { return String(works()) } catch (e) { return e.code ?? e.name } };
   Promise.resolve(${expression}).then(say)`

for (const level of isolationLevels) {
  test(`${level} stops what it promises to stop`, async (t) => {
    const launcher = rawLauncher(level, tools)
    if (launcher === undefined) return t.skip('this machine does not offer it')
    const found = await probe(launcher)
    if (found === undefined) return t.skip('this machine does not let it start')

    assert.deepEqual(
      stopped[level].filter((breach) => found.has(breach)),
      [],
    )
  })

  test(`at ${level} memory outside the heap is limited, files cannot be made, and it yields`, async (t) => {
    const launcher = rawLauncher(level, tools)
    if (launcher === undefined || (await probe(launcher)) === undefined) {
      return t.skip('this machine does not offer it')
    }
    if (tools.prlimit === undefined) return t.skip('this machine has no limits')
    const buffers = '[...Array(20)].map(() => Buffer.alloc(1e8, 1)).length'
    const text = say(`JSON.stringify([attempt(() => ${buffers}), require('os').getPriority(),
      require('fs').readFileSync('/proc/self/oom_score_adj', 'utf8').trim()])`)

    const [memory, priority, oom] = JSON.parse(await run(launcher, text))

    assert.match(memory, /ERR_MEMORY_ALLOCATION_FAILED|RangeError/)
    assert.equal(priority, 5)
    assert.equal(oom, '1000')
  })

  test(`at ${level} a process can be frozen, thawed and killed with its group`, async (t) => {
    const launcher = rawLauncher(level, tools)
    if (launcher === undefined || (await probe(launcher)) === undefined) {
      return t.skip('this machine does not offer it')
    }
    const text = `const s = new (require('net').Socket)({ fd: 3 }); s.on('data', (d) => s.write(d));
      s.write('up')`
    const worker = launcher.launch({ heapMb: 64 }, { kind: 'text', text, args: [] })
    await once(worker.channel, 'data')
    const heard: string[] = []
    worker.channel.on('data', (data: Buffer) => heard.push(data.toString()))
    worker.freeze()
    worker.channel.write('frozen')
    if (process.platform === 'linux') {
      const stat = () => readFileSync(`/proc/${worker.process.pid}/stat`, 'utf8')
      while (!/\) T/.test(stat())) await setImmediate()
    }
    assert.deepEqual(heard, [])
    worker.thaw()
    await once(worker.channel, 'data')
    assert.deepEqual(heard, ['frozen'])

    worker.kill()
    await once(worker.process, 'exit')
    worker.release()
    worker.release()
  })

  test(`at ${level} a flood of standard error ends the process and its start is kept`, async (t) => {
    const launcher = rawLauncher(level, tools)
    if (launcher === undefined || (await probe(launcher)) === undefined) {
      return t.skip('this machine does not offer it')
    }
    const text = `for (;;) require('fs').writeSync(2, 'x'.repeat(65536))`
    const worker = launcher.launch({ heapMb: 64 }, { kind: 'text', text, args: [] })
    await once(worker.process, 'exit')
    worker.release()

    assert.equal(worker.stderrText(), 'x'.repeat(8192))
  })
}

test('the strong level has no system call for sockets, processes and foreign memory', async (t) => {
  const launcher = rawLauncher('strong', tools)
  if (launcher === undefined || (await probe(launcher)) === undefined) {
    return t.skip('this machine does not offer it')
  }
  const udp = `new Promise((done) => { const s = require('dgram').createSocket('udp4');
    s.on('error', (e) => done(e.code)); s.bind(0, () => done('bound')) })`
  const tcp = `new Promise((done) => { const s = require('net').createServer();
    s.on('error', (e) => done(e.code)); s.listen(0, () => done('listens')) })`
  const metadata = `new Promise((done) => { const s = require('net').connect(80, '169.254.169.254');
    s.on('error', (e) => done(e.code)); s.on('connect', () => done('connected')) })`
  const text = say(`Promise.all([${udp}, ${tcp}, ${metadata},
    attempt(() => require('os').setPriority(-1)), attempt(() => process.setuid(0)),
    require('fs').readdirSync('/proc').filter(Number).length,
    attempt(() => require('fs').readdirSync('/')),
    /Seccomp:.*(.)/.exec(require('fs').readFileSync('/proc/self/status', 'utf8'))[1],
    Object.keys(process.env)]).then(JSON.stringify)`)

  const [bound, listens, metadataAnswer, raised, root, seen, files, filtered, names] = JSON.parse(
    await run(launcher, text),
  )

  assert.deepEqual([bound, listens, metadataAnswer], ['EPERM', 'EPERM', 'EPERM'])
  assert.equal(raised, 'ERR_SYSTEM_ERROR')
  assert.match(root, /EPERM|EINVAL/)
  assert.equal(seen, 2)
  assert.ok(
    !files.split(',').some((name: string) => ['etc', 'home', 'root', 'tmp', 'var'].includes(name)),
  )
  assert.equal(filtered, '2')
  assert.deepEqual(names, ['PWD'])
})

test('no descriptor of the host stays open in a worker', async () => {
  const launcher = rawLauncher('weak', tools)
  assert.ok(launcher)
  if (!existsSync('/proc/self/fd')) return
  const text = say(`require('fs').readdirSync('/proc/self/fd')
    .map((fd) => { try { return require('fs').readlinkSync('/proc/self/fd/' + fd) } catch { return '' } })
    .filter((place) => place.startsWith('/') && place !== '/dev/null').join()`)

  assert.equal(await run(launcher, text), '')
})

test('two workers of the medium level have different users', async (t) => {
  const launcher = rawLauncher('medium', tools)
  if (launcher === undefined || (await probe(launcher)) === undefined) {
    return t.skip('this machine does not offer it')
  }
  const users = await Promise.all([1, 2].map(() => run(launcher, say('process.getuid()'))))

  assert.notEqual(users[0], users[1])
  assert.ok(users.every((user) => Number(user) > 0))
})

test('what a worker of the medium level leaves behind ends when its user is given back', async (t) => {
  const launcher = rawLauncher('medium', tools)
  if (launcher === undefined || (await probe(launcher)) === undefined) {
    return t.skip('this machine does not offer it')
  }
  // Out of the group, and holding the channel open as long as it lives.
  const text = `const c = require('child_process').spawn('/bin/sleep', ['1000'],
      { detached: true, stdio: ['ignore', 'ignore', 'ignore', 3] });
    c.on('spawn', () => process.exit())`
  const worker = launcher.launch({ heapMb: 64 }, { kind: 'text', text, args: [] })
  worker.channel.resume()
  await once(worker.process, 'exit')
  assert.equal(worker.channel.destroyed, false)
  worker.release()

  await once(worker.channel, 'close')
})

test('the level is what held, not what was asked for', () => {
  assert.equal(levelOf(new Set()), 'strong')
  assert.equal(levelOf(new Set<Breach>(['process'])), 'medium')
  assert.equal(levelOf(new Set<Breach>(['loopback', 'public file'])), 'medium')
  assert.equal(levelOf(new Set<Breach>(['private file'])), 'weak')
  assert.equal(levelOf(new Set<Breach>(['environment'])), undefined)
})

test('the best launcher is measured once and is the strongest that the machine has', async () => {
  const best = await measureLauncher(silentLogger)

  assert.equal(await measureLauncher(silentLogger), best)
  for (const level of isolationLevels) {
    const other = await launcherFor(level, silentLogger)
    assert.ok(other === undefined || !isBelow(best.level, other.level))
  }
})

test('a machine without bubblewrap has no strong level', () => {
  const { bwrap: _bwrap, ...rest } = tools

  assert.equal(rawLauncher('strong', rest), undefined)
})
