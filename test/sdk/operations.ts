import { globSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** One call of the `auth0` package: `users.get`, and the request that it makes. */
export type SdkOperation = {
  name: string
  method: string
  /** Below `/api/v2`: `/users/{id}`. */
  path: string
}

const folder = fileURLToPath(
  new URL('../../node_modules/auth0/dist/esm/management/api/resources/', import.meta.url),
)

/**
 * Every operation of the installed `auth0` package. Its generated sources hold, for each, an example of
 * the call and, after it, the request's method and path for the message of a failed connection.
 */
export const sdkOperations: readonly SdkOperation[] = globSync('**/client/Client.mjs', {
  cwd: folder,
}).flatMap((file) => {
  const source = readFileSync(folder + file, 'utf8')
  const marks = /await client\.([\w.]+)\(|handleNonStatusCodeError\(.*?, "([A-Z]+)", "([^"]+)"\)/g
  const operations: SdkOperation[] = []
  let name = ''
  for (const [, called, method, path] of source.matchAll(marks)) {
    if (called !== undefined) name = called
    else if (method !== undefined && path !== undefined) operations.push({ name, method, path })
  }
  return operations
})

/** Equal for a route and the operation that calls it, whatever their parameters are called. */
export const placeOf = ({ method, path }: { method: string; path: string }): string =>
  `${method} ${path.replace(/:\w+|\{\w+\}/g, '{}')}`
