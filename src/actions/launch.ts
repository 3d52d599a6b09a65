import { type ChildProcess, type IOType, spawn } from 'node:child_process'
import { openSync, readdirSync, readFileSync } from 'node:fs'
import type { Duplex, Readable } from 'node:stream'
import type { IsolationLevel } from './action-runner.ts'
import { commandFor, seccompFd } from './launch-command.ts'
import { type LaunchProgram, workerProgram } from './launch-program.ts'
import type { LaunchTools } from './launch-tools.ts'
import { superviseProcess } from './launched-process.ts'
import { seccompFilter } from './seccomp.ts'
import { type UidSlots, uidSlots } from './uid-slots.ts'

/** A process that was started and what its owner holds of it. */
export type LaunchedWorker = {
  process: ChildProcess
  /** Its descriptor 3. Errors on it are swallowed: the end of the process tells. */
  channel: Duplex
  stderr: Readable
  /** The first 8 kB of its standard error. */
  stderrText(): string
  /** Ends it and what it started, at once. */
  kill(): void
  /** Stops it where it is, timers and loops included. */
  freeze(): void
  thaw(): void
  /** Lets everybody else go first, from now on. */
  stepBack(): void
  /** Gives back what it had beside its process. To be called when it has ended, any number of times. */
  release(): void
}

/** Starts workers at one level. */
export type Launcher = {
  /** What a probe of this launcher measured. */
  level: IsolationLevel
  /** @throws Error when the machine refuses another process */
  launch(options: { heapMb: number }): LaunchedWorker
}

/** A way to start any program, before anything was measured. */
export type RawLauncher = {
  launch(options: { heapMb: number }, program?: LaunchProgram): LaunchedWorker
}

/** The launcher of a level, or undefined where the machine lacks what it takes. */
export function rawLauncher(level: IsolationLevel, tools: LaunchTools): RawLauncher | undefined {
  const filter = level === 'strong' ? seccompFilter(process.arch) : undefined
  if (level === 'strong' && filter === undefined) return undefined
  const slots = level === 'medium' ? uidSlots(tools) : undefined
  if (level === 'medium' && slots === undefined) return undefined
  const probe: LaunchProgram = { kind: 'text', text: '', args: [] }
  const filtered = filter !== undefined
  if (commandFor(level, tools, probe, { heapMb: 64, filtered }) === undefined) return undefined
  ignoreDebugSignal()
  let worker: LaunchProgram | undefined
  return {
    launch({ heapMb }, program) {
      worker ??= program === undefined ? workerProgram() : undefined
      const run = program ?? worker
      const command = run && commandFor(level, tools, run, { heapMb, filtered })
      if (command === undefined) throw new Error('a worker cannot be started')
      return start(command, filter, slots)
    },
  }
}

function start(
  [file, ...args]: readonly [string, ...string[]],
  filter: Buffer | undefined,
  slots: UidSlots | undefined,
): LaunchedWorker {
  const slot = slots?.take()
  try {
    const child = spawn(file, args, {
      cwd: '/',
      env: {},
      // A process group of its own, so that one signal reaches all of it.
      detached: true,
      stdio: descriptors(filter !== undefined),
      ...(slot !== undefined && { uid: slot.uid, gid: slot.uid }),
    })
    return superviseProcess(child, { filter, release: () => slot?.release() })
  } catch (error) {
    slot?.release()
    throw error
  }
}

/** Standard error, the channel, the filter, and nothing in place of what this process inherited. */
function descriptors(filtered: boolean): (IOType | number)[] {
  const list: (IOType | number)[] = ['ignore', 'ignore', 'pipe', 'pipe']
  if (filtered) list[seccompFd] = 'pipe'
  inherited ??= inheritedDescriptors()
  for (const descriptor of inherited.open) {
    while (list.length < descriptor) list.push('ignore')
    list[descriptor] ??= inherited.nothing
  }
  return list
}

let inherited: { open: readonly number[]; nothing: number } | undefined

/**
 * What a shell or supervisor left open for this process would stay open in each worker. Node marks its
 * own descriptors to be closed.
 */
function inheritedDescriptors(): { open: readonly number[]; nothing: number } {
  const nothing = openSync('/dev/null', 'r+')
  const closesOnStart = 0o2000000
  const stays = (descriptor: number): boolean => {
    try {
      const text = readFileSync(`/proc/self/fdinfo/${descriptor}`, 'utf8')
      const flags = /^flags:\s+([0-7]+)/m.exec(text)?.[1] ?? ''
      return (Number.parseInt(flags, 8) & closesOnStart) === 0
    } catch {
      return false
    }
  }
  try {
    const all = readdirSync('/proc/self/fd').map(Number)
    return { open: all.filter((each) => each > 2 && stays(each)).sort((a, b) => a - b), nothing }
  } catch {
    return { open: [], nothing }
  }
}

let ignored = false

/** Node opens its debugger on this signal, which a worker of the same user could send to us. */
function ignoreDebugSignal(): void {
  if (ignored) return
  ignored = true
  process.on('SIGUSR1', () => {})
}
