import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import type { FastifyInstance } from 'fastify'
import { phoneFormats } from './countries.ts'

const folder = new URL('./assets/', import.meta.url)
const types: Record<string, string> = {
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
}

const files = new Map(
  readdirSync(folder).map((name) => [name, readFileSync(new URL(name, folder))] as const),
)
const version = createHash('sha256')
  .update(Buffer.concat([...files.values()]))
  .digest('base64url')
  .slice(0, 12)

/** Where a file of the pages is, in this version of it: the address changes with any of the files. */
export const assetUrl = (name: string): string => `/u/assets/${version}/${name}`

/** The style sheet, the scripts and the ways that countries write numbers; all may be kept for good. */
export function loginAssetRoutes(app: FastifyInstance): void {
  app.get<{ Params: { version: string; name: string } }>(
    '/u/assets/:version/:name',
    async (request, reply) => {
      const { name } = request.params
      const body = files.get(name)
      if (body === undefined) return reply.callNotFound()
      // An old page of a former version gets the files of now, and does not keep them.
      const current = request.params.version === version
      return reply
        .header('cache-control', current ? 'public, max-age=31536000, immutable' : 'no-cache')
        .header('x-content-type-options', 'nosniff')
        .type(types[name.slice(name.lastIndexOf('.') + 1)] ?? 'application/octet-stream')
        .send(body)
    },
  )
  app.get<{ Params: { country: string } }>('/u/phone-formats/:country', async (request, reply) => {
    const found = phoneFormats(request.params.country)
    if (found === undefined) return reply.callNotFound()
    return reply.header('cache-control', 'public, max-age=86400').send(found)
  })
}
