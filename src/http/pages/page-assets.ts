import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'

/** A file as it goes over the wire: read once at start, kept in memory. */
export type PageAsset = { body: Buffer; type: string; etag: string }

const folder = new URL('./assets/', import.meta.url)

/** Where the style sheets and scripts of all pages are served. */
const assetPath = '/assets/pages'

const types: Record<string, string> = {
  html: 'text/html; charset=utf-8',
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
}

/**
 * The pages show text that strangers caused, so the browser is told twice not to run any of it:
 * no inline code at all, and no string may become markup (trusted types).
 */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self' data:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
].join('; ')

/**
 * Reads one file of the assets folder.
 *
 * @param values fill the `%name%` marks of a page; they are the program's own words, never input
 * @throws Error when there is no such file, or a mark of the page has no value
 */
export function readPageAsset(name: string, values: Record<string, string> = {}): PageAsset {
  const source = readFileSync(new URL(name, folder))
  const extension = name.slice(name.lastIndexOf('.') + 1)
  const body = extension === 'html' ? Buffer.from(fill(source.toString('utf8'), values)) : source
  const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`
  return { body, type: types[extension] ?? 'application/octet-stream', etag }
}

function fill(page: string, values: Record<string, string>): string {
  return page.replace(/%([a-z]+)%/g, (mark, name: string) => {
    const value = values[name]
    if (value === undefined) throw new Error(`page mark ${mark} has no value`)
    return value
  })
}

/** Answers with the file, or with 304 when the browser has this very version. A refusal is not kept. */
export function sendPageAsset(request: FastifyRequest, reply: FastifyReply, asset: PageAsset) {
  setPageHeaders(reply)
  if (reply.statusCode !== 200) {
    return reply.header('cache-control', 'no-store').type(asset.type).send(asset.body)
  }
  // Asking again each time costs one small request and means that an upgrade is seen at once.
  reply.header('cache-control', 'no-cache').header('etag', asset.etag)
  const known = request.headers['if-none-match']
  if (known?.split(',').some((tag) => tag.trim().replace(/^W\//, '') === asset.etag)) {
    return reply.code(304).send()
  }
  return reply.type(asset.type).send(asset.body)
}

/** The headers that every answer of a page carries. */
export function setPageHeaders(reply: FastifyReply): void {
  reply
    .header('content-security-policy', contentSecurityPolicy)
    .header('cross-origin-resource-policy', 'same-origin')
    .header('referrer-policy', 'no-referrer')
    .header('x-content-type-options', 'nosniff')
    .header('x-frame-options', 'DENY')
}

/** Serves the style sheets and scripts. Each page asks for them; the first one to ask registers. */
export function registerPageAssets(app: FastifyInstance): void {
  for (const name of readdirSync(folder).filter((file) => /\.(?:css|js)$/.test(file))) {
    const url = `${assetPath}/${name}`
    if (app.hasRoute({ method: 'GET', url })) continue
    const asset = readPageAsset(name)
    app.get(url, (request, reply) => sendPageAsset(request, reply, asset))
  }
}
