import type { FastifyInstance } from 'fastify'

/** The picture of a user who has none: drawn here, so a profile names no server of others. */
const avatar = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 96 96" role="img" aria-label="User">
<rect width="96" height="96" fill="#d7dde5"/>
<circle cx="48" cy="37" r="17" fill="#7d8a9a"/>
<path d="M14 92c2-21 16-33 34-33s32 12 34 33z" fill="#7d8a9a"/>
</svg>
`

/** `GET /assets/avatar.svg`: the `picture` of users without one. Anybody may show it anywhere. */
export function avatarRoute(app: FastifyInstance): void {
  app.get('/assets/avatar.svg', async (_request, reply) =>
    reply
      .headers({
        'content-type': 'image/svg+xml; charset=utf-8',
        'cache-control': 'public, max-age=86400',
        'access-control-allow-origin': '*',
        'cross-origin-resource-policy': 'cross-origin',
        'content-security-policy': "default-src 'none'",
        'x-content-type-options': 'nosniff',
      })
      .send(avatar),
  )
}
