import type { Logger } from '../base/logger.ts'
import { type IsolationLevel, isolationLevels } from './action-runner.ts'
import { levelOf, probe } from './isolation-canary.ts'
import { type Launcher, rawLauncher } from './launch.ts'
import { findLaunchTools, type LaunchTools } from './launch-tools.ts'

let tools: Promise<LaunchTools> | undefined
const measured = new Map<IsolationLevel, Promise<Launcher | undefined>>()
let best: Promise<Launcher> | undefined

/**
 * The launcher that keeps tenant code apart best on this machine, with the level that it was seen to
 * have. Takes a few processes the first time and nothing later; whoever starts a server does not wait
 * for it.
 *
 * @throws Error when no process can be started at all
 */
export function measureLauncher(log: Logger): Promise<Launcher> {
  best ??= findBest(log)
  return best
}

/**
 * The launcher of one way to start, measured, or undefined where the machine does not offer it. Its
 * level is what was measured, which may be less than what was asked for.
 */
export function launcherFor(level: IsolationLevel, log: Logger): Promise<Launcher | undefined> {
  let launcher = measured.get(level)
  if (launcher === undefined) {
    launcher = measure(level, log)
    measured.set(level, launcher)
  }
  return launcher
}

async function findBest(log: Logger): Promise<Launcher> {
  let found: Launcher | undefined
  for (const level of isolationLevels.toReversed()) {
    const launcher = await launcherFor(level, log)
    if (launcher !== undefined && (found === undefined || isBelow(found.level, launcher.level))) {
      found = launcher
    }
    if (found !== undefined && !isBelow(found.level, level)) break
  }
  if (found === undefined) throw new Error('no process for Actions can be started')
  const { level } = found
  if (level === 'weak') {
    log.warn({ level }, 'Actions are kept apart by Node alone: run only code that you wrote')
  } else log.info({ level }, 'isolation of Actions')
  return found
}

/** Whether one level keeps apart less than the other. */
export function isBelow(level: IsolationLevel, other: IsolationLevel): boolean {
  return isolationLevels.indexOf(level) < isolationLevels.indexOf(other)
}

async function measure(wanted: IsolationLevel, log: Logger): Promise<Launcher | undefined> {
  tools ??= findLaunchTools()
  try {
    const raw = rawLauncher(wanted, await tools)
    const found = raw && (await probe(raw))
    if (raw === undefined || found === undefined) {
      log.info({ wanted }, 'this machine has no such isolation of Actions')
      return undefined
    }
    const level = levelOf(found)
    if (level !== wanted) log.warn({ wanted, level, breaches: [...found] }, 'isolation fell short')
    return level && { level, launch: (options) => raw.launch(options) }
  } catch (error) {
    log.warn({ wanted, err: error }, 'isolation could not be measured')
    return undefined
  }
}
