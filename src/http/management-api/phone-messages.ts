import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { AppError } from '../../base/app-error.ts'
import {
  PhoneMessageDetails,
  PhoneMessageList,
  phoneMessageFilter,
} from '../../contract/messages.ts'
import type { Deps } from '../../domain/deps.ts'
import { getMessageHistory, listMessageHistory } from '../../domain/message-history.ts'
import { checkpointPage, checkpointQuery, encodeCursor } from './paging.ts'

const scopes = ['read:phone_messages']

/** `/phone/messages`: the history of every message. */
export const phoneMessageRoutes: FastifyPluginAsyncTypebox<{ deps: Deps }> = async (
  app,
  { deps },
) => {
  app.get(
    '/phone/messages',
    {
      config: { scopes, reply: { 200: PhoneMessageList } },
      schema: {
        summary: 'Get phone messages',
        querystring: Type.Object({ ...checkpointQuery, ...phoneMessageFilter }),
      },
    },
    async ({ tenant, query }) => {
      const page = checkpointPage(query)
      const { messages, next } = await listMessageHistory(deps, tenant, {
        recipient: query.recipient,
        state: query.state,
        messageType: query.message_type,
        provider: query.provider,
        createdAfter: readTime(query.created_after, 'created_after'),
        createdBefore: readTime(query.created_before, 'created_before'),
        before: page.after?.[0],
        take: page.take,
      })
      return { messages, ...(next !== undefined && { next: encodeCursor([next]) }) }
    },
  )

  app.get(
    '/phone/messages/:id',
    {
      config: { scopes, reply: { 200: PhoneMessageDetails } },
      schema: {
        summary: 'Get a phone message',
        params: Type.Object({ id: Type.String() }),
      },
    },
    async ({ tenant, params }) => getMessageHistory(deps, tenant, params.id),
  )
}

/** @throws AppError `invalid_query_string` for a date that is none, like 30 February's 25th hour */
function readTime(text: string | undefined, name: string): number | undefined {
  if (text === undefined) return undefined
  // A `+` of an offset that was not encoded arrives as a blank.
  const time = Date.parse(text.replace(' ', '+'))
  if (!Number.isNaN(time)) return time
  throw new AppError('invalid_query_string', {
    message: `Query validation error: 'Not a date and time in ISO 8601' on property ${name}.`,
  })
}
