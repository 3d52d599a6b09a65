import { createHash, randomBytes } from 'node:crypto'
import type { Reply, TestServer } from './harness.ts'

/** A page or a redirect, as a browser without script sees it. */
export type Visit = Reply & {
  /** Where it leads, a path on the server or another site's address. */
  location: string | undefined
}

type Cookie = { name: string; value: string; path: string; attributes: string }

/** A browser of a test: keeps cookies, posts forms, follows redirects of the server as far as they go. */
export class TestBrowser {
  readonly #server: TestServer
  readonly #cookies: Cookie[] = []

  constructor(server: TestServer) {
    this.#server = server
  }

  /** One request; redirects are not followed. */
  async send(
    method: string,
    path: string,
    form?: Record<string, string>,
    headers: Record<string, string> = {},
  ): Promise<Visit> {
    const cookie = this.cookieFor(path)
    const reply = await this.#server.request(
      method,
      path,
      form && new URLSearchParams(form).toString(),
      {
        ...(cookie !== '' && { cookie }),
        ...(form && { 'content-type': 'application/x-www-form-urlencoded' }),
        ...headers,
      },
    )
    await this.#server.settle()
    for (const line of [reply.headers['set-cookie'] ?? []].flat()) this.keep(String(line))
    const { location } = reply.headers
    return { ...reply, location: location === undefined ? undefined : String(location) }
  }

  /** A request, and what its redirects within the server come to. */
  async visit(path: string): Promise<Visit> {
    return this.#follow(await this.send('GET', path))
  }

  /** Fills in the form of a page. */
  async submit(page: Visit & { path?: string }, form: Record<string, string>): Promise<Visit> {
    const state = /name="state" value="([^"]+)"/.exec(page.text)?.[1] ?? ''
    const screen = /data-screen="([^"]+)"/.exec(page.text)?.[1] ?? ''
    return this.#follow(await this.send('POST', `/u/${screen}`, { state, ...form }))
  }

  async #follow(visit: Visit): Promise<Visit> {
    const { location } = visit
    if (location === undefined) return visit
    const own = location.startsWith('/')
      ? location
      : location.startsWith(this.#server.tenant.url)
        ? location.slice(this.#server.tenant.url.length)
        : undefined
    return own === undefined ? visit : this.visit(own)
  }

  /** The header that goes with a request. */
  cookieFor(path: string): string {
    const [pathname = ''] = path.split('?')
    return this.#cookies
      .filter((cookie) => isWithin(pathname, cookie.path))
      .map(({ name, value }) => `${name}=${value}`)
      .join('; ')
  }

  /** The values by name, of whatever path. */
  get cookies(): ReadonlyMap<string, string> {
    return new Map(this.#cookies.map(({ name, value }) => [name, value]))
  }

  /** What the server said of a cookie besides its value; undefined where it is not there. */
  attributesOf(name: string): string | undefined {
    return this.#cookies.find((cookie) => cookie.name === name)?.attributes
  }

  /** Takes a `set-cookie` value. */
  keep(line: string): void {
    const [pair = '', ...attributes] = line.split(';').map((part) => part.trim())
    const equals = pair.indexOf('=')
    const [name, value] = [pair.slice(0, equals), pair.slice(equals + 1)]
    const path = attributes.find((each) => /^path=/i.test(each))?.slice(5) ?? '/'
    const former = this.#cookies.findIndex((kept) => kept.name === name && kept.path === path)
    if (former !== -1) this.#cookies.splice(former, 1)
    const gone = attributes.some((each) => /expires=Thu, 01 Jan 1970/i.test(each))
    if (!gone && value !== '') {
      this.#cookies.push({ name, value, path, attributes: attributes.join('; ') })
    }
  }
}

const isWithin = (pathname: string, path: string): boolean =>
  path === '/' || pathname === path || pathname.startsWith(`${path}/`)

/** A verifier of PKCE and its challenge. */
export function pkce(): { verifier: string; challenge: string } {
  const verifier = randomBytes(32).toString('base64url')
  return { verifier, challenge: createHash('sha256').update(verifier).digest('base64url') }
}

/** The address of an authorization request. */
export const authorizeUrl = (parameters: Record<string, string | undefined>): string => {
  const given = Object.entries(parameters).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  )
  return `/authorize?${new URLSearchParams(given)}`
}
