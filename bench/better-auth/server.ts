// Runs beside the benchmark with the packages of its folder; the type check of the product leaves it out.
import { createServer } from 'node:http'
import { betterAuth } from 'better-auth'
import { getMigrations } from 'better-auth/db/migration'
import { toNodeHandler } from 'better-auth/node'
import { phoneNumber } from 'better-auth/plugins'
import { Pool } from 'pg'

const { databaseUrl, carrierPort } = JSON.parse(process.argv[2] ?? '{}')

/** As the product does: nobody waits for the carrier, and the connection is kept. */
const sendCode = async ({ phoneNumber: number, code }: { phoneNumber: string; code: string }) => {
  const response = await fetch(`http://127.0.0.1:${carrierPort}/messages`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ number, code }),
  })
  await response.text()
}

const options = {
  baseURL: 'http://127.0.0.1',
  secret: 'a secret of the benchmark, long enough to be taken',
  database: new Pool({ connectionString: databaseUrl, max: 10 }),
  rateLimit: { enabled: false },
  telemetry: { enabled: false },
  logger: { level: 'error' },
  plugins: [
    phoneNumber({
      sendOTP: (message) => {
        void sendCode(message)
      },
      signUpOnVerification: { getTempEmail: (number) => `${number.slice(1)}@example.test` },
    }),
  ],
}

const { runMigrations } = await getMigrations(options)
await runMigrations()
const auth = betterAuth(options)
const server = createServer({ keepAliveTimeout: 60_000 }, toNodeHandler(auth))
server.listen(0, '127.0.0.1', () => {
  process.send?.({ port: server.address().port })
})
process.on('message', (message) => {
  if (message === 'usage') process.send?.({ usage: process.cpuUsage() })
})
process.on('disconnect', () => process.exit())
