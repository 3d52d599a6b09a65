import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { request as httpRequest } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { fileURLToPath } from 'node:url'
import { freePort } from './process.ts'

const program = fileURLToPath(new URL('../src/cli/main.ts', import.meta.url))

/** Settings of a process; those of the tests' own environment do not reach it. */
export type Environment = Readonly<Record<string, string>>

/** How a command ended. */
export type Ended = { code: number | null; stdout: string; stderr: string }

/** A process as an operator has it before him. */
export type Trunkline = {
  port: number
  child: ChildProcess
  /** What it has printed up to now. */
  output: { stdout: string; stderr: string }
  /** Resolves when standard output holds these words; rejects when the process ends before. */
  printed(words: string): Promise<void>
  ended: Promise<Ended>
  /** SIGTERM; resolves at the end. */
  stop(): Promise<Ended>
  request(method: string, path: string, options?: RequestOptions): Promise<Answer>
}

export type RequestOptions = {
  body?: object
  headers?: Readonly<Record<string, string>>
  /** PEM of the authority to trust; makes it an https request. */
  ca?: string
}

// biome-ignore lint/suspicious/noExplicitAny: a test reads what it expects, and fails where it is not there
export type Answer = { status: number; body: any }

/** Runs one command to its end. */
export const runTrunkline = (words: readonly string[], env: Environment = {}): Promise<Ended> =>
  launch(words, env).ended

/** Starts a server on a free port, unless one is given; it may not answer yet. */
export async function spawnTrunkline(env: Environment): Promise<Trunkline> {
  const port = env.TRUNKLINE_PORT === undefined ? await freePort() : Number(env.TRUNKLINE_PORT)
  const { child, output, ended } = launch(['start'], { TRUNKLINE_PORT: String(port), ...env })
  return {
    port,
    child,
    output,
    ended,
    async printed(words) {
      while (!output.stdout.includes(words)) {
        const data = child.stdout === null ? undefined : once(child.stdout, 'data')
        const end = ended.then(({ stderr }) => {
          if (output.stdout.includes(words)) return
          throw new Error(`the server ended before it printed ${words}: ${stderr}`)
        })
        await Promise.race([data, end])
      }
    },
    stop() {
      child.kill('SIGTERM')
      return ended
    },
    request: (method, path, options) => ask(port, method, path, options),
  }
}

/** Starts a server and waits until it tells its addresses. */
export async function startTrunkline(env: Environment): Promise<Trunkline> {
  const server = await spawnTrunkline(env)
  await server.printed('API ')
  return server
}

/** The credentials that a first start or `tenants create` prints. */
export function printedClient(stdout: string): { id: string; secret: string } {
  const word = (name: string) => new RegExp(`${name} +(\\S+)\n`).exec(stdout)?.[1]
  const id = word('client_id')
  const secret = word('client_secret')
  if (id === undefined || secret === undefined) throw new Error(`no credentials in: ${stdout}`)
  return { id, secret }
}

/** The token request of an admin client. */
export const adminGrant = (client: { id: string; secret: string }, origin: string) => ({
  grant_type: 'client_credentials',
  client_id: client.id,
  client_secret: client.secret,
  audience: `${origin}/api/v2/`,
})

function launch(words: readonly string[], settings: Environment) {
  const child = spawn(process.execPath, [program, ...words], {
    env: { PATH: process.env.PATH ?? '', ...settings },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const output = { stdout: '', stderr: '' }
  child.stdout.on('data', (data) => {
    output.stdout += data
  })
  child.stderr.on('data', (data) => {
    output.stderr += data
  })
  const ended = once(child, 'close').then(([code]): Ended => ({ code, ...output }))
  return { child, output, ended }
}

async function ask(
  port: number,
  method: string,
  path: string,
  { body, headers = {}, ca }: RequestOptions = {},
): Promise<Answer> {
  const options = {
    host: 'localhost',
    family: 4,
    port,
    method,
    path,
    agent: false as const,
    headers: { ...headers, ...(body !== undefined && { 'content-type': 'application/json' }) },
  }
  const request = ca === undefined ? httpRequest(options) : httpsRequest({ ...options, ca })
  request.end(body && JSON.stringify(body))
  const [response] = await once(request, 'response')
  let text = ''
  for await (const chunk of response) text += chunk
  const isJson = String(response.headers['content-type']).includes('json')
  return { status: response.statusCode, body: isJson ? JSON.parse(text) : text }
}
