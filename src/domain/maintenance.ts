import { deleteOldExecutions } from '../store/action-executions.ts'
import { deleteSpentChallenges } from '../store/challenges.ts'
import { deleteExpiredEnrollmentTickets } from '../store/enrollment-tickets.ts'
import { deleteFullBuckets } from '../store/limit-buckets.ts'
import { deleteExpiredLogins } from '../store/logins.ts'
import {
  deleteExpiredRefreshTokens,
  deleteOldMessages,
  deleteOldTenantLogs,
  trimInbox,
} from '../store/maintenance.ts'
import { wipeExpiredMessages } from '../store/message-leases.ts'
import { deleteExpiredMfaTransactions } from '../store/mfa-transactions.ts'
import { deleteExpiredOidcRecords } from '../store/oidc-records.ts'
import { deleteOldPhoneBackoffs } from '../store/phone-backoffs.ts'
import { deleteExpiredRememberedBrowsers } from '../store/remembered-browsers.ts'
import { deleteOldActiveUsers, foldDailyStats } from '../store/stats.ts'
import { listTenants } from '../store/tenants.ts'
import { resumeConnectionDeletions } from './connection-deletions.ts'
import type { Deps } from './deps.ts'

const dayMs = 86_400_000
const messagesKeptMs = 30 * dayMs
const logsKeptMs = 30 * dayMs
const inboxKeptMs = dayMs
const executionsKeptMs = 10 * dayMs
/** Twice as long as anybody asks back. */
const activeDaysKept = 60
/** For as long a used or expired ticket is told apart from one that never was. */
const ticketsKeptMs = 30 * dayMs
const take = 5000

/**
 * Takes out of the database what has had its time. Every node may run it at any moment: each statement
 * deletes what is old, whoever comes second finds less.
 */
export async function expireOldRows(deps: Deps): Promise<void> {
  const { db } = deps
  await resumeConnectionDeletions(deps)
  const now = deps.clock.now()
  await wipeExpiredMessages(db, now)
  await deleteFullBuckets(db, now)
  await deleteSpentChallenges(db, now)
  await deleteOldPhoneBackoffs(db, now)
  await untilFewer(() => deleteExpiredRefreshTokens(db, now, take))
  await untilFewer(() => deleteExpiredMfaTransactions(db, now - dayMs, take))
  await untilFewer(() => deleteExpiredEnrollmentTickets(db, now - ticketsKeptMs, take))
  await untilFewer(() => deleteExpiredRememberedBrowsers(db, now, take))
  await untilFewer(() => deleteExpiredLogins(db, now, take))
  await untilFewer(() => deleteExpiredOidcRecords(db, now, take))
  await untilFewer(() => deleteOldExecutions(db, now - executionsKeptMs, take))
  const oldMessage = (now - messagesKeptMs).toString(16).padStart(11, '0')
  const oldLog = `90020${String(now - logsKeptMs).padStart(14, '0')}`
  for (const { id } of await listTenants(db)) {
    // Before its entries are deleted.
    await foldDailyStats(db, id)
    await deleteOldActiveUsers(db, id, Math.floor(now / dayMs) - activeDaysKept)
    await trimInbox(db, id, now - inboxKeptMs)
    await untilFewer(() => deleteOldMessages(db, id, oldMessage, take))
    await untilFewer(() => deleteOldTenantLogs(db, id, oldLog, take))
  }
}

async function untilFewer(deleteSome: () => Promise<number>): Promise<void> {
  while ((await deleteSome()) >= take) {}
}

/** Runs `expireOldRows` now and then until it is stopped. */
export class Maintenance {
  readonly #deps: Deps
  #timer: NodeJS.Timeout | undefined
  #running: Promise<void> = Promise.resolve()

  constructor(deps: Deps) {
    this.#deps = deps
  }

  start(intervalMs: number): void {
    this.#timer = setInterval(() => {
      this.#running = this.#running
        .then(() => expireOldRows(this.#deps))
        .catch((error: unknown) => this.#deps.log.error({ err: error }, 'expiring old rows failed'))
    }, intervalMs)
  }

  /** Resolves when no run is under way. */
  async stop(): Promise<void> {
    clearInterval(this.#timer)
    await this.#running
  }
}
