import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { AppError } from '../../base/app-error.ts'
import { randomToken } from '../../base/random.ts'
import {
  CoAuthenticateBody,
  CoAuthenticateRefusal,
  CoAuthenticateReply,
  crossOriginCredentials,
} from '../../contract/co-authenticate.ts'
import { isOriginOfClient } from '../../domain/client-origins.ts'
import { crossOriginLogin } from '../../domain/cross-origin-login.ts'
import type { Deps } from '../../domain/deps.ts'
import { issueLoginTicket } from '../../domain/login-tickets.ts'
import type { Client, Tenant } from '../../domain/tenant.ts'
import { cookieNames, isSecure } from '../../oidc/request-context.ts'
import { textParameters } from './bodies.ts'
import { personAddress } from './person-address.ts'

/**
 * `POST /co/authenticate`: a login on an application's own page. The answer is a ticket for `/authorize`,
 * and a cookie that binds it to the browser. Source: authentication-api 1.14.
 */
export const coAuthenticateRoutes: FastifyPluginAsyncTypebox<{ deps: Deps }> = async (
  app,
  { deps },
) => {
  app.post(
    '/co/authenticate',
    {
      config: {
        ...{
          reply: { 200: CoAuthenticateReply, 403: CoAuthenticateRefusal },
          readBody: CoAuthenticateBody,
        },
        cors: 'credentials',
      },
      schema: { summary: 'Log in on a page of the application' },
    },
    async (request, reply) => {
      const { tenant } = request
      const parameters = textParameters(request.body)
      const credentialType = parameters.credential_type ?? ''
      assertExactly(parameters, credentialType)
      const client = await tenant.client(parameters.client_id ?? '')
      if (client === undefined) throw new AppError('invalid_client')
      request.concernedClient = client
      if (client.document.cross_origin_authentication !== true) {
        throw new AppError('cross_origin_off')
      }
      const origin = request.headers.origin ?? ''
      if (!mayAsk(tenant, client, origin)) {
        return reply
          .code(403)
          .send({ description: `Origin ${origin.slice(0, 300)} is not allowed.` })
      }
      const person = await crossOriginLogin(deps, tenant, {
        ...{ client, credentialType, username: parameters.username ?? '' },
        ...{ secret: parameters.otp ?? parameters.password ?? '', realm: parameters.realm },
        ip: personAddress(request, client, false),
        userAgent: (request.headers['user-agent'] ?? '').slice(0, 500),
      })
      const { ticket, cookie } = await issueLoginTicket(deps, tenant, { client, ...person })
      reply.header('set-cookie', bindingCookie(tenant, cookie))
      return {
        login_ticket: ticket,
        co_verifier: randomToken(deps.random),
        co_id: randomToken(deps.random),
      }
    },
  )
}

/** The body of a kind has its members, all of them and no other. @throws AppError */
function assertExactly(
  parameters: Readonly<Record<string, string | undefined>>,
  credentialType: string,
): void {
  if (credentialType === '') throw exactly('otp', 'realm')
  const members = Object.hasOwn(crossOriginCredentials, credentialType)
    ? crossOriginCredentials[credentialType]
    : undefined
  if (members === undefined) throw new AppError('unsupported_credential_type')
  const given = Object.keys(parameters).sort()
  if (given.join() === [...members].sort().join() && !given.some((name) => !parameters[name]))
    return
  throw exactly(...members.slice(3))
}

/** A wire fact: SDKs show it. */
const exactly = (...members: string[]) =>
  new AppError('invalid_request', {
    message: `Invalid request body. All and only of client_id, credential_type, username, ${members.join(', ')} are required.`,
  })

const mayAsk = (tenant: Tenant, client: Client, origin: string): boolean =>
  origin === tenant.url || isOriginOfClient(client, origin)

const bindingSeconds = 60

/** It goes to pages of other sites, which browsers allow for secure cookies alone. */
function bindingCookie(tenant: Tenant, value: string): string {
  const site = isSecure(tenant) ? 'SameSite=None; Secure' : 'SameSite=Lax'
  return `${cookieNames(tenant).crossOrigin}=${value}; Path=/; Max-Age=${bindingSeconds}; HttpOnly; ${site}`
}
