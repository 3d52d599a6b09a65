import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Deps } from '../../domain/deps.ts'
import { enforceLimits } from '../../domain/limits.ts'
import type { Client } from '../../domain/tenant.ts'
import {
  findLogin,
  finishLogin,
  type Login,
  refuseLogin,
  secondFactorOf,
} from '../../oidc/login-transaction.ts'
import { cookieNames } from '../../oidc/request-context.ts'
import { readCookie } from './cookies.ts'
import { sendExpired } from './error-page.ts'

/** A form of a page: every member one text. */
export type Form = Readonly<Record<string, string | undefined>>

/** A request to a page of a pending login. */
export type LoginPage = { login: Login; form: Form }

/**
 * Wraps a page of a pending login: finds the login by `state` and by the cookie of its browser, and shows
 * the page that tells what to do where there is none. A form of another site is refused, and so is who
 * asks too often.
 */
export const loginPage =
  (
    deps: Deps,
    handle: (request: FastifyRequest, reply: FastifyReply, page: LoginPage) => Promise<unknown>,
  ) =>
  async (request: FastifyRequest, reply: FastifyReply): Promise<unknown> => {
    const { tenant } = request
    const isForm = request.method === 'POST'
    if (isForm && isOfOtherSite(request)) return sendExpired(deps, request, reply, undefined)
    const query = formOf(request.query)
    const form = isForm ? formOf(request.body) : query
    const login = await findLogin(deps, tenant, {
      state: form.state ?? query.state,
      cookie: readCookie(request, cookieNames(tenant).browser),
    })
    if (login === undefined) return sendExpired(deps, request, reply, undefined)
    await limitPage(deps, request, { hash: login.stateHash, client: login.client })
    return handle(request, reply, { login, form })
  }

/** What of a query or a body is text. */
export const formOf = (given: unknown): Form =>
  Object.fromEntries(
    Object.entries(Object(given)).filter((entry): entry is [string, string] => {
      return typeof entry[1] === 'string'
    }),
  )

/** What a browser says of where a form comes from; old ones say nothing, and have the cookie's word. */
export function isOfOtherSite(request: FastifyRequest): boolean {
  const { origin } = request.headers
  const site = request.headers['sec-fetch-site']
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return true
  if (origin === undefined) return false
  return !URL.canParse(origin) || new URL(origin).host !== request.host
}

/** Source: authentication-api 0.7, prompts. @throws AppError `too_many_requests` */
export async function limitPage(
  deps: Deps,
  request: FastifyRequest,
  { hash, client }: { hash: Buffer; client: Client | undefined },
): Promise<void> {
  const isForm = request.method === 'POST'
  const who = `${request.ip}:${hash.toString('base64url').slice(0, 22)}`
  const bucket = isForm
    ? { key: `form:${who}`, count: 10, perS: 120 }
    : { key: `page:${who}`, count: 60, perS: 60 }
  await enforceLimits(deps, request.tenant, [bucket], () => ({
    type: 'api_limit',
    description: 'A sign-in page was asked for too often',
    ...(client && { client_id: client.clientId }),
    ip: request.ip,
  }))
}

/** The cookie of a browser in which a second factor is not asked again. */
export const rememberedBrowserOf = (request: FastifyRequest): string | undefined =>
  readCookie(request, cookieNames(request.tenant).rememberedBrowser)

/** The address of a page of a login. */
export const pageUrl = (screen: string, login: Login, more = ''): string =>
  `/u/${screen}?state=${encodeURIComponent(login.state)}${more}`

/**
 * Goes on with a login whose first factor was right: to the second, where one is needed, else back to the
 * application.
 */
export async function goOn(
  deps: Deps,
  request: FastifyRequest,
  reply: FastifyReply,
  login: Login,
): Promise<FastifyReply> {
  const { required } = await secondFactorOf(
    deps,
    request.tenant,
    login,
    async () => login.person?.userId,
    rememberedBrowserOf(request),
  )
  if (required) return reply.redirect(pageUrl('mfa', login), 303)
  return leave(deps, request, reply, login, { secondFactor: false })
}

/** Ends the login of a person who is blocked: the application is told. */
export async function sendAway(
  deps: Deps,
  request: FastifyRequest,
  reply: FastifyReply,
  login: Login,
): Promise<FastifyReply> {
  const url = await refuseLogin(deps, request.tenant, login, {
    ...{ error: 'unauthorized', description: 'user is blocked' },
  })
  return away(deps, request, reply, login, url)
}

const away = (
  deps: Deps,
  request: FastifyRequest,
  reply: FastifyReply,
  login: Login,
  url: string | undefined,
): FastifyReply | Promise<FastifyReply> =>
  url === undefined
    ? sendExpired(deps, request, reply, login)
    : reply.header('cache-control', 'no-store').redirect(url, 303)

/** Ends a login well; see `finishLogin`. */
export async function leave(
  deps: Deps,
  request: FastifyRequest,
  reply: FastifyReply,
  login: Login,
  finish: { secondFactor: boolean },
): Promise<FastifyReply> {
  const raw = { req: request.raw, res: reply.raw }
  return away(
    deps,
    request,
    reply,
    login,
    await finishLogin(deps, request.tenant, login, raw, finish),
  )
}
