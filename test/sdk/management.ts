import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManagementClient, ManagementError } from 'auth0'
import { type TestServer, type TestServerOptions, testServer } from '../harness.ts'
import { collectRoutes } from '../routes.ts'
import { placeOf, sdkOperations } from './operations.ts'

/** What the operations of one client of the package are tried on, and which of them were. */
export type SdkTrial = {
  /** A server with a tenant of its own, and the package on it as a customer's program has it. */
  open(options?: TestServerOptions): Promise<{ sdk: ManagementClient; server: TestServer }>
  /** Adds the test that fails while an operation of the client, served here, was not called. */
  assertComplete(): void
}

/**
 * For the tests of one client of the `auth0` package.
 *
 * @param client where its operations begin: `users`, `branding.phone`
 * @param elsewhere clients below it that have a file of their own
 */
export function sdkTrial(client: string, elsewhere: readonly string[] = []): SdkTrial {
  const isBelow = (name: string, of: string) => name.startsWith(`${of}.`)
  const called = new Set<string>()
  const served = new Map<string, string>()

  return {
    async open(options) {
      const { built: server, routes } = await collectRoutes(() => testServer(options))
      for (const { method, url, scopes } of routes) {
        const path = url.slice('/api/v2'.length)
        if (scopes !== undefined) served.set(placeOf({ method, path }), url)
      }
      const patterns = [...served.keys()].map((place) => ({
        place,
        pattern: new RegExp(`^${place.replaceAll('.', '\\.').replaceAll('{}', '[^/]+')}$`),
      }))
      const sdk = new ManagementClient({
        domain: server.tenant.host,
        clientId: server.admin.clientId,
        clientSecret: server.admin.clientSecret,
        maxRetries: 0,
        fetch: throughInjection(server, (method, path) => {
          const asked = `${method} ${path.replace(/^\/api\/v2/, '')}`
          // A literal step is more than a parameter in its place.
          const [first] = patterns
            .filter(({ pattern }) => pattern.test(asked))
            .sort((one, other) => parametersIn(one.place) - parametersIn(other.place))
          if (first !== undefined) called.add(first.place)
        }),
      })
      return { sdk, server }
    },
    assertComplete() {
      test(`every operation of ${client} that is served was called`, () => {
        const own = sdkOperations.filter(
          (operation) =>
            isBelow(operation.name, client) &&
            !elsewhere.some((of) => isBelow(operation.name, of)) &&
            served.has(placeOf(operation)),
        )

        assert.notEqual(own.length, 0)
        assert.deepEqual(
          own.filter((operation) => !called.has(placeOf(operation))).map(({ name }) => name),
          [],
        )
      })
    },
  }
}

const parametersIn = (place: string) => place.split('{}').length

/** The package's own requests, handed to the server without a socket between them. */
export function throughInjection(
  server: TestServer,
  onRequest: (method: string, path: string) => void = () => {},
): typeof fetch {
  return async (input, init) => {
    const request = new Request(input, init)
    const url = new URL(request.url)
    assert.equal(url.protocol, 'https:')
    onRequest(request.method, url.pathname)
    const payload = Buffer.from(await request.arrayBuffer())
    const answer = await server.app.server.inject({
      method: request.method as 'GET', // whatever the package sends
      url: url.pathname + url.search,
      headers: { ...Object.fromEntries(request.headers), host: url.host },
      ...(payload.length > 0 && { payload }),
    })
    await server.settle()
    const headers = Object.entries(answer.headers).map(([name, value]) => [name, String(value)])
    return new Response(answer.statusCode === 204 ? null : answer.body, {
      status: answer.statusCode,
      headers: Object.fromEntries(headers),
    })
  }
}

/** What the package makes of a refusal. */
export async function refusal(request: PromiseLike<unknown>): Promise<unknown> {
  try {
    await request
  } catch (error) {
    assert.ok(error instanceof ManagementError, String(error))
    return error.body
  }
  return 'accepted'
}
