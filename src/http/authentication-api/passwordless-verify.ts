import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { AppError } from '../../base/app-error.ts'
import { PasswordlessVerifyBody } from '../../contract/authentication-bodies.ts'
import { PasswordlessVerifyReply, passwordlessOtpGrant } from '../../contract/passwordless.ts'
import { TokenReply } from '../../contract/tokens.ts'
import type { Deps } from '../../domain/deps.ts'
import { passwordlessConnection } from '../../domain/passwordless-connection.ts'
import { checkPasswordless, guessReturnsS, readUsername } from '../../domain/passwordless-finish.ts'
import { allowsLegacyVerify } from '../../domain/tenant-flags.ts'
import { exchangeForTokens } from '../../oidc/grants/index.ts'
import { textParameters } from './bodies.ts'
import { personAddress } from './person-address.ts'

type Parameters = Readonly<Record<string, string | undefined>>

/**
 * `POST /passwordless/verify`, for applications from before the grant of passwordless codes; off unless the
 * tenant's flag says otherwise. A page asks whether a code is right and then goes to
 * `/passwordless/verify_redirect` with it, so that a right one is not used up here; a body with a
 * `grant_type` exchanges it.
 *
 * Source: authentication-api 1.2.
 */
export const passwordlessVerifyRoutes: FastifyPluginAsyncTypebox<{ deps: Deps }> = async (
  app,
  { deps },
) => {
  app.post(
    '/passwordless/verify',
    {
      config: {
        reply: { 200: Type.Union([TokenReply, PasswordlessVerifyReply]) },
        readBody: PasswordlessVerifyBody,
      },
      schema: { summary: 'Check a code, or exchange it, in the older way' },
    },
    async (request) => {
      if (!allowsLegacyVerify(request.tenant)) throw new AppError('endpoint_disabled')
      const parameters = textParameters(request.body)
      return parameters.grant_type === undefined
        ? check(deps, request, parameters)
        : exchange(deps, request, parameters)
    },
  )
}

async function check(
  deps: Deps,
  request: FastifyRequest,
  parameters: Parameters,
): Promise<Record<string, never>> {
  const { tenant } = request
  const client = await tenant.client(required(parameters, 'client_id'))
  if (client === undefined) throw new AppError('invalid_client')
  request.concernedClient = client
  const connection = passwordlessConnection(tenant, client, required(parameters, 'connection'))
  const number = required(parameters, 'phone_number')
  const otp = required(parameters, 'verification_code')
  if (typeof connection === 'string') {
    throw new AppError('invalid_request', {
      message: 'The connection does not exist or is disabled',
    })
  }
  const phone = readUsername(number)
  if (phone === undefined) throw new AppError('invalid_user_password')
  const outcome = await checkPasswordless(deps, tenant, {
    ...{ client, connection, phone, otp },
    ip: personAddress(request, client, false),
    userAgent: (request.headers['user-agent'] ?? '').slice(0, 500),
  })
  if (outcome === 'budget') throw new AppError('too_many_attempts', { retryAfterS: guessReturnsS })
  if (outcome === 'wrong') throw new AppError('invalid_user_password')
  return {}
}

/** The grant of today, in the words of then. */
async function exchange(deps: Deps, request: FastifyRequest, parameters: Parameters) {
  if (parameters.grant_type !== 'password') throw new AppError('unsupported_grant_type')
  const { password: _, ...others } = parameters
  const [username, otp, realm] = [
    required(parameters, 'username'),
    required(parameters, 'password'),
    required(parameters, 'connection'),
  ]
  try {
    return await exchangeForTokens(deps, request.tenant, {
      authorization: request.headers.authorization,
      parameters: { ...others, grant_type: passwordlessOtpGrant, username, otp, realm },
      addressFor: (client, proved) => personAddress(request, client, proved),
      userAgent: (request.headers['user-agent'] ?? '').slice(0, 500),
      onClient(client) {
        request.concernedClient = client
      },
    })
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    if (error.code === 'invalid_grant') throw new AppError('invalid_user_password')
    if (error.code === 'user_blocked') throw new AppError('unauthorized_user')
    throw error
  }
}

function required(parameters: Parameters, name: string): string {
  const value = parameters[name]
  if (value !== undefined && value !== '') return value
  throw new AppError('invalid_request', { message: `Missing required parameter: ${name}` })
}
