import { type Config, readConfig } from '../../app/config.ts'
import { type RunningServer, runServer } from '../../app/run.ts'
import { UsageError } from '../usage-error.ts'

/** A stop that takes longer than this is cut off. */
const exitMs = 9500

/** `trunkline start`: runs until SIGTERM or SIGINT, then drains. */
export async function startCommand(args: string[]): Promise<void> {
  if (args.length > 0) throw new UsageError('start takes no arguments.')
  const config = readConfig(process.env)
  let running: RunningServer | undefined
  // From the beginning: the first process of a container has no default for these signals.
  const stop = () => {
    process.off('SIGTERM', stop).off('SIGINT', stop)
    // Nothing has been promised to anybody yet.
    if (running === undefined) process.exit(0)
    setTimeout(() => process.exit(1), exitMs).unref()
    running.close().then(
      () => process.exit(0),
      (error: unknown) => {
        process.stderr.write(`stopping failed: ${error instanceof Error ? error.message : error}\n`)
        process.exit(1)
      },
    )
  }
  process.on('SIGTERM', stop).on('SIGINT', stop)

  running = await runServer(config)
  process.stdout.write(greeting(config, running))
}

function greeting(config: Config, server: RunningServer): string {
  const { url } = config
  const lines = [`Trunkline runs at ${url}`]
  if (!config.production) lines.push(`  Demo   ${url}/demo`)
  if (config.inbox) lines.push(`  Inbox  ${url}/inbox`)
  if (config.inboxOffBecause !== undefined) lines.push(`  Inbox off: ${config.inboxOffBecause}.`)
  lines.push(`  API    ${url}/api/v2/`)
  if (server.tls?.caFile !== undefined) {
    lines.push(`  Local certificate authority: ${server.tls.caFile}`)
    lines.push(`  For Node: NODE_EXTRA_CA_CERTS=${server.tls.caFile}`)
  }
  if (server.firstStart !== undefined) {
    // What the operator chose is known, and may be the secret of more than one installation.
    const secret =
      config.adminClientSecret === undefined
        ? server.firstStart.clientSecret
        : 'as TRUNKLINE_ADMIN_CLIENT_SECRET says'
    lines.push(
      `First start: tenant "${config.tenant}" was made. Its admin client, shown only now:`,
      `  client_id      ${server.firstStart.clientId}`,
      `  client_secret  ${secret}`,
    )
  }
  return `${lines.join('\n')}\n`
}
