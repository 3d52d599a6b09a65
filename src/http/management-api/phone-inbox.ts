import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { InboxMessageList } from '../../contract/inbox.ts'
import type { Deps } from '../../domain/deps.ts'
import { listInbox } from '../../domain/inbox.ts'

/** `/phone/inbox`: what would have been sent, where no carrier is configured. */
export const phoneInboxRoutes: FastifyPluginAsyncTypebox<{ deps: Deps }> = async (
  app,
  { deps },
) => {
  app.get(
    '/phone/inbox',
    {
      config: { scopes: ['read:phone_inbox'], reply: { 200: InboxMessageList } },
      schema: {
        summary: 'Get the development inbox',
        querystring: Type.Object({
          recipient: Type.Optional(Type.String({ minLength: 1, maxLength: 64 })),
          after: Type.Optional(Type.String({ minLength: 1, maxLength: 64 })),
          wait: Type.Optional(Type.Integer({ minimum: 0, maximum: 30 })),
          take: Type.Optional(Type.Integer({ minimum: 1, maximum: 100 })),
        }),
      },
    },
    async ({ tenant, query, raw }) => {
      const { wait, take, ...filter } = query
      const gone = new AbortController()
      const leave = () => gone.abort()
      raw.socket.once('close', leave)
      try {
        return {
          messages: await listInbox(deps, tenant, {
            ...filter,
            waitMs: (wait ?? 0) * 1000,
            take: take ?? 50,
            signal: gone.signal,
          }),
        }
      } finally {
        raw.socket.off('close', leave)
      }
    },
  )
}
