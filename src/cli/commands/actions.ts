import { readFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { readConfig } from '../../app/config.ts'
import { type ActionOutcome, runAction } from '../../app/run-action.ts'
import { type ActionResult, actionHandlers, actionTriggers } from '../../contract/actions.ts'
import { sampleEvents } from '../../contract/sample-events.ts'
import { UsageError } from '../usage-error.ts'

const form =
  'actions takes "run FILE", with --event FILE, --secrets FILE, --trigger NAME, ' +
  '--dependency NAME@VERSION and --allow HOST:PORT.'

/**
 * `trunkline actions run FILE`: builds and runs an Action as the server does, and prints how it ended.
 * Exit code 0 means sent.
 */
export async function actionsCommand(args: string[]): Promise<void> {
  const { positionals, values } = parse(args)
  const [verb, file, ...rest] = positionals
  if (verb !== 'run' || file === undefined || rest.length > 0) throw new UsageError(form)

  const code = await read(file)
  const trigger = readTrigger(values.trigger, code)
  const event = values.event === undefined ? sampleEvents[trigger] : await readObject(values.event)
  const secrets = values.secrets === undefined ? {} : await readSecrets(values.secrets)
  const dependencies = (values.dependency ?? []).map(readDependency)
  const config = readConfig({
    ...process.env,
    ...(values.allow && { TRUNKLINE_ACTIONS_ALLOW: values.allow.join(',') }),
  })

  // Secrets come from their own file.
  const { secrets: _, ...known } = event
  const outcome = await runAction(config, { code, dependencies, trigger, event: known, secrets })
  process.stdout.write(tell(outcome))
  if (!outcome.built || verdictOf(outcome.result) !== 'sent') process.exitCode = 1
}

function parse(args: string[]) {
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: {
        event: { type: 'string' },
        secrets: { type: 'string' },
        trigger: { type: 'string' },
        dependency: { type: 'string', multiple: true },
        allow: { type: 'string', multiple: true },
      },
    })
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error))
  }
}

/** The one that was named, or else the one whose handler the code mentions. */
function readTrigger(name: string | undefined, code: string) {
  const found = actionTriggers.find((trigger) =>
    name === undefined ? code.includes(actionHandlers[trigger]) : trigger === name,
  )
  if (found !== undefined) return found
  if (name === undefined) return 'custom-phone-provider'
  throw new UsageError(`--trigger must be ${actionTriggers.join(' or ')}, not "${name}".`)
}

function readDependency(text: string) {
  const at = text.indexOf('@', 1)
  return at === -1
    ? { name: text, version: 'latest' }
    : { name: text.slice(0, at), version: text.slice(at + 1) }
}

async function read(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    throw new UsageError(`cannot read ${file}: ${error instanceof Error ? error.message : error}`)
  }
}

async function readObject(file: string): Promise<Record<string, unknown>> {
  const text = await read(file)
  const value = parseJson(text)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new UsageError(`${file} must hold one JSON object.`)
  }
  // Checked above; its members are judged by whoever reads them.
  return value as Record<string, unknown>
}

async function readSecrets(file: string): Promise<Record<string, string>> {
  const secrets: Record<string, string> = {}
  for (const [name, value] of Object.entries(await readObject(file))) {
    if (typeof value !== 'string') throw new UsageError(`${file}: ${name} must be a text.`)
    secrets[name] = value
  }
  return secrets
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** As the server takes it: an error without a verdict fails, a verdict before the error stands. */
function verdictOf({
  ended,
  verdict,
}: ActionResult): 'sent' | 'retry' | 'drop' | 'failed' | 'not run' {
  if (ended === 'not_started' || ended === 'throttled') return 'not run'
  if (ended === 'timed_out' || ended === 'killed') return 'failed'
  return verdict?.type ?? (ended === 'threw' ? 'failed' : 'sent')
}

const endings: Readonly<Record<ActionResult['ended'], string>> = {
  returned: '',
  threw: 'the handler threw',
  timed_out: 'the time ran out',
  killed: 'the process ended while the handler ran',
  not_started: 'a server would try again',
  throttled: 'a server would try again',
}

function tell(outcome: ActionOutcome): string {
  if (!outcome.built) {
    return `not built\n${outcome.errors.map(({ id, msg }) => `  ${id}: ${msg}\n`).join('')}`
  }
  const { result, level } = outcome
  const { verdict, error, logs, stats, ended } = result
  const why = [verdict?.reason, endings[ended]].filter(Boolean).join('; ')
  const lines = [`${verdictOf(result)}${why === '' ? '' : `: ${why}`}`]
  if (error !== undefined) lines.push(error.stack ?? `${error.name}: ${error.message}`)
  if (logs !== '')
    lines.push(
      'console',
      ...logs
        .trimEnd()
        .split('\n')
        .map((line) => `  ${line}`),
    )
  lines.push(
    `handler ${ms(stats.action_duration_ms)}, network ${ms(stats.network_duration_ms)}, ` +
      `start ${ms(stats.boot_duration_ms)}; isolation ${level ?? 'too weak'}`,
  )
  return `${lines.join('\n')}\n`
}

const ms = (duration: number): string => `${duration.toFixed(1)} ms`
