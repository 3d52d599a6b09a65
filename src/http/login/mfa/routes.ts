import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { AppError } from '../../../base/app-error.ts'
import { tokenHash } from '../../../base/secret-box.ts'
import type { Deps } from '../../../domain/deps.ts'
import { readEnrollmentTicket } from '../../../domain/enrollment-tickets.ts'
import { limitStatusQuestions } from '../../../domain/status-limit.ts'
import { findLogin } from '../../../oidc/login-transaction.ts'
import { cookieNames } from '../../../oidc/request-context.ts'
import { readCookie } from '../cookies.ts'
import { sendExpired, sendProblem } from '../error-page.ts'
import { sendScreen } from '../screen.ts'
import { type Form, formOf, isOfOtherSite, limitPage, loginPage } from '../transaction.ts'
import { otpChallengeScreen, otpEnrollmentScreen } from './app-screens.ts'
import { codeScreens, deliveryState } from './code-screens.ts'
import { enter } from './enter.ts'
import { keptState, loginVisit } from './login-subject.ts'
import { enrollOptionsScreen, loginOptionsScreen } from './options.ts'
import { phoneChallengeScreen, phoneListScreen } from './phone-challenge.ts'
import { phoneEnrollmentScreens } from './phone-enrollment.ts'
import { recoveryChallengeScreen, recoveryCodeScreens } from './recovery-screens.ts'
import {
  isTicketState,
  keepWay,
  newWay,
  resultOf,
  sendTicketResult,
  ticketVisit,
  ticketWay,
} from './ticket-subject.ts'
import type { MfaScreen, Step, Visit } from './visit.ts'

const screens: readonly MfaScreen[] = [
  enrollOptionsScreen,
  ...phoneEnrollmentScreens,
  ...codeScreens,
  phoneChallengeScreen,
  phoneListScreen,
  loginOptionsScreen,
  otpEnrollmentScreen,
  otpChallengeScreen,
  recoveryChallengeScreen,
  ...recoveryCodeScreens,
]

/**
 * The pages of a second factor: `/u/mfa` finds out which one a person needs, and each of them leads
 * there when it is not open to the person at that moment.
 */
export function mfaPageRoutes(app: FastifyInstance, deps: Deps): void {
  app.get(
    '/u/mfa',
    mfaPage(deps, async (visit) => goTo(visit, await enter(visit))),
  )
  for (const screen of screens) {
    app.get(
      `/u/${screen.name}`,
      mfaPage(deps, async (visit) =>
        screen.isOpen(visit) ? show(visit, screen) : goTo(visit, { to: 'mfa' }),
      ),
    )
    app.post(
      `/u/${screen.name}`,
      mfaPage(deps, async (visit) =>
        screen.isOpen(visit)
          ? goTo(visit, await screen.submit(visit), screen)
          : goTo(visit, { to: 'mfa' }),
      ),
    )
  }
  deliveryRoute(app, deps)
  ticketRoutes(app, deps)
}

/** Finds out who asks, by the `state` of a login or of a ticket's way and the cookie of its browser. */
const mfaPage = (deps: Deps, handle: (visit: Visit) => Promise<unknown>) => {
  const ofLogin = loginPage(deps, async (request, reply, page) => {
    const visit = await loginVisit(deps, request, reply, page)
    return isVisit(visit) ? handle(formOnly(visit)) : visit
  })
  return async (request: FastifyRequest, reply: FastifyReply): Promise<unknown> => {
    const query = formOf(request.query)
    const form: Form = request.method === 'POST' ? formOf(request.body) : query
    const state = form.state ?? query.state
    if (!isTicketState(state)) return ofLogin(request, reply)
    const way = ticketWay(deps, request, state)
    if (way === undefined || (request.method === 'POST' && isOfOtherSite(request))) {
      return sendExpired(deps, request, reply, undefined)
    }
    await limitPage(deps, request, { hash: tokenHash(way.state), client: undefined })
    const visit = await ticketVisit(deps, request, reply, { way, form })
    return isVisit(visit) ? handle(formOnly(visit)) : visit
  }
}

const isVisit = (found: Visit | FastifyReply): found is Visit => 'subject' in found

/** Fields come from a form only, never from a link. */
const formOnly = (visit: Visit): Visit =>
  visit.request.method === 'POST' ? visit : { ...visit, form: {} }

async function goTo(
  visit: Visit,
  step: Step | undefined,
  screen?: MfaScreen,
): Promise<FastifyReply> {
  const { deps, request, reply, subject } = visit
  if (step === 'leave') return subject.leave()
  if (step === 'send away') return subject.sendAway()
  if (step === undefined || (!('to' in step) && screen === undefined)) {
    const { client, locales } = subject
    const reason = visit.mode === 'enroll' ? 'mfa-required' : 'mfa-unavailable'
    return sendProblem(deps, request, reply, { client, locales, reason })
  }
  if ('to' in step) {
    const url = `/u/${step.to}?state=${encodeURIComponent(subject.state)}`
    return reply.header('cache-control', 'no-store').redirect(url, 303)
  }
  return show(visit, screen as MfaScreen, step) // looked at above
}

async function show(
  visit: Visit,
  screen: MfaScreen,
  refused?: { errors: Readonly<Record<string, string>>; status?: number },
): Promise<FastifyReply> {
  const { deps, request, reply, subject, state } = visit
  const { client, locales } = subject
  const problem = state.problem === undefined ? undefined : { '': state.problem }
  const errors = refused?.errors ?? problem
  return sendScreen(
    deps,
    request,
    reply,
    {
      ...{ name: screen.name, client, locales, state: subject.state, values: { length: '6' } },
      ...(errors && { errors }),
      view: await screen.view(visit),
    },
    refused === undefined ? 200 : (refused.status ?? 400),
  )
}

/** What became of the newest message, for the script of its page. */
function deliveryRoute(app: FastifyInstance, deps: Deps): void {
  app.get('/u/mfa-delivery', async (request, reply) => {
    const { tenant } = request
    reply.header('cache-control', 'no-store')
    try {
      const login = tokenHash(formOf(request.query).state ?? '')
      await limitStatusQuestions(deps, tenant, { ip: request.ip, login })
    } catch (error) {
      if (!(error instanceof AppError)) throw error
      return reply
        .code(429)
        .header('retry-after', String(Math.ceil(error.details.retryAfterS ?? 1)))
        .send({ error: 'too_many_requests' })
    }
    const state = await stateOf(deps, request)
    const told = state && (await deliveryState({ deps, tenant, state }))
    return told ?? reply.code(404).send({ error: 'not_found' })
  })
}

async function stateOf(deps: Deps, request: FastifyRequest) {
  const { tenant } = request
  const { state } = formOf(request.query)
  if (isTicketState(state)) return ticketWay(deps, request, state)?.mfa
  const cookie = readCookie(request, cookieNames(tenant).browser)
  const login = await findLogin(deps, tenant, { state, cookie })
  return login && keptState(deps, tenant.id, login)
}

/** Where the link of an enrolment ticket leads, and how the way from it ends. */
function ticketRoutes(app: FastifyInstance, deps: Deps): void {
  app.get('/mfa/enrollment', async (request, reply) => {
    const { ticket = '' } = formOf(request.query)
    await limitPage(deps, request, { hash: tokenHash('enrollment'), client: undefined })
    const found = await readEnrollmentTicket(deps, request.tenant, ticket.slice(0, 100))
    if (found.state !== 'good') {
      return sendTicketResult(deps, request, reply, resultOf(found.state))
    }
    const former = ticketWay(deps, request, undefined)
    // Who opens the link once more is where it was.
    const way = former?.ticket === ticket ? former : newWay(deps, ticket, found.ticket.user_id)
    keepWay(deps, request, reply, way)
    return reply.header('cache-control', 'no-store').redirect(`/u/mfa?state=${way.state}`, 303)
  })
  app.get('/u/mfa-enroll-result', async (request, reply) => {
    const { state = '' } = formOf(request.query)
    const way = ticketWay(deps, request, state)
    const isDone = way?.mfa.passed !== undefined
    return sendTicketResult(deps, request, reply, isDone ? 'success' : 'invalid')
  })
}
