import { createHash, randomBytes } from 'node:crypto'
import type { Carrier } from './carrier.ts'
import { loadFirstPage, type PageLoad } from './first-page.ts'
import type { Answer, HttpConnection } from './http-connection.ts'
import type { SignIn, Target } from './load.ts'
import { storedNumbers } from './phone-numbers.ts'
import { describeMachine } from './report.ts'
import { type Measured, runRounds } from './rounds.ts'
import type { Scene } from './scene.ts'
import { benchCallback, clientIds } from './server-request.ts'
import { median } from './statistics.ts'

/** What sign-ins on the pages came to, beside the same by the API. */
export type LoginResults = {
  machine: Record<string, string | number>
  measured: Measured[]
  /** Bytes of what a browser loads for the first page, as they go over the wire. */
  bytes: { what: string; bytes: number }[]
  /** Of the same page in Chromium; absent without it. */
  loads: PageLoad[] | undefined
}

/** What a person has for a second and core pair. */
const goal = 300
const heaviest = 60_000
const slowestMs = 150
const pageLoads = 25
const host = 'bench.example.test'

/** Sixteen people at once who sign in on the pages, by turns with sixteen who do it by the API. */
export async function measureLogins(
  scene: Scene,
  carrier: Carrier,
  { rounds, sliceMs, users }: { rounds: number; sliceMs: number; users: number },
): Promise<LoginResults> {
  const { server, target } = await scene.trunkline(users)
  const numbers = storedNumbers(users)
  process.stderr.write('sign-ins on the pages, 16 at once\n')
  const measured = await runRounds(
    [
      { ...pagesTarget(server.port, carrier), server, numbers },
      { ...target('ES256'), name: 'by the API', server, numbers },
    ],
    { concurrency: 16, rounds, sliceMs },
  )
  process.stderr.write('the first page in a browser\n')
  const { port } = server
  return {
    machine: describeMachine(),
    measured,
    bytes: await bytesOfFirstPage(port),
    loads: await loadFirstPage({ host, port, path: authorizePath('v'.repeat(43)) }, pageLoads),
  }
}

/** The medians, then what was wanted. */
export function printLogins({ measured, bytes, loads }: LoginResults): void {
  process.stdout.write('\nSign-ins (medians)\n')
  for (const { name, slices } of measured) {
    const of = (pick: (slice: Measured['slices'][number]) => number) => median(slices.map(pick))
    const rate = of((slice) => slice.perSecond).toFixed(0)
    const p50 = of((slice) => slice.whole?.p50 ?? 0).toFixed(1)
    const p99 = of((slice) => slice.whole?.p99 ?? 0).toFixed(1)
    const cpu = of((slice) => slice.serverCpuMs ?? 0).toFixed(2)
    process.stdout.write(
      `  ${name.padEnd(14)} ${rate}/s  p50 ${p50}  p99 ${p99} ms  ${cpu} ms CPU of the server each\n`,
    )
  }
  const total = bytes.reduce((sum, each) => sum + each.bytes, 0)
  for (const each of bytes) process.stdout.write(`  ${each.what}: ${each.bytes} bytes\n`)
  const rate = median((measured[0]?.slices ?? []).map((slice) => slice.perSecond))
  const told = (ok: boolean) => (ok ? '' : ', missed')
  process.stdout.write(
    `\nsign-ins a second on the pages: ${rate.toFixed(0)} (at least ${goal}${told(rate >= goal)})\n`,
  )
  process.stdout.write(
    `first page over the wire: ${total} bytes (below ${heaviest}${told(total < heaviest)})\n`,
  )
  if (loads === undefined) return
  const interactive = median(loads.map((load) => load.interactive))
  const slowest = Math.max(...loads.map((load) => load.interactive))
  process.stdout.write(
    `first byte to interactive: ${interactive.toFixed(0)} ms, at most ${slowest.toFixed(0)} ms (below ${slowestMs}${told(interactive < slowestMs)})\n`,
  )
}

/** Every request that a browser makes, but for what it has in its cache after the first time. */
function pagesTarget(port: number, carrier: Carrier): Target {
  return {
    name: 'on the pages',
    port,
    async signIn(connection, number): Promise<SignIn> {
      const begin = performance.now()
      const browser = new BenchBrowser(connection)
      const verifier = randomBytes(32).toString('base64url')
      const page = await browser.open(authorizePath(verifier))
      const code = carrier.nextCode(number)
      const sent = await browser.post(page, { country: 'US', phone: number })
      const startMs = performance.now() - begin
      const typed = await code
      const codeMs = performance.now() - begin
      const back = await browser.post(sent, { code: typed })
      const answer = new URL(back.location ?? '').searchParams.get('code')
      if (answer === null) throw new Error(`no code in ${back.location}`)
      const tokenBegin = performance.now()
      await browser.exchange(answer, verifier)
      const end = performance.now()
      return { startMs, codeMs, tokenMs: end - tokenBegin, wholeMs: end - begin }
    },
  }
}

const authorizePath = (verifier: string): string =>
  `/authorize?${new URLSearchParams({
    ...{ client_id: clientIds.ES256, response_type: 'code', redirect_uri: benchCallback },
    ...{ scope: 'openid profile phone', state: 's', nonce: 'n', code_challenge_method: 'S256' },
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
  })}`

type Page = { path: string; body: string; location: string | undefined }

/** Keeps cookies and follows redirects of the server. */
class BenchBrowser {
  readonly #connection: HttpConnection
  readonly #cookies = new Map<string, string>()

  constructor(connection: HttpConnection) {
    this.#connection = connection
  }

  async open(path: string): Promise<Page> {
    return this.#follow(path, await this.#send('GET', path))
  }

  /** Fills in the form of a page. */
  async post({ path, body }: Page, form: Record<string, string>): Promise<Page> {
    const state = /name="state" value="([^"]+)"/.exec(body)?.[1] ?? ''
    const fields = new URLSearchParams({ state, action: 'default', ...form })
    return this.#follow(path, await this.#send('POST', path.split('?')[0] ?? '', String(fields)))
  }

  async exchange(code: string, verifier: string): Promise<void> {
    const fields = new URLSearchParams({
      ...{ grant_type: 'authorization_code', client_id: clientIds.ES256, code },
      ...{ code_verifier: verifier, redirect_uri: benchCallback },
    })
    const answer = await this.#send('POST', '/oauth/token', String(fields))
    if (answer.status !== 200) throw new Error(`${answer.status} ${answer.body.slice(0, 300)}`)
  }

  async #follow(path: string, answer: Answer): Promise<Page> {
    const location = /\r\nlocation: *([^\r]+)/i.exec(answer.head)?.[1]
    if (location?.startsWith('/')) return this.open(location)
    if (location === undefined && answer.status !== 200) {
      throw new Error(`${path}: ${answer.status} ${answer.body.slice(0, 300)}`)
    }
    return { path, body: answer.body, location }
  }

  async #send(method: string, path: string, body = ''): Promise<Answer> {
    const cookie = [...this.#cookies].map((pair) => pair.join('=')).join('; ')
    const answer = await this.#connection.request(
      `${method} ${path} HTTP/1.1\r\nhost: ${host}\r\naccept: text/html\r\ncookie: ${cookie}\r\n${
        method === 'POST' ? 'content-type: application/x-www-form-urlencoded\r\n' : ''
      }`,
      body,
    )
    for (const [, name = '', value = ''] of answer.head.matchAll(
      /\r\nset-cookie: *([^=]+)=([^;\r]*)/gi,
    )) {
      this.#cookies.set(name, value)
    }
    return answer
  }
}

/** The page and the files that it names, compressed where the server does. */
async function bytesOfFirstPage(port: number): Promise<LoginResults['bytes']> {
  const headers = { 'accept-encoding': 'gzip, br', accept: 'text/html', host }
  const origin = `http://127.0.0.1:${port}`
  const load = async (path: string, cookie = '') => {
    const { get } = await import('node:http')
    return new Promise<{ bytes: number; body: string; location?: string; cookie: string }>(
      (resolve, reject) => {
        get(`${origin}${path}`, { headers: { ...headers, cookie } }, (reply) => {
          const chunks: Buffer[] = []
          reply.on('data', (chunk: Buffer) => chunks.push(chunk))
          reply.on('end', () => {
            const all = Buffer.concat(chunks)
            resolve({
              bytes: all.length,
              body: all.toString('latin1'),
              ...(reply.headers.location && { location: reply.headers.location }),
              cookie: (reply.headers['set-cookie'] ?? [])
                .map((line) => line.split(';')[0])
                .join('; '),
            })
          })
        }).on('error', reject)
      },
    )
  }
  const begun = await load(authorizePath('v'.repeat(43)))
  const page = await load(begun.location ?? '', begun.cookie)
  const plain = page.body
  const files = [...plain.matchAll(/(?:href|src)="(\/[^"]+\.(?:css|js)[^"]*)"/g)].map(
    ([, path = '']) => path,
  )
  const found = [{ what: 'page', bytes: page.bytes }]
  for (const path of new Set(files)) found.push({ what: path, bytes: (await load(path)).bytes })
  return found
}
