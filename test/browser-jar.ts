import { createHash, randomBytes } from 'node:crypto'
import type { Reply, TestServer } from './harness.ts'

/** A page or a redirect, as a browser without script sees it. */
export type Visit = Reply & {
  /** Where it leads, a path on the server or another site's address. */
  location: string | undefined
}

/** A browser of a test: keeps cookies, posts forms, follows redirects of the server as far as they go. */
export class TestBrowser {
  readonly #server: TestServer
  readonly cookies = new Map<string, string>()

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
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
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
    for (const line of [reply.headers['set-cookie'] ?? []].flat()) this.#keep(String(line))
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

  #keep(line: string): void {
    const [pair = '', ...attributes] = line.split(';')
    const equals = pair.indexOf('=')
    const [name, value] = [pair.slice(0, equals), pair.slice(equals + 1)]
    const gone = attributes.some((each) => /expires=Thu, 01 Jan 1970/i.test(each))
    if (gone || value === '') this.cookies.delete(name)
    else this.cookies.set(name, value)
  }
}

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
