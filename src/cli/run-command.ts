import { ConfigError } from '../app/config.ts'
import { actionsCommand } from './commands/actions.ts'
import { keysCommand } from './commands/keys.ts'
import { startCommand } from './commands/start.ts'
import { tenantsCommand } from './commands/tenants.ts'
import { UsageError } from './usage-error.ts'

const usage = `Usage: trunkline COMMAND

  start                           run the server
  tenants create NAME --url URL   make an empty tenant and print its admin client once
  tenants list                    the tenants, oldest first
  keys rotate                     seal everything anew with the first key of TRUNKLINE_SECRET_KEY
  keys rotate --signing           new signing keys for every tenant
  actions run FILE                build and run an Action here; docs/actions.md has the options

Settings are environment variables; docs/settings.md has them all.
`

const commands: Record<string, (args: string[]) => Promise<void>> = {
  start: startCommand,
  tenants: tenantsCommand,
  keys: keysCommand,
  actions: actionsCommand,
}

/** Runs the command that the words name; sets the exit code. */
export async function runCommand(words: readonly string[]): Promise<void> {
  const [name = '', ...args] = words
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined
  if (command === undefined) {
    const asked = name === 'help' || name === '--help'
    if (asked) process.stdout.write(usage)
    else process.stderr.write(name === '' ? usage : `Unknown command ${name}.\n\n${usage}`)
    process.exitCode = asked ? 0 : 2
    return
  }
  await command(args).catch((error: unknown) => {
    process.exitCode = error instanceof UsageError ? 2 : 1
    if (error instanceof UsageError) process.stderr.write(`${error.message}\n\n${usage}`)
    else if (error instanceof ConfigError) process.stderr.write(`${error.message}\n`)
    else process.stderr.write(`${describe(error)}\n`)
  })
}

/** One line for what an operator can mend; the whole story for a bug. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const code = (error as { code?: unknown }).code
  const expected = typeof code === 'string' || error.name === 'Error' || error.name === 'AppError'
  return expected ? error.message || String(code) : (error.stack ?? error.message)
}
