import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Deps } from '../../domain/deps.ts'
import type { Client } from '../../domain/tenant.ts'
import type { Login } from '../../oidc/login-transaction.ts'
import { type RenderedScreen, renderScreen, sendScreen } from './screen.ts'
import { statusView } from './screens/mfa-views.ts'

/** What a page without a way on says: a key of the screen `status`. */
type Reason = string

/** Where a person may begin again, as far as the application has said so. */
const backUrl = (client: Client | undefined): string | undefined => {
  const url = client?.document.initiate_login_uri
  return typeof url === 'string' && /^https?:\/\//.test(url) ? url : undefined
}

const statusScreen = (
  client: Client | undefined,
  reason: Reason | undefined,
  locales: string | null,
) => ({
  ...{ name: 'status' as const, client, state: '', locales },
  view: (shown: Parameters<typeof statusView>[0]) =>
    statusView(shown, { reason, backUrl: backUrl(client) }),
})

/** The page of a login that is over, or was never this browser's. */
export const sendExpired = (
  deps: Deps,
  request: FastifyRequest,
  reply: FastifyReply,
  login: Login | undefined,
): Promise<FastifyReply> =>
  sendProblem(deps, request, reply, {
    ...{ client: login?.client, reason: 'transaction-not-found' },
    locales: login?.request.locales ?? null,
  })

/** A page that tells a person what went wrong, and goes nowhere. */
export const sendProblem = (
  deps: Deps,
  request: FastifyRequest,
  reply: FastifyReply,
  problem: {
    client?: Client | undefined
    reason?: Reason
    locales?: string | null
    status?: number
  },
): Promise<FastifyReply> =>
  sendScreen(
    deps,
    request,
    reply,
    statusScreen(problem.client, problem.reason, problem.locales ?? null),
    problem.status ?? 400,
  )

/** The same as markup. */
export const renderProblem = (
  deps: Deps,
  request: Pick<FastifyRequest, 'tenant' | 'headers'>,
  reason: Reason,
): Promise<RenderedScreen> => renderScreen(deps, request, statusScreen(undefined, reason, null))
