import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { AppError } from '../../base/app-error.ts'
import { formatPhoneNumber, parsePhoneNumber } from '../../base/phone-number.ts'
import { normalizeCode } from '../../domain/codes.ts'
import type { Deps } from '../../domain/deps.ts'
import { codeRules } from '../../domain/passwordless-connection.ts'
import { finishPasswordless } from '../../domain/passwordless-finish.ts'
import { passwordlessStatus } from '../../domain/passwordless-status.ts'
import { personOfNumber } from '../../domain/person-of-number.ts'
import type { Connection, Tenant } from '../../domain/tenant.ts'
import { findLogin, type Login, secondFactorOf } from '../../oidc/login-transaction.ts'
import { cookieNames } from '../../oidc/request-context.ts'
import { readCookie } from './cookies.ts'
import { sendScreen } from './screen.ts'
import { codeView } from './screens/code-view.ts'
import { sendCode, type TextSteps, textStepsOf } from './send-code.ts'
import {
  type Form,
  goOn,
  loginPage,
  pageUrl,
  rememberedBrowserOf,
  sendAway,
} from './transaction.ts'

const screen = 'login-passwordless-sms-otp'
/** How long the button to send again waits after a message. */
const resendWaitMs = 30_000

type Sent = TextSteps & { open: Connection }

/** The second screen of a login by text: the code, and what became of its message. */
export function passwordlessCodeRoutes(app: FastifyInstance, deps: Deps): void {
  app.get(
    `/u/${screen}`,
    loginPage(deps, async (request, reply, { login }) => {
      if (login.person !== undefined) return goOn(deps, request, reply, login)
      const sent = sentOf(request.tenant, login)
      if (sent === undefined) return reply.redirect(pageUrl('login-id', login), 303)
      return show(deps, request, reply, login, sent)
    }),
  )
  app.post(
    `/u/${screen}`,
    loginPage(deps, async (request, reply, { login, form }) => {
      if (login.person !== undefined) return goOn(deps, request, reply, login)
      const sent = sentOf(request.tenant, login)
      if (sent === undefined || form.action === 'edit') {
        return reply.redirect(pageUrl('login-id', login, '&by=phone'), 303)
      }
      if (form.action === 'resend-code') {
        const error = await sendCode(deps, request, login, {
          ...{ phone: sent.phone, connection: sent.open },
        })
        return error === undefined
          ? reply.redirect(pageUrl(screen, login), 303)
          : show(deps, request, reply, login, sent, { '': error })
      }
      return submit(deps, request, reply, { login, form, sent })
    }),
  )
}

/** The number that a code went to, as long as its connection is open. */
function sentOf(tenant: Tenant, login: Login): Sent | undefined {
  const steps = textStepsOf(login)
  const open = tenant.connections.find(({ name }) => name === steps?.connection)
  if (steps === undefined || open === undefined) return undefined
  return login.client.connectionIds.has(open.id) ? { ...steps, open } : undefined
}

async function show(
  deps: Deps,
  request: FastifyRequest,
  reply: FastifyReply,
  login: Login,
  sent: Sent,
  errors?: Record<string, string>,
  status?: number,
): Promise<FastifyReply> {
  const state = await deliveryOf(deps, request, login, sent)
  const waitMs = sent.sentAt + resendWaitMs - deps.clock.now()
  return sendScreen(
    deps,
    request,
    reply,
    {
      ...{ name: screen, client: login.client, state: login.state },
      locales: login.request.locales,
      values: { length: String(codeRules(sent.open).length) },
      ...(errors && { errors }),
      view: (shown) =>
        codeView(shown, {
          ...{ number: formatPhoneNumber(sent.phone), canEdit: true, voice: false },
          ...{ otherMethod: undefined, hasOtherNumbers: false, hasOtherMethods: false },
          ...{ canRemember: false, resendWaitS: Math.max(0, Math.ceil(waitMs / 1000)) },
          delivery: state && { ...state, url: pageUrl('delivery', login) },
        }),
    },
    status,
  )
}

/** Nothing where the state is asked for too often, or too late: the page works without. */
async function deliveryOf(
  deps: Deps,
  request: FastifyRequest,
  { stateHash }: Login,
  sent: TextSteps,
) {
  try {
    const { state, final } = await passwordlessStatus(deps, request.tenant, {
      ...{ id: sent.challenge, ip: request.ip, login: stateHash },
    })
    return { state, final }
  } catch (error) {
    if (error instanceof AppError) return undefined
    throw error
  }
}

async function submit(
  deps: Deps,
  request: FastifyRequest,
  reply: FastifyReply,
  { login, form, sent }: { login: Login; form: Form; sent: Sent },
): Promise<FastifyReply> {
  const { tenant } = request
  const refuse = (key: string, status = 400, field = 'code') =>
    show(deps, request, reply, login, sent, { [field]: key }, status)
  const otp = normalizeCode(form.code ?? '')
  if (otp === '') return refuse('no-code')
  if (!/^[0-9]+$/.test(otp) || otp.length !== codeRules(sent.open).length) {
    return refuse('invalid-otp-code-format')
  }
  const phone = parsePhoneNumber(sent.phone)
  if (phone === undefined) throw new Error('a code was sent to no number')
  const { required } = await secondFactorOf(
    deps,
    tenant,
    login,
    () => personOfNumber(deps, tenant, sent.open, phone),
    rememberedBrowserOf(request),
  )
  const result = await finishPasswordless(deps, tenant, {
    ...{ client: login.client, connection: sent.open, phone, otp, ip: request.ip },
    userAgent: (request.headers['user-agent'] ?? '').slice(0, 500),
    scope: login.request.scopes.join(' '),
    audience: login.request.audience ?? undefined,
    ...{ refreshToken: undefined, secondFactor: required, loginHash: login.stateHash },
  })
  switch (result.outcome) {
    case 'right': {
      const person = { userId: result.user.user_id, connection: sent.open.name }
      return goOn(deps, request, reply, { ...login, person })
    }
    case 'budget':
      return refuse('too-many-failures', 429, '')
    case 'blocked':
      return sendAway(deps, request, reply, login)
    case 'wrong': {
      // Of two posts of one form one was right a moment ago: both lead on.
      const now = await again(deps, request, login)
      return now?.person === undefined
        ? refuse('invalid-verification-code')
        : goOn(deps, request, reply, now)
    }
  }
}

const again = (deps: Deps, request: FastifyRequest, login: Login) =>
  findLogin(deps, request.tenant, {
    state: login.state,
    cookie: readCookie(request, cookieNames(request.tenant).browser),
  })
