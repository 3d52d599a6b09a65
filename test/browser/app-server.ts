import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { dirname, join } from 'node:path'

const require = createRequire(import.meta.url)

/** A file of an installed package, as it came from npm. */
export const packageFile = (name: string, file: string): string => {
  let folder = dirname(require.resolve(name))
  while (!folder.endsWith(join('node_modules', name))) folder = dirname(folder)
  return join(folder, file)
}

/** Serves files of an application from a port of its own: an origin that is not the server's. */
export async function startAppServer(
  files: Readonly<Record<string, string>>,
): Promise<{ origin: string; close(): void }> {
  const app = createServer(async (request, reply) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost')
    const file = files[pathname]
    if (file === undefined) {
      reply.statusCode = 404
      reply.end()
      return
    }
    reply.setHeader('content-type', file.endsWith('.html') ? 'text/html' : 'text/javascript')
    reply.end(await readFile(file))
  })
  app.listen(0, '127.0.0.1')
  await once(app, 'listening')
  const { port } = app.address() as AddressInfo // a listening TCP server has no other
  return {
    origin: `http://localhost:${port}`,
    close() {
      app.closeAllConnections()
      app.close()
    },
  }
}
