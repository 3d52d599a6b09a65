import type { IncomingMessage, ServerResponse } from 'node:http'
import { tokenHash } from '../base/secret-box.ts'
import type { Deps } from '../domain/deps.ts'
import { type MfaRequirement, mfaRequirement } from '../domain/mfa-requirement.ts'
import type { Client, Tenant } from '../domain/tenant.ts'
import {
  findLogin as findLoginRow,
  type LoginRow,
  mergeLoginSteps,
  setLoginPerson,
} from '../store/logins.ts'
import type { LoginRequest } from './login-request.ts'
import { oidcProvider } from './provider.ts'
import { mfaAudience } from './scopes.ts'

/**
 * A login on the pages, as one request of its browser finds it. It begins when the library needs a page
 * (`begin-login.ts`), and ends with `finishLogin` or `refuseLogin`; everything between is kept in
 * `steps`, which each screen may add to.
 */
export type Login = {
  /** What the pages pass on in their address and forms. A bearer value together with the cookie. */
  state: string
  /** Its hash: what the statements of a first factor take. */
  stateHash: Buffer
  client: Client
  request: LoginRequest
  /** Who it is, once the first factor was right; from the beginning where a session told. */
  person: { userId: string; connection: string } | undefined
  steps: Readonly<Record<string, unknown>>
  /** Epoch ms. */
  expiresAt: number
}

/** How a browser shows itself: the `state` it sends and the cookie that it got when the login began. */
export type LoginBrowser = { state: string | undefined; cookie: string | undefined }

const longest = 200

/** @returns undefined for a login that is unknown, over or another browser's: all three look alike */
export async function findLogin(
  deps: Deps,
  tenant: Tenant,
  { state, cookie }: LoginBrowser,
): Promise<Login | undefined> {
  if (!state || !cookie || state.length > longest || cookie.length > longest) return undefined
  const stateHash = tokenHash(state)
  const row = await findLoginRow(deps.db, tenant.id, {
    ...{ stateHash, browserHash: tokenHash(cookie), now: deps.clock.now() },
  })
  const client = row && (await tenant.client(row.client_id))
  return client && loginOf(row, { state, stateHash, client })
}

const loginOf = (row: LoginRow, known: Pick<Login, 'state' | 'stateHash' | 'client'>): Login => ({
  ...known,
  request: row.request as LoginRequest, // written by `begin-login.ts` only
  person:
    row.user_id === null || row.connection === null
      ? undefined
      : { userId: row.user_id, connection: row.connection },
  steps: row.steps,
  expiresAt: row.expires_at,
})

/** Lays members over what the screens remember; the login that is at hand keeps what it had. */
export async function keepSteps(
  deps: Deps,
  tenant: Tenant,
  login: Login,
  steps: Readonly<Record<string, unknown>>,
): Promise<void> {
  await mergeLoginSteps(deps.db, tenant.id, { stateHash: login.stateHash, steps })
}

/** Tells a login who the person is, where the statement of the first factor did not. */
export async function passFirstFactor(
  deps: Deps,
  tenant: Tenant,
  login: Login,
  person: { userId: string; connection: string },
): Promise<Login> {
  await setLoginPerson(deps.db, tenant.id, { stateHash: login.stateHash, ...person })
  return { ...login, person }
}

/**
 * Whether a person needs a second factor to go on with this login.
 *
 * @param person tells who it is, once that matters
 * @param rememberedBrowser the cookie of that name
 */
export const secondFactorOf = (
  deps: Deps,
  tenant: Tenant,
  { request }: Login,
  person: () => Promise<string | undefined>,
  rememberedBrowser: string | undefined,
): Promise<MfaRequirement> =>
  mfaRequirement(deps, tenant, person, {
    browser: rememberedBrowser,
    wanted: request.wantsSecondFactor,
    managesFactors: request.audience === mfaAudience(tenant),
  })

type Raw = { req: IncomingMessage; res: ServerResponse }

/**
 * Ends a login well: the library makes the session, and the answer to the application, when the browser
 * comes to the address that this returns. It asks about the second factor once more itself.
 *
 * @param finish.secondFactor whether the person has passed one in this login
 * @returns undefined when the login has ended already
 * @throws Error when nobody has passed the first factor
 */
export async function finishLogin(
  deps: Deps,
  tenant: Tenant,
  login: Login,
  raw: Raw,
  finish: { secondFactor: boolean },
): Promise<string | undefined> {
  if (login.person === undefined) throw new Error('a login ends without a person')
  const { userId: accountId } = login.person
  await endSessionOfOther(deps, tenant, raw, accountId)
  const cookie = tenant.settings.session_cookie as { mode?: string } | undefined // checked when written
  return resolve(deps, tenant, login, (former) => ({
    ...former,
    login: {
      ...{ accountId, ts: Math.floor(deps.clock.now() / 1000) },
      remember: cookie?.mode !== 'non-persistent',
      ...(finish.secondFactor && { amr: ['mfa'] }),
    },
    ...(finish.secondFactor && { mfa: {} }),
  }))
}

/** Ends a login badly: the application is told. @returns as `finishLogin` */
export const refuseLogin = (
  deps: Deps,
  tenant: Tenant,
  login: Login,
  refusal: { error: string; description: string },
): Promise<string | undefined> =>
  resolve(deps, tenant, login, () => ({
    error: refusal.error,
    error_description: refusal.description,
  }))

async function resolve(
  deps: Deps,
  tenant: Tenant,
  login: Login,
  resultOf: (former: Record<string, unknown> | undefined) => Record<string, unknown>,
): Promise<string | undefined> {
  const provider = await oidcProvider(deps, tenant)
  const interaction = await provider.Interaction.find(login.state)
  if (interaction === undefined) return undefined
  interaction.result = resultOf(interaction.lastSubmission)
  // The cookie of the login binds it to the browser; a session may have come or gone meanwhile.
  delete interaction.session
  await interaction.persist()
  // A path, so that the browser stays on the host that it called.
  return new URL(interaction.returnTo).pathname
}

/** A browser has one session at most; who logs in takes the place of whom it knew. */
async function endSessionOfOther(
  deps: Deps,
  tenant: Tenant,
  { req, res }: Raw,
  accountId: string,
): Promise<void> {
  const provider = await oidcProvider(deps, tenant)
  const session = await provider.Session.get(provider.createContext(req, res))
  if (session.accountId !== undefined && session.accountId !== accountId) await session.destroy()
}
