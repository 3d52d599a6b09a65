import type { FastifyPluginAsync } from 'fastify'
import { readPageAsset, registerPageAssets, sendPageAsset } from './page-assets.ts'

export type DemoPageOptions = {
  /** Off in production: the page does not exist (the server's own 404). */
  enabled: boolean
  /** Whether the page may point at `/inbox`. */
  inbox: boolean
}

/**
 * `GET /demo`: signs in with a phone number as the client `demo` would, with nothing but the public
 * Authentication API of the same origin, and shows the tokens that come back.
 */
export const demoPageRoutes: FastifyPluginAsync<DemoPageOptions> = async (
  app,
  { enabled, inbox },
) => {
  if (!enabled) return

  registerPageAssets(app)
  const page = readPageAsset('demo.html', { inbox: inbox ? 'on' : 'off' })
  app.get('/demo', (request, reply) => sendPageAsset(request, reply, page))
}
