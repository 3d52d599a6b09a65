import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { TSchema } from 'typebox'
import { Check, Errors } from 'typebox/value'
import { AuthenticationRefusal, ManagementRefusal } from '../src/contract/refusals.ts'
import type {} from '../src/http/replies.ts'

/**
 * Runs `build`, and makes every Fastify instance that it builds compare each answer with the reply that
 * its route declares. An answer that differs becomes a 500, and what differs is printed.
 */
export async function withCheckedReplies<T>(build: () => Promise<T>): Promise<T> {
  const onInstance = (message: unknown) => {
    const { fastify } = message as { fastify: FastifyInstance } // what the channel is documented to carry
    fastify.addHook('onSend', async (request, reply, payload) => {
      if (reply.statusCode !== 500) assertReply(request, reply.statusCode, payload)
      return payload
    })
  }
  subscribe('fastify.initialization', onInstance)
  try {
    return await build()
  } finally {
    unsubscribe('fastify.initialization', onInstance)
  }
}

function assertReply(request: FastifyRequest, status: number, payload: unknown): void {
  const { config, url, method } = request.routeOptions
  const schema = declaredReply(config, status)
  if (schema === undefined || request.method === 'HEAD') return
  const label = `${method} ${url} answered ${status}`
  if (schema === 'none') throw lie(`${label}, which its route does not declare`)
  if (schema === null) {
    if (payload) throw lie(`${label} with a body, and its route declares none`)
    return
  }
  if (typeof payload !== 'string') throw lie(`${label} without a text as its body`)
  const value: unknown = JSON.parse(payload)
  const closed = closedForm(schema)
  if (Check(closed, value)) return
  const [first] = Errors(closed, value)
  throw lie(
    `${label} with what its route does not declare: ${first?.instancePath} ${first?.message} ` +
      `${JSON.stringify(first?.params)} in ${payload.slice(0, 2000)}`,
  )
}

/** Of status 500 whatever the answer's was. */
const lie = (text: string) => Object.assign(new Error(text), { statusCode: 500 })

/** The schema of an answer; `none` where there should be one, undefined where nobody says. */
function declaredReply(
  { reply, scopes }: FastifyRequest['routeOptions']['config'],
  status: number,
): TSchema | null | 'none' | undefined {
  const declared = reply?.[status]
  if (declared !== undefined) return declared
  if (status >= 400) {
    if (scopes !== undefined) return ManagementRefusal
    return reply === undefined ? undefined : AuthenticationRefusal
  }
  return reply === undefined ? undefined : 'none'
}

const closedForms = new WeakMap<object, TSchema>()

/** The schema with each object closed that does not say whether it is. */
export function closedForm(schema: TSchema): TSchema {
  const known = closedForms.get(schema)
  if (known !== undefined) return known
  const closed = close(schema) as TSchema // the same members, and one more in objects
  closedForms.set(schema, closed)
  return closed
}

function close(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(close)
  if (typeof node !== 'object' || node === null) return node
  const copy = Object.fromEntries(
    Object.entries(node).map(([key, value]) => [
      key,
      key === 'enum' || key === 'const' ? value : close(value),
    ]),
  )
  const isOpen =
    !('additionalProperties' in copy) && 'properties' in copy && copy.type !== undefined
  return isOpen && [copy.type].flat().includes('object')
    ? { ...copy, additionalProperties: false }
    : copy
}
