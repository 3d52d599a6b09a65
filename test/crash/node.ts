/**
 * One server process of the crash test: `node test/crash/node.ts JSON`. It kills itself with SIGKILL
 * at the step that it is told. The steps are reached by wrapping what the app is given from outside,
 * so nothing in the program knows of them.
 */
import { createApp } from '../../src/app/app.ts'
import type { BatchKind, Database } from '../../src/store/db.ts'
import { openDatabase } from '../../src/store/open-database.ts'
import { borrow } from '../borrowed-database.ts'
import { quietLogger } from '../harness.ts'
import type { CrashStep, NodeSettings } from './settings.ts'

const settings = JSON.parse(process.argv[2] ?? '{}') as NodeSettings

const database = await openDatabase(settings.databaseUrl, { log: quietLogger })
const app = await createApp({
  database: dyingDatabase(database),
  masterKeys: [Buffer.from(settings.masterKey, 'base64')],
  log: quietLogger,
  production: false,
  inbox: false,
  callbacks: false,
  twilioUrl: settings.twilioUrl,
  legacyPhone: 'allow',
  leaseMs: settings.leaseMs,
  sweepIntervalMs: 100,
  fetch: dyingFetch,
})
await app.start()
app.serve()
const address = await app.server.listen({ host: '127.0.0.1', port: 0 })
process.stdout.write(`${address}\n`)
process.on('SIGTERM', () => app.close().then(() => process.exit(0)))

/** Never returns when this is the step to die at. */
function at(step: CrashStep): void {
  if (settings.dieAt === step) process.kill(process.pid, 'SIGKILL')
}

function dyingDatabase(inner: Database): Database {
  return borrow(inner, {
    close: () => inner.close(),
    async batch<Item, Result>(kind: BatchKind<Item, Result>, item: Item): Promise<Result> {
      if (kind.name === 'challenged-messages') at('before-stored')
      if (kind.name === 'finished-attempts') at('before-recorded')
      const result = await inner.batch(kind, item)
      if (kind.name === 'challenged-messages') at('stored')
      if (kind.name === 'finished-attempts') at('recorded')
      return result
    },
  })
}

async function dyingFetch(...request: Parameters<typeof fetch>): Promise<Response> {
  at('before-carrier')
  const answering = fetch(...request)
  if (settings.dieAt === 'carrier-asked') {
    // The carrier has the request before it answers; it holds its answer back for a while.
    setTimeout(() => at('carrier-asked'), 30)
  }
  const response = await answering
  at('carrier-answered')
  return response
}
