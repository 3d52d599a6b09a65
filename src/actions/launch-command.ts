import path from 'node:path'
import type { IsolationLevel } from './action-runner.ts'
import type { LaunchProgram } from './launch-program.ts'
import type { LaunchTools } from './launch-tools.ts'

/** A command line: the program, then its arguments. */
export type Command = readonly [file: string, ...args: string[]]

/** The descriptor on which bubblewrap reads the system call filter. */
export const seccompFd = 4

/** Where the program lies for a worker with a file system of its own. */
const inside = '/w'

/**
 * How to start a program at a level, or undefined where a tool for it is missing.
 *
 * `strong`: namespaces without anything of the host but Node, its libraries and the program, and a
 * system call filter. `medium`: no way to gain privileges; the caller gives it a user id of its own.
 * `weak`: Node's own limits and what the machine has of the rest.
 */
export function commandFor(
  level: IsolationLevel,
  tools: LaunchTools,
  program: LaunchProgram,
  options: { heapMb: number; filtered: boolean },
): Command | undefined {
  const { heapMb } = options
  const around = [...politeness(tools), ...limits(tools, level, heapMb)]
  if (level === 'strong') {
    if (tools.bwrap === undefined || tools.prlimit === undefined) return undefined
    if (tools.libraries.length === 0) return undefined
    return command([
      ...[...around, tools.bwrap, ...walls(tools, program, options.filtered)],
      ...[`${inside}/node`, ...nodeArguments(program, inside, heapMb)],
    ])
  }
  const { setpriv } = tools
  const node = [tools.node, ...nodeArguments(program, undefined, heapMb)]
  const bound =
    setpriv === undefined ? [] : [setpriv, '--pdeathsig', 'KILL', '--no-new-privs', '--']
  if (level === 'medium' && (setpriv === undefined || tools.prlimit === undefined)) return undefined
  return command([...around, ...bound, ...node])
}

/** Behind everything else on this machine, and the first to go when memory runs out. */
function politeness({ nice, choom }: LaunchTools): string[] {
  return [
    ...(nice === undefined ? [] : [nice, '-n', '5']),
    ...(choom === undefined ? [] : [choom, '-n', '1000', '--']),
  ]
}

/**
 * `--data` is the only limit that holds buffers, shared memory and WebAssembly: heap, 192 MB, and the
 * 704 MB that Node 24 reserves for code without using them.
 */
function limits({ prlimit }: LaunchTools, level: IsolationLevel, heapMb: number): string[] {
  if (prlimit === undefined) return []
  const data = (heapMb + 192 + 704) * 2 ** 20
  return [
    ...[prlimit, '--nofile=64:64', '--core=0:0', '--fsize=0:0', '--memlock=0:0'],
    `--data=${data}:${data}`,
    // Counts by user id: only where a worker has one of its own.
    ...(level === 'medium' ? ['--nproc=12:12'] : []),
    '--',
  ]
}

function walls(tools: LaunchTools, program: LaunchProgram, filtered: boolean): string[] {
  const shown = [
    [tools.node, `${inside}/node`],
    ...tools.libraries.map((library) => [library, library]),
    ...(program.kind === 'files'
      ? program.files.map((file) => [path.join(program.root, file), path.join(inside, file)])
      : []),
  ]
  return [
    ...['--unshare-user', '--uid', '65534', '--gid', '65534', '--unshare-all'],
    ...['--die-with-parent', '--clearenv', '--hostname', 'action', '--cap-drop', 'ALL'],
    ...shown.flatMap(([from = '', to = '']) => ['--ro-bind', from, to]),
    ...['--proc', '/proc'],
    ...['/dev/urandom', '/dev/random', '/dev/null'].flatMap((file) => ['--dev-bind', file, file]),
    ...['--remount-ro', '/', '--chdir', '/'],
    ...(filtered ? ['--seccomp', String(seccompFd)] : []),
  ]
}

function nodeArguments(program: LaunchProgram, root: string | undefined, heapMb: number): string[] {
  const heap = [`--max-old-space-size=${heapMb}`, '--max-semi-space-size=4']
  if (program.kind === 'text') return [...heap, '-e', program.text, '--', ...program.args]
  const place = (file: string) => path.join(root ?? program.root, file)
  return [
    '--permission',
    ...program.files.map((file) => `--allow-fs-read=${place(file)}`),
    ...['--disable-sigusr1', '--no-addons', '--no-warnings', '--no-deprecation'],
    ...['--no-experimental-sqlite', '--no-experimental-websocket'],
    ...heap,
    place(program.entry),
  ]
}

function command([file, ...args]: readonly string[]): Command | undefined {
  return file === undefined ? undefined : [file, ...args]
}
