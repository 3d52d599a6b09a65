import { anyEnd, type HostileSnippet, handler, stopped, stoppedOrThrew } from './snippet.ts'

/** Code that does not end, or not soon. */
export const timeSnippets: readonly HostileSnippet[] = [
  { name: 'spins at once', code: handler('while (true) {}'), ends: stopped },
  { name: 'spins after an await', code: handler('await null; while (true) {}'), ends: stopped },
  {
    name: 'spins while it is loaded',
    code: `while (true) {}\n${handler('')}`,
    ends: ['not_started', 'timed_out', 'killed'],
  },
  {
    name: 'chains promises without an end',
    code: handler(`
      const again = () => Promise.resolve().then(again)
      await again()`),
    ends: stopped,
  },
  {
    name: 'starves its own loop by ticks',
    code: handler(`
      const again = () => process.nextTick(again)
      again()
      await new Promise(() => {})`),
    ends: stopped,
  },
  {
    name: 'gives a regular expression too much to do',
    code: handler(`/^(a+)+$/.test('a'.repeat(50) + 'b')`),
    ends: stopped,
  },
  {
    name: 'sleeps the thread with Atomics.wait',
    code: handler(`Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)`),
    ends: stoppedOrThrew,
  },
  {
    name: 'derives a key for hours',
    code: handler(`require('crypto').pbkdf2Sync('a', 'b', 2 ** 31 - 1, 64, 'sha512')`),
    ends: stopped,
  },
  {
    name: 'fills the thread pool with keys',
    code: handler(`
      const { pbkdf2 } = require('node:crypto')
      await Promise.all(Array.from({ length: 64 }, () => new Promise((done) =>
        pbkdf2('a', 'b', 2 ** 31 - 1, 64, 'sha512', done))))`),
    ends: stopped,
  },
  { name: 'never settles', code: handler('await new Promise(() => {})'), ends: ['timed_out'] },
  {
    name: 'returns a thenable that never calls back',
    code: handler('return { then() {} }'),
    ends: ['timed_out'],
  },
  {
    name: 'throws an error whose message spins',
    code: handler('throw { get message() { while (true) {} }, get name() { while (true) {} } }'),
    ends: [...stopped, 'threw'],
  },
  // What follows runs on after its call is over.
  {
    name: 'spins after it has returned',
    code: handler(`setTimeout(() => { while (true) {} }, 5)`),
    ends: ['returned'],
    next: { ends: anyEnd },
  },
  {
    name: 'speaks, decides and connects after it has returned',
    code: `
      const late = []
      const sleep = (ms) => new Promise((done) => setTimeout(done, ms))
      let calls = 0
      ${handler(`
        calls += 1
        if (calls > 1) {
          await sleep(150)
          return console.log('later: ' + late.join())
        }
        setTimeout(() => {
          console.log('BREACH a line of a call that is over')
          try { api.notification.drop('BREACH late'); late.push('ignored') } catch { late.push('threw') }
          fetch('http://127.0.0.1:' + event.decoys.redirectPort).then(
            () => late.push('BREACH connected'), () => late.push('offline'))
        }, 1)`)}`,
    ends: ['returned'],
    next: { ends: ['returned'], says: /^later: ((ignored|threw),offline)?$/m },
  },
]
