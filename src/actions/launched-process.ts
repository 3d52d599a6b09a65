import type { ChildProcess } from 'node:child_process'
import { Duplex, Readable } from 'node:stream'
import type { LaunchedWorker } from './launch.ts'
import { letOthersGoFirst } from './process-priority.ts'

const keptStderr = 8192
const mostStderr = 2 ** 20

/** Group leaders that run: none outlives this process, however it ends in an orderly way. */
const running = new Set<number>()
process.on('exit', () => {
  for (const pid of running) signalGroup(pid, 'SIGKILL')
})

/** What the owner holds of a process that was just spawned. */
export function superviseProcess(
  child: ChildProcess,
  given: { filter: Buffer | undefined; release: () => void },
): LaunchedWorker {
  const { pid } = child
  child.on('error', () => {
    // A process that never came to be has no end of its own.
    if (pid === undefined) child.emit('exit', 127, null)
  })
  const [, , stderr, channel, filter] = child.stdio
  if (!(stderr instanceof Readable) || !(channel instanceof Duplex)) {
    throw new Error('the machine has no room for another process')
  }
  if (pid !== undefined) running.add(pid)
  let ended = false
  const signal = (name: NodeJS.Signals) => {
    if (pid !== undefined && !ended) signalGroup(pid, name)
  }
  child.on('exit', () => {
    // What it started may still be there, and its group with it.
    if (pid !== undefined) {
      signalGroup(pid, 'SIGKILL')
      running.delete(pid)
    }
    ended = true
  })
  channel.on('error', () => {})
  if (filter instanceof Duplex) {
    filter.on('error', () => {})
    filter.end(given.filter)
    filter.resume()
  }
  const text = keepStart(stderr, () => signal('SIGKILL'))
  let released = false
  return {
    process: child,
    channel,
    stderr,
    stderrText: text,
    kill: () => signal('SIGKILL'),
    freeze: () => signal('SIGSTOP'),
    thaw: () => signal('SIGCONT'),
    stepBack() {
      if (pid !== undefined && !ended) letOthersGoFirst(pid)
    },
    release() {
      if (released) return
      released = true
      given.release()
    },
  }
}

/** Reads all of a stream and keeps its start; too much of it is an attack. */
function keepStart(stream: Readable, tooMuch: () => void): () => string {
  const kept: Buffer[] = []
  let seen = 0
  stream.on('error', () => {})
  stream.on('data', (data: Buffer) => {
    if (seen < keptStderr) kept.push(data.subarray(0, keptStderr - seen))
    seen += data.length
    if (seen > mostStderr) tooMuch()
  })
  return () => Buffer.concat(kept).toString('utf8')
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal)
  } catch {
    // It is gone.
  }
}
