import type { AddressInfo } from 'node:net'
import Fastify from 'fastify'
import { assetUrl, loginAssetRoutes } from '../../src/http/login/assets.ts'
import { page } from '../../src/http/login/layout.ts'
import { screenTexts } from '../../src/templates/screens/index.ts'
import { textsOf } from '../../src/templates/screens/texts.ts'
import { screenSamples } from './screen-samples.ts'

/** The screens as markup alone, at `/LANGUAGE/SCREEN/NAME`, so that each state can be looked at. */
export async function startScreenServer(): Promise<{ origin: string; close: () => Promise<void> }> {
  const app = Fastify()
  loginAssetRoutes(app)
  app.get('/theme.css', async (_request, reply) => reply.type('text/css').send(''))
  app.get<{ Params: { locale: string; screen: string; name: string } }>(
    '/:locale/:screen/:name',
    async ({ params }, reply) => {
      const sample = screenSamples.find(
        ({ screen, name }) => screen === params.screen && name === params.name,
      )
      if (sample === undefined) return reply.code(404).send()
      const { texts } = screenTexts(params.locale)
      const text = textsOf(texts, sample.screen, { clientName: 'Corner Shop', companyName: 'Acme' })
      const { title, content } = sample.view({ text, state: 'state', errors: {} }, params.locale)
      const frame = {
        ...{ locale: params.locale, text, logoUrl: undefined, faviconUrl: undefined },
        assets: {
          ...{ style: assetUrl('login.css'), script: assetUrl('login.js'), theme: '/theme.css' },
        },
        ...{ companyName: 'Acme', screen: sample.screen },
      }
      return reply.type('text/html').send(page(frame, title, content))
    },
  )
  await app.listen({ port: 0, host: '127.0.0.1' })
  const { port } = app.server.address() as AddressInfo // it listens on a port
  return { origin: `http://127.0.0.1:${port}`, close: () => app.close() }
}
