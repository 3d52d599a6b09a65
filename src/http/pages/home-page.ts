import type { FastifyPluginAsync } from 'fastify'
import { readPageAsset, registerPageAssets, sendPageAsset } from './page-assets.ts'

export type HomePageOptions = {
  /** Off in production: the page does not exist (the server's own 404). */
  enabled: boolean
  /** Whether the page may point at `/inbox`. */
  inbox: boolean
}

/** `GET /`: says what runs here and where to go first. */
export const homePageRoutes: FastifyPluginAsync<HomePageOptions> = async (
  app,
  { enabled, inbox },
) => {
  if (!enabled) return

  registerPageAssets(app)
  const page = readPageAsset('home.html', { inbox: inbox ? 'on' : 'off' })
  app.get('/', (request, reply) => sendPageAsset(request, reply, page))
}
