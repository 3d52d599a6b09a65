import { spawn } from 'node:child_process'
import { firstSlotUid, type LaunchTools, slotCount } from './launch-tools.ts'

/** User ids, each for one worker at a time. */
export type UidSlots = {
  /** @throws Error when all are taken */
  take(): { uid: number; release(): void }
}

/** Of the whole process: giving one back ends all that runs under it. */
let free: number[] | undefined

/**
 * User ids of nobody else, or undefined where this process may not change its own. Workers that shared
 * one could trace each other.
 */
export function uidSlots({ sh }: LaunchTools): UidSlots | undefined {
  if (process.platform !== 'linux' || process.geteuid?.() !== 0 || sh === undefined)
    return undefined
  free ??= Array.from({ length: slotCount }, (_, index) => firstSlotUid() + index)
  const slots = free
  return {
    take() {
      // The one that has been free for longest.
      const uid = slots.shift()
      if (uid === undefined) throw new Error('all user ids for workers are taken')
      return {
        uid,
        release: () =>
          sweep(sh, uid, () => {
            slots.push(uid)
          }),
      }
    },
  }
}

/** Ends what a worker may have left behind outside its process group; only then is the id free again. */
function sweep(sh: string, uid: number, done: () => void): void {
  const sweeper = spawn(sh, ['-c', 'kill -9 -1'], {
    ...{ uid, gid: uid, cwd: '/', env: {}, stdio: 'ignore' },
  })
  // An id that could not be swept is not used again.
  sweeper.on('error', () => {})
  sweeper.on('exit', done)
}
