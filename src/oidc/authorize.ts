import { AppError } from '../base/app-error.ts'
import { isRegisteredAddress } from '../domain/address-match.ts'
import type { Deps } from '../domain/deps.ts'
import type { Client, Connection, Tenant } from '../domain/tenant.ts'
import { type LoginRequest, multiFactorUri, requestParameter } from './login-request.ts'
import { grantScopes, parseScope, requestedApi } from './scopes.ts'

/** A request whose client or callback is wrong: told on a page, never by a redirect. */
export type UnsafeRequest = {
  problem: 'malformed' | 'client' | 'callback' | 'web_origin'
  description: string
  client: Client | undefined
}

/** A request that the library may answer: its client, and the query as the library is to see it. */
export type SafeRequest = {
  client: Client
  query: URLSearchParams
  request: LoginRequest
  /** `login_ticket`, from a login on the application's own page. */
  ticket: string | undefined
}

type Parameters = Readonly<Record<string, string>>

/**
 * Reads a request to `/authorize`: judges the client and the callback, and puts into the library's
 * words what Auth0's clients say in theirs. What else is wrong is left to the library, or kept in
 * `refusal` for it to tell, because it knows how: in the query, the fragment, a form or a message.
 *
 * Source: authentication-api 1.10, 5.3, 5.4.
 */
export async function readAuthorizeRequest(
  deps: Deps,
  tenant: Tenant,
  given: URLSearchParams,
): Promise<SafeRequest | UnsafeRequest> {
  const parameters = single(given)
  if (parameters === undefined) return unsafe('malformed', 'A parameter is malformed or repeated.')
  const client = await tenant.client(parameters.client_id ?? '')
  if (client === undefined || client.isGlobal) return unsafe('client', 'Unknown client')
  const redirectUri = callbackOf(client, parameters.redirect_uri)
  if (redirectUri === undefined) {
    return unsafe('callback', 'Callback URL mismatch', client)
  }
  if (parameters.response_mode === 'web_message' && !isWebOrigin(client, redirectUri)) {
    return unsafe('web_origin', 'The origin of the page is not one of the web origins', client)
  }
  const request = await loginRequest(deps, tenant, client, parameters, redirectUri)
  const query = libraryQuery(parameters, request)
  return { client, request, query, ticket: parameters.login_ticket?.slice(0, 200) }
}

const unsafe = (
  problem: UnsafeRequest['problem'],
  description: string,
  client?: Client,
): UnsafeRequest => ({ problem, description, client })

/** Each parameter once, without what no database takes; undefined where that is not so. */
function single(given: URLSearchParams): Parameters | undefined {
  const parameters: Record<string, string> = {}
  for (const [name, value] of given) {
    if (Object.hasOwn(parameters, name) || name === '__proto__') return undefined
    if (value.includes('\0') || !value.isWellFormed()) return undefined
    // An empty parameter is an absent one (RFC 6749 3.1).
    if (value !== '') parameters[name] = value
  }
  return parameters
}

const listOf = (value: unknown): readonly string[] => (value as readonly string[] | undefined) ?? [] // checked when written

function callbackOf(client: Client, named: string | undefined): string | undefined {
  const registered = listOf(client.document.callbacks)
  if (named !== undefined) return isRegisteredAddress(registered, named) ? named : undefined
  const [only, ...others] = registered
  return only !== undefined && others.length === 0 && isRegisteredAddress([only], only)
    ? only
    : undefined
}

function isWebOrigin(client: Client, redirectUri: string): boolean {
  const { origin } = new URL(redirectUri)
  return isRegisteredAddress(
    listOf(client.document.web_origins).map((address) => address.replace(/\/$/, '')),
    origin,
  )
}

async function loginRequest(
  deps: Deps,
  tenant: Tenant,
  client: Client,
  parameters: Parameters,
  redirectUri: string,
): Promise<LoginRequest> {
  const { prompt = '', acr_values = '' } = parameters
  const responseType = [...new Set((parameters.response_type ?? '').split(' '))].sort().join(' ')
  const request: LoginRequest = {
    scopes: parseScope(parameters.scope ?? ''),
    audience: parameters.audience ?? parameters.resource ?? null,
    responseType,
    connection: parameters.connection ?? parameters.realm ?? null,
    wantsSecondFactor: acr_values.split(' ').includes(multiFactorUri),
    wantsAuthTime: parameters.max_age !== undefined || prompt.split(' ').includes('login'),
    locales: parameters.ui_locales ?? null,
    loginHint: parameters.login_hint ?? null,
    screenHint: parameters.screen_hint ?? null,
    extra: extraParameters(parameters),
    redirectUri,
    refusal: null,
  }
  return { ...request, refusal: await refusalOf(deps, tenant, client, request) }
}

const mostExtra = 10

/** `ext-*`, as far as they have the allowed form. */
const extraParameters = (parameters: Parameters): Record<string, string> =>
  Object.fromEntries(
    Object.entries(parameters)
      .filter(([name]) => /^ext-[\w-]{1,28}$/.test(name))
      .filter(([, value]) => /^[-\w.*~@+ /:]{1,255}$/.test(value))
      .slice(0, mostExtra),
  )

async function refusalOf(
  deps: Deps,
  tenant: Tenant,
  client: Client,
  request: LoginRequest,
): Promise<LoginRequest['refusal']> {
  const refuse = (error: string, description: string) => ({ error, description })
  if (!client.isFirstParty) {
    // There is no page on which a person could consent.
    return refuse('consent_required', 'Consent required')
  }
  const grants = listOf(client.document.grant_types)
  for (const part of request.responseType.split(' ')) {
    const grant = part === 'code' ? 'authorization_code' : 'implicit'
    if (!grants.includes(grant)) {
      return refuse('unauthorized_client', `Grant type '${grant}' not allowed for the client.`)
    }
  }
  try {
    const api = await requestedApi(tenant, request.audience ?? undefined)
    await grantScopes(deps, tenant, { client, requested: request.scopes, api })
  } catch (error) {
    if (error instanceof AppError) return refuse('access_denied', error.message)
    throw error
  }
  if (request.connection !== null) {
    const named = loginConnections(tenant, client, request.connection)
    if (named === undefined) return refuse('invalid_request', 'the connection was not found')
    if (named.length === 0) return refuse('invalid_request', 'the connection is not enabled')
  }
  if (loginConnections(tenant, client, null)?.length === 0) {
    return refuse('access_denied', 'no connections enabled for the client')
  }
  return null
}

const strategies: readonly string[] = ['sms', 'auth0']

/**
 * The connections that a login of a client may go over, oldest first: those of phones and those of
 * databases. `sms`, where nothing has that name, is the strategy.
 *
 * @param name only this one
 * @returns undefined where the tenant has no such connection; empty where none is enabled for the client
 */
export function loginConnections(
  tenant: Tenant,
  client: Client,
  name: string | null,
): Connection[] | undefined {
  const known = tenant.connections.filter(({ strategy }) => strategies.includes(strategy))
  const exact = known.filter((connection) => connection.name === name)
  const meant =
    name === null
      ? known
      : exact.length > 0 || name !== 'sms'
        ? exact
        : known.filter(({ strategy }) => strategy === 'sms')
  if (name !== null && meant.length === 0) return undefined
  return meant.filter(({ id }) => client.connectionIds.has(id))
}

/** What the library reads itself; everything else is in `request`. */
const passedOn = [
  'client_id',
  'response_mode',
  'state',
  'nonce',
  'max_age',
  'code_challenge',
  'code_challenge_method',
] as const

function libraryQuery(parameters: Parameters, request: LoginRequest): URLSearchParams {
  const query = new URLSearchParams()
  for (const name of passedOn) {
    const value = parameters[name]
    if (value !== undefined) query.set(name, value)
  }
  query.set('redirect_uri', request.redirectUri)
  query.set('scope', 'openid')
  if (parameters.response_type !== undefined) {
    // The library knows no token alone: it makes an ID token too, which is taken out of the answer.
    const alone = request.responseType === 'token'
    query.set('response_type', alone ? 'id_token token' : request.responseType)
    if (alone && !query.has('nonce')) query.set('nonce', 'none')
  }
  const prompt = promptOf(parameters.prompt ?? '')
  if (prompt !== '') query.set('prompt', prompt)
  query.set(requestParameter, JSON.stringify(request))
  return query
}

/** An account is chosen by logging in; what a client of the tenant's own may do needs no consent. */
const promptOf = (prompt: string): string =>
  [...new Set(prompt.split(' '))]
    .map((name) => (name === 'select_account' ? 'login' : name))
    .filter((name) => name !== 'consent' && name !== '')
    .join(' ')
