import type { FastifyReply, FastifyRequest } from 'fastify'
import { randomToken } from '../../../base/random.ts'
import { tokenHash } from '../../../base/secret-box.ts'
import type { Deps } from '../../../domain/deps.ts'
import { readEnrollmentTicket } from '../../../domain/enrollment-tickets.ts'
import { mfaDevices } from '../../../domain/mfa-devices.ts'
import { countedMethods, mfaSettings } from '../../../domain/mfa-settings.ts'
import type { Tenant } from '../../../domain/tenant.ts'
import { isSecure } from '../../../oidc/request-context.ts'
import { readCookie } from '../cookies.ts'
import { sendScreen } from '../screen.ts'
import { enrollResultView } from '../screens/mfa-views.ts'
import type { Form } from '../transaction.ts'
import { type MfaState, openState, sealState } from './state.ts'
import type { MfaSubject, Visit } from './visit.ts'

/**
 * A way from an enrolment ticket: kept in a sealed cookie of the browser, because there is no login. The
 * ticket itself says whether it still is good.
 */
export type TicketWay = { state: string; ticket: string; mfa: MfaState }

const prefix = 'ticket.'
/** How long a browser has for the pages, in seconds. */
const wayLifetimeS = 3600
const owner = 'enrollment-ticket'

/** Whether the `state` of a page is one of a ticket's way. */
export const isTicketState = (state: string | undefined): boolean =>
  state?.startsWith(prefix) === true

const cookieName = (tenant: Tenant): string => `${isSecure(tenant) ? '__Host-' : ''}auth0_mt`

/** The way that a browser is on; undefined where it is on none, or on another. */
export function ticketWay(
  deps: Deps,
  request: FastifyRequest,
  state: string | undefined,
): TicketWay | undefined {
  const sealed = readCookie(request, cookieName(request.tenant))
  const way = openState(deps, request.tenant.id, owner, sealed) as TicketWay | undefined // sealed by us only
  return way !== undefined && (state === undefined || way.state === state) ? way : undefined
}

/** Keeps a way with its browser. */
export function keepWay(
  deps: Deps,
  { tenant }: FastifyRequest,
  reply: FastifyReply,
  way: TicketWay,
): void {
  const attributes = ['Path=/', `Max-Age=${wayLifetimeS}`, 'HttpOnly', 'SameSite=Lax']
  if (isSecure(tenant)) attributes.push('Secure')
  // The newest one only.
  reply.removeHeader('set-cookie')
  const value = sealState(deps, tenant.id, owner, way)
  reply.header('set-cookie', `${cookieName(tenant)}=${value}; ${attributes.join('; ')}`)
}

/** A new way for a ticket that is good. */
export const newWay = ({ random }: Deps, ticket: string, userId: string): TicketWay => ({
  ...{ state: `${prefix}${randomToken(random)}`, ticket, mfa: { userId } },
})

/** A request of somebody who follows a ticket. */
export async function ticketVisit(
  deps: Deps,
  request: FastifyRequest,
  reply: FastifyReply,
  { way, form }: { way: TicketWay; form: Form },
): Promise<Visit | FastifyReply> {
  const { tenant } = request
  const found = await readEnrollmentTicket(deps, tenant, way.ticket)
  const isDone = way.mfa.passed !== undefined
  if (found.state !== 'good' && !isDone) {
    return sendTicketResult(deps, request, reply, resultOf(found.state))
  }
  const ticket = found.state === 'good' ? found.ticket : undefined
  const [settings, rows] = await Promise.all([
    mfaSettings(deps, tenant),
    mfaDevices(deps, tenant, way.mfa.userId),
  ])
  if (!isDone && !ticket?.allow_multiple && countedMethods(settings, rows).length > 0) {
    return sendTicketResult(deps, request, reply, 'enrolled')
  }
  const subject: MfaSubject = {
    ...{ state: way.state, userId: way.mfa.userId, owner: `ticket:${way.state}` },
    ...{ client: undefined, connection: null, locales: null, kept: way.mfa },
    ...{ mayAdd: ticket?.allow_multiple === true, onlyFactor: ticket?.factor ?? null },
    ...{ ticketHash: tokenHash(way.ticket), offersRemembering: false },
    async keep(next) {
      keepWay(deps, request, reply, { ...way, mfa: next })
      return true
    },
    leave: async () => reply.redirect(`/u/mfa-enroll-result?state=${way.state}`, 303),
    sendAway: () => sendTicketResult(deps, request, reply, 'invalid'),
  }
  const visit = { deps, request, reply, tenant, form, subject, state: way.mfa }
  return { ...visit, settings, rows, mode: 'enroll' }
}

/** The words of a ticket's state on the last page. */
export const resultOf = (state: 'unknown' | 'used' | 'expired') =>
  state === 'unknown' ? 'invalid' : state

/** How a way from a ticket ended. */
export const sendTicketResult = (
  deps: Deps,
  request: FastifyRequest,
  reply: FastifyReply,
  result: Parameters<typeof enrollResultView>[1]['result'],
): Promise<FastifyReply> =>
  sendScreen(
    deps,
    request,
    reply,
    {
      ...{ name: 'mfa-enroll-result', client: undefined, state: '', locales: null },
      view: (shown) => enrollResultView(shown, { result }),
    },
    result === 'success' ? 200 : 400,
  )
