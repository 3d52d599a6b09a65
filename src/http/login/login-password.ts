import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Deps } from '../../domain/deps.ts'
import { mfaRequired } from '../../domain/mfa-required-log.ts'
import { checkPassword, finishPasswordLogin, signedIn } from '../../domain/password-login.ts'
import type { Connection } from '../../domain/tenant.ts'
import { type Login, passFirstFactor, secondFactorOf } from '../../oidc/login-transaction.ts'
import { usernameOf, waysOf } from './login-id.ts'
import { sendScreen } from './screen.ts'
import { loginPasswordView } from './screens/login-password-view.ts'
import { goOn, loginPage, pageUrl, rememberedBrowserOf, sendAway } from './transaction.ts'

const screen = 'login-password'

type Named = { username: string; connection: Connection }

/** The second screen of a login by password. */
export function loginPasswordRoutes(app: FastifyInstance, deps: Deps): void {
  app.get(
    `/u/${screen}`,
    loginPage(deps, async (request, reply, { login }) => {
      if (login.person !== undefined) return goOn(deps, request, reply, login)
      const named = namedIn(request, login)
      if (named === undefined) return reply.redirect(pageUrl('login-id', login), 303)
      return show(deps, request, reply, login, named)
    }),
  )
  app.post(
    `/u/${screen}`,
    loginPage(deps, async (request, reply, { login, form }) => {
      if (login.person !== undefined) return goOn(deps, request, reply, login)
      const named = namedIn(request, login)
      if (named === undefined || form.action === 'edit') {
        return reply.redirect(pageUrl('login-id', login, '&by=password'), 303)
      }
      const password = form.password ?? ''
      if (password === '') {
        return show(deps, request, reply, login, named, { password: 'no-password' })
      }
      return submit(deps, request, reply, login, { ...named, password })
    }),
  )
}

/** Who the first screen named, as long as the database is open to the application. */
function namedIn({ tenant }: FastifyRequest, login: Login): Named | undefined {
  const username = usernameOf(login)
  const connection = waysOf(tenant, login).password
  return username === undefined || connection === undefined ? undefined : { username, connection }
}

const show = (
  deps: Deps,
  request: FastifyRequest,
  reply: FastifyReply,
  login: Login,
  { username }: Named,
  errors?: Record<string, string>,
  status?: number,
): Promise<FastifyReply> =>
  sendScreen(
    deps,
    request,
    reply,
    {
      ...{ name: screen, client: login.client, state: login.state },
      locales: login.request.locales,
      ...(errors && { errors }),
      view: (shown) => loginPasswordView(shown, { username }),
    },
    status,
  )

/** The same words for a wrong password and for a name that nobody has. */
const wrong = { password: 'wrong-credentials' }

async function submit(
  deps: Deps,
  request: FastifyRequest,
  reply: FastifyReply,
  login: Login,
  { username, connection, password }: Named & { password: string },
): Promise<FastifyReply> {
  const { tenant } = request
  const named = { username, connection }
  const attempt = {
    ...{ client: login.client, connection, identifier: username, password, ip: request.ip },
    userAgent: (request.headers['user-agent'] ?? '').slice(0, 500),
  }
  const checked = await checkPassword(deps, tenant, attempt)
  switch (checked.outcome) {
    case 'wrong':
      return show(deps, request, reply, login, named, wrong)
    case 'budget':
      reply.header('retry-after', String(Math.ceil(checked.retryAfterS)))
      return show(deps, request, reply, login, named, { '': 'too-many-failures' }, 429)
    case 'blocked':
      return sendAway(deps, request, reply, login)
    case 'right': {
      const { user_id: userId } = checked.user
      const remembered = rememberedBrowserOf(request)
      const { required } = await secondFactorOf(deps, tenant, login, async () => userId, remembered)
      const user = await finishPasswordLogin(deps, tenant, attempt, checked, {
        logs: [required ? mfaRequired('authorization_code') : signedIn],
      })
      if (user === undefined) return show(deps, request, reply, login, named, wrong)
      const person = { userId, connection: connection.name }
      return goOn(deps, request, reply, await passFirstFactor(deps, tenant, login, person))
    }
  }
}
