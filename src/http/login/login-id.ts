import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { activeIdentifiers } from '../../domain/database-identifiers.ts'
import type { Deps } from '../../domain/deps.ts'
import type { Connection, Tenant } from '../../domain/tenant.ts'
import { loginConnections } from '../../oidc/authorize.ts'
import { keepSteps, type Login } from '../../oidc/login-transaction.ts'
import { countriesFor, internationalNumber, likelyCountry } from './countries.ts'
import { sendScreen } from './screen.ts'
import { loginIdView } from './screens/login-id-view.ts'
import { sendCode, textStepsOf } from './send-code.ts'
import { type Form, goOn, loginPage, pageUrl } from './transaction.ts'

type Way = 'phone' | 'password'

/** The first screen: who it is, by a number for a code or by what one logs in with a password. */
export function loginIdRoutes(app: FastifyInstance, deps: Deps): void {
  app.get(
    '/u/login-id',
    loginPage(deps, async (request, reply, { login, form }) => {
      if (login.person !== undefined) return goOn(deps, request, reply, login)
      return show(deps, request, reply, login, { way: wayOf(request.tenant, login, form.by) })
    }),
  )
  app.post(
    '/u/login-id',
    loginPage(deps, async (request, reply, { login, form }) => {
      if (login.person !== undefined) return goOn(deps, request, reply, login)
      if (form.action === 'toggle-password') return toggle(reply, login, 'password')
      if (form.action === 'toggle-phone') return toggle(reply, login, 'phone')
      return form.username === undefined
        ? submitPhone(deps, request, reply, login, form)
        : submitUsername(deps, request, reply, login, form)
    }),
  )
}

const toggle = (reply: FastifyReply, login: Login, way: Way) =>
  reply.redirect(pageUrl('login-id', login, `&by=${way}`), 303)

/** The ways that a login may go: its oldest connection of each kind. */
export function waysOf(tenant: Tenant, login: Login): Partial<Record<Way, Connection>> {
  const open = loginConnections(tenant, login.client, login.request.connection) ?? []
  const phone = open.find(({ strategy }) => strategy === 'sms')
  const password = open.find(({ strategy }) => strategy === 'auth0')
  return { ...(phone && { phone }), ...(password && { password }) }
}

/** A database comes first where the application has one (authentication-api 1.10). */
function wayOf(tenant: Tenant, login: Login, wanted: string | undefined): Way {
  const ways = waysOf(tenant, login)
  if (wanted === 'phone' && ways.phone !== undefined) return 'phone'
  return ways.password === undefined ? 'phone' : 'password'
}

type Filled = { way: Way; value?: string; country?: string; error?: string }

function show(
  deps: Deps,
  request: FastifyRequest,
  reply: FastifyReply,
  login: Login,
  { way, value, country, error }: Filled,
): Promise<FastifyReply> {
  const { tenant } = request
  const ways = waysOf(tenant, login)
  const hint = login.request.loginHint ?? undefined
  const field = way === 'phone' ? 'phone' : 'username'
  return sendScreen(deps, request, reply, {
    ...{ name: 'login-id', client: login.client, state: login.state },
    locales: login.request.locales,
    ...(error !== undefined && { errors: { [isOfField(error) ? field : '']: error } }),
    view(shown, locale) {
      if (way === 'password') {
        const active = ways.password === undefined ? [] : activeIdentifiers(ways.password)
        return loginIdView(shown, {
          ...{ by: 'password', value: value ?? usernameOf(login) ?? hint ?? '' },
          emailOnly: active.length === 1 && active[0] === 'email',
          hasOther: ways.phone !== undefined,
        })
      }
      const countries = countriesFor(locale, countryRule(tenant))
      const typed = value ?? textStepsOf(login)?.phone ?? numberIn(hint) ?? ''
      return loginIdView(shown, {
        ...{ by: 'phone', value: typed, countries, hasOther: ways.password !== undefined },
        country: country ?? likelyCountry(request.headers['accept-language'], countries),
      })
    },
  })
}

/** What a person logs in with a password as; undefined before it was typed. */
export const usernameOf = ({ steps }: Login): string | undefined =>
  typeof steps.username === 'string' ? steps.username : undefined

const numberIn = (hint: string | undefined): string | undefined =>
  hint !== undefined && /^[+0-9][0-9 ()\-./]*$/.test(hint) ? hint : undefined

/** Errors of what was typed stand at the field, others above the form. */
const isOfField = (error: string): boolean =>
  ['no-phone', 'invalid-phone-number', 'country-not-allowed', 'no-username'].includes(error)

/** The countries whose numbers a tenant accepts; undefined for all. */
export function countryRule(tenant: Tenant) {
  const rule = tenant.settings.country_codes as
    | { list: string[]; mode: 'allow' | 'deny' }
    | null
    | undefined // checked when written
  return rule ?? undefined
}

async function submitPhone(
  deps: Deps,
  request: FastifyRequest,
  reply: FastifyReply,
  login: Login,
  form: Form,
): Promise<FastifyReply> {
  const connection = waysOf(request.tenant, login).phone
  const filled = { way: 'phone', value: form.phone ?? '', country: form.country ?? 'US' } as const
  const refuse = (error: string) => show(deps, request, reply, login, { ...filled, error })
  if (connection === undefined) return refuse('invalid-connection')
  if (filled.value.trim() === '') return refuse('no-phone')
  const phone = internationalNumber(filled.value, filled.country)
  const error = await sendCode(deps, request, login, { phone, connection })
  if (error !== undefined) return refuse(error)
  return reply.redirect(pageUrl('login-passwordless-sms-otp', login), 303)
}

const longestUsername = 320

async function submitUsername(
  deps: Deps,
  request: FastifyRequest,
  reply: FastifyReply,
  login: Login,
  form: Form,
): Promise<FastifyReply> {
  const username = (form.username ?? '').trim().slice(0, longestUsername)
  const refuse = (error: string) =>
    show(deps, request, reply, login, { way: 'password', value: username, error })
  if (waysOf(request.tenant, login).password === undefined) return refuse('invalid-connection')
  if (username === '') return refuse('no-username')
  await keepSteps(deps, request.tenant, login, { username })
  return reply.redirect(pageUrl('login-password', login), 303)
}
