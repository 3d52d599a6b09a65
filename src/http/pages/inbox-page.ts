import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { type InboxMessage, InboxMessageList } from '../../contract/inbox.ts'
import { type Refusal, refuseStranger } from './loopback.ts'
import { readPageAsset, registerPageAssets, sendPageAsset, setPageHeaders } from './page-assets.ts'

/** What the page asks of the inbox; the meaning is that of `GET /api/v2/phone/inbox`. */
export type InboxQuery = {
  recipient?: string
  /** Only messages newer than this id. */
  after?: string
  /** How long to hold an empty answer; 0 answers at once. */
  waitMs: number
  take: number
  /** Fires when nobody waits any more: the browser left, or the server stops. */
  signal: AbortSignal
}

export type InboxPageOptions = {
  /** Off: the page and its data do not exist (the server's own 404). */
  enabled: boolean
  /** Names of this server besides localhost, as `name` or `name:port`: usually that of its public URL. */
  allowedHosts: string[]
  /** Newest first. The request tells the tenant. */
  listInbox(query: InboxQuery, request: FastifyRequest): Promise<InboxMessage[]>
}

const maxWaitS = 25

const MessagesQuery = Type.Object(
  {
    // The letters of an id only: a NUL, for one, is more than the database can compare with.
    after: Type.Optional(Type.String({ pattern: '^[0-9A-Za-z_-]{1,64}$' })),
    wait: Type.Optional(Type.String({ pattern: '^[0-9]{1,3}$' })),
    take: Type.Optional(Type.String({ pattern: '^(?:[1-9][0-9]?|100)$' })),
  },
  { additionalProperties: false },
)

/**
 * `GET /inbox`, and `GET /inbox/messages` from which the page lives. The page holds no token, so
 * being on this machine is what entitles: see `loopback.ts`. No other origin may read the data, and
 * no number ever stands in an address that is logged.
 */
export const inboxPageRoutes: FastifyPluginAsyncTypebox<InboxPageOptions> = async (
  app,
  { enabled, allowedHosts, listInbox },
) => {
  if (!enabled) return

  registerPageAssets(app)
  const page = readPageAsset('inbox.html')
  const refusals = readRefusals()
  const closing = new AbortController()
  // A page that waits for news must not hold up the end of the server.
  app.addHook('preClose', async () => closing.abort())

  const onRequest = async (request: FastifyRequest, reply: FastifyReply) => {
    const refusal = refuseStranger(request, allowedHosts)
    if (refusal !== undefined) {
      return sendPageAsset(request, reply.code(403), refusals[refusal])
    }
  }

  app.get('/inbox', { onRequest }, (request, reply) => sendPageAsset(request, reply, page))

  app.get(
    '/inbox/messages',
    {
      onRequest,
      attachValidation: true,
      schema: { querystring: MessagesQuery, response: { 200: InboxMessageList } },
    },
    async (request, reply) => {
      setPageHeaders(reply)
      reply.header('cache-control', 'no-store')
      if (request.validationError !== undefined) return refuseQuery(reply)
      const { after, wait = '0', take = '100' } = request.query

      const signal = AbortSignal.any([request.signal, closing.signal])
      try {
        const messages = await listInbox(
          {
            ...(after === undefined ? {} : { after }),
            waitMs: Math.min(Number(wait), maxWaitS) * 1000,
            take: Number(take),
            signal,
          },
          request,
        )
        return { messages }
      } catch (error) {
        if (!signal.aborted) throw error
        return { messages: [] }
      }
    },
  )
}

function refuseQuery(reply: FastifyReply) {
  const error_description = 'after, wait (seconds) or take (1 to 100) is not as it should be'
  // The reply type knows only the 200 shape; this is the one other answer of the route.
  return (reply as FastifyReply).code(400).send({ error: 'invalid_request', error_description })
}

function readRefusals() {
  const title = 'The inbox stays on its own machine'
  const texts: Record<Refusal, string> = {
    peer: 'It shows sign-in codes in the clear, so it answers only a browser that runs on the same machine as the server, with no proxy in between.',
    host: 'It answers only under localhost or the address that the server was started with, and this request used another name.',
  }
  return {
    peer: readPageAsset('refusal.html', { title, text: texts.peer }),
    host: readPageAsset('refusal.html', { title, text: texts.host }),
  }
}
