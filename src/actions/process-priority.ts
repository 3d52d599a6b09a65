import { writeFileSync } from 'node:fs'

const lastOfAll = 19
const behindServer = 5

/**
 * Puts a whole session behind the server's. Niceness, which the launch command sets, counts within a session
 * only where Linux shares processors between sessions.
 *
 * @param leader the process that leads the session; one that is gone, or not ours, is left alone
 */
export const letServerGoFirst = (leader: number): void => setPriority(leader, behindServer)

/**
 * Puts a whole session behind all others. Linux shares processors between sessions before it looks at
 * the niceness of processes, and each worker is a session of its own; where it does not, as below a
 * supervisor's control groups, the niceness that the launch command sets is what counts.
 *
 * @param leader the process that leads the session; one that is gone, or not ours, is left alone
 */
export const letOthersGoFirst = (leader: number): void => setPriority(leader, lastOfAll)

function setPriority(leader: number, niceness: number): void {
  try {
    writeFileSync(`/proc/${leader}/autogroup`, String(niceness))
  } catch {
    // No such switch here.
  }
}
