import { writeFileSync } from 'node:fs'

const lastOfAll = 19

/**
 * Puts a whole session behind all others. Linux shares processors between sessions before it looks at
 * the niceness of processes, and each worker is a session of its own; where it does not, as below a
 * supervisor's control groups, the niceness that the launch command sets is what counts.
 *
 * @param leader the process that leads the session; one that is gone, or not ours, is left alone
 */
export function letOthersGoFirst(leader: number): void {
  try {
    writeFileSync(`/proc/${leader}/autogroup`, String(lastOfAll))
  } catch {
    // No such switch here.
  }
}
