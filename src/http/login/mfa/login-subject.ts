import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Deps } from '../../../domain/deps.ts'
import { mfaDevices } from '../../../domain/mfa-devices.ts'
import { mfaSettings } from '../../../domain/mfa-settings.ts'
import { replaceStep } from '../../../oidc/login-steps.ts'
import {
  keepSteps,
  type Login,
  refuseLogin,
  secondFactorOf,
} from '../../../oidc/login-transaction.ts'
import { mfaAudience } from '../../../oidc/scopes.ts'
import { sendExpired } from '../error-page.ts'
import { type Form, leave, pageUrl, rememberedBrowserOf } from '../transaction.ts'
import { type MfaState, openState, sealState } from './state.ts'
import type { MfaSubject, Visit } from './visit.ts'

/** The member of a login's `steps` that is ours. */
const stepName = 'mfa'

/** A request of somebody who logs in; what it needs is found out anew each time. */
export async function loginVisit(
  deps: Deps,
  request: FastifyRequest,
  reply: FastifyReply,
  { login, form }: { login: Login; form: Form },
): Promise<Visit | FastifyReply> {
  const { tenant } = request
  const { person } = login
  if (person === undefined) return reply.redirect(pageUrl('login-id', login), 303)
  const subject = loginSubject(deps, request, reply, login, person)
  const state = subject.kept
  const visit = { deps, request, reply, tenant, form, subject, state }
  if (state.passed !== undefined) {
    const settings = await mfaSettings(deps, tenant)
    return { ...visit, settings, mode: 'challenge', rows: [] }
  }
  const needed = await secondFactorOf(
    deps,
    tenant,
    login,
    async () => person.userId,
    rememberedBrowserOf(request),
  )
  if (!needed.required) return leave(deps, request, reply, login, { secondFactor: false })
  return {
    ...visit,
    settings: needed.settings,
    mode: 'challenge' in needed.requirements ? 'challenge' : 'enroll',
    rows: await mfaDevices(deps, tenant, person.userId),
  }
}

/** What the pages of a login remember; undefined before its first factor. */
export function keptState(deps: Deps, tenantId: string, login: Login): MfaState | undefined {
  const { [stepName]: sealed } = login.steps
  const opened = openState(
    deps,
    tenantId,
    ownerOf(login),
    typeof sealed === 'string' ? sealed : undefined,
  ) as MfaState | undefined // sealed by us only, from this type
  if (login.person === undefined) return undefined
  const { userId } = login.person
  return opened?.userId === userId ? opened : { userId }
}

const ownerOf = ({ stateHash }: Login): string => `login:${stateHash.toString('hex')}`

function loginSubject(
  deps: Deps,
  request: FastifyRequest,
  reply: FastifyReply,
  login: Login,
  person: { userId: string; connection: string },
): MfaSubject {
  const { tenant } = request
  const { wantsSecondFactor, audience, locales } = login.request
  const owner = ownerOf(login)
  let sealed = typeof login.steps[stepName] === 'string' ? login.steps[stepName] : null
  return {
    ...{ state: login.state, owner, client: login.client, locales },
    ...{ userId: person.userId, connection: person.connection },
    ...{ mayAdd: false, ticketHash: undefined, onlyFactor: null },
    offersRemembering: !wantsSecondFactor && audience !== mfaAudience(tenant),
    kept: keptState(deps, tenant.id, login) ?? { userId: person.userId },
    async keep(next, force = false) {
      const to = sealState(deps, tenant.id, owner, next)
      if (force) await keepSteps(deps, tenant, login, { [stepName]: to })
      else {
        const step = { name: stepName, from: sealed, to }
        if (!(await replaceStep(deps, tenant, login, step))) return false
      }
      sealed = to
      return true
    },
    leave: () => leave(deps, request, reply, login, { secondFactor: true }),
    async sendAway() {
      const url = await refuseLogin(deps, tenant, login, {
        ...{ error: 'unauthorized', description: 'user is blocked' },
      })
      return url === undefined
        ? sendExpired(deps, request, reply, login)
        : reply.header('cache-control', 'no-store').redirect(url, 303)
    },
  }
}
