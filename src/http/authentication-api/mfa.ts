import type { FastifyPluginAsync, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { AppError } from '../../base/app-error.ts'
import {
  MfaAssociateBody,
  MfaAssociateReply,
  MfaAuthenticator,
  MfaChallengeBody,
  MfaChallengeReply,
  type MfaChannel,
  mfaChannels,
} from '../../contract/mfa.ts'
import type { Deps } from '../../domain/deps.ts'
import { chooseChallenge, mayEnrol } from '../../domain/mfa-choice.ts'
import { listFactors, removeFactor } from '../../domain/mfa-factors.ts'
import { startOtpEnrolment } from '../../domain/mfa-otp.ts'
import { type MfaSent, startPhoneChallenge, startPhoneEnrolment } from '../../domain/mfa-phone.ts'
import type { Client } from '../../domain/tenant.ts'
import { authenticateClient } from '../../oidc/client-authentication.ts'
import { bearerOf, type MfaBearer, readMfaBearer } from '../../oidc/mfa-bearer.ts'
import { textParameters } from './bodies.ts'
import { personAddress } from './person-address.ts'

/** `/mfa/challenge`, `/mfa/associate` and `/mfa/authenticators`. */
export const mfaRoutes: FastifyPluginAsync<{ deps: Deps }> = async (app, { deps }) => {
  app.post(
    '/mfa/challenge',
    {
      config: { reply: { 200: MfaChallengeReply }, readBody: MfaChallengeBody },
      schema: { summary: 'Ask for a second factor' },
    },
    async (request): Promise<MfaChallengeReply> => {
      const { tenant } = request
      const body = textParameters(request.body)
      const token = required(body, 'mfa_token')
      const { client, proved } = await authenticateClient(tenant, {
        authorization: request.headers.authorization,
        clientId: body.client_id,
        clientSecret: body.client_secret,
      })
      request.concernedClient = client
      if (token.includes('.')) throw malformedToken()
      const bearer = await readMfaBearer(deps, tenant, token, { scope: 'enroll', client })
      const chosen = await chooseChallenge(deps, tenant, bearer.userId, {
        types: body.challenge_type?.split(' ').filter((word) => word !== ''),
        channel: body.oob_channel,
        authenticatorId: body.authenticator_id,
      })
      if (chosen.kind === 'otp') return { challenge_type: 'otp' }
      const sender = senderOf(request, bearer, personAddress(request, client, proved), client)
      const sent = await startPhoneChallenge(deps, tenant, { ...sender, ...chosen.phone })
      assertAccepted(sent)
      return { challenge_type: 'oob', oob_code: sent.handle, binding_method: 'prompt' }
    },
  )

  app.post(
    '/mfa/associate',
    {
      config: { reply: { 200: MfaAssociateReply }, readBody: MfaAssociateBody },
      schema: { summary: 'Enrol a second factor' },
    },
    async (request): Promise<MfaAssociateReply> => {
      const { tenant } = request
      const bearer = await bearerOfRequest(deps, request, 'enroll')
      const body: Record<string, unknown> = Object(request.body)
      if (body.client_id != null && body.client_id !== bearer.clientId) {
        throw new AppError('invalid_grant', { message: 'mfa_token not issued to this client' })
      }
      const [type] = words(body.authenticator_types)
      if (type === undefined) throw missing('authenticator_types')
      if (bearer.by === 'mfa_token' && !(await mayEnrol(deps, tenant, bearer.userId))) {
        throw new AppError('access_denied', { message: 'User is already enrolled.' })
      }
      const client = await tenant.client(bearer.clientId)
      const sender = senderOf(request, bearer, request.ip, client)
      if (type === 'otp') {
        const { deviceId, secret, uri, recoveryCode } = await startOtpEnrolment(
          deps,
          tenant,
          sender,
        )
        return {
          id: `totp|${deviceId}`,
          authenticator_type: 'otp',
          secret,
          barcode_uri: uri,
          ...recoveryCodes(recoveryCode),
        }
      }
      if (type !== 'oob') throw invalid('authenticator_types must be oob or otp')
      const channel = channelOf(words(body.oob_channels))
      const phoneNumber = body.phone_number
      if (typeof phoneNumber !== 'string' || phoneNumber === '') throw missing('phone_number')
      const sent = await inOwnWords(() =>
        startPhoneEnrolment(deps, tenant, { ...sender, phoneNumber, channel }),
      )
      assertAccepted(sent)
      return {
        id: `${sent.channel}|${sent.deviceId}`,
        authenticator_type: 'oob',
        binding_method: 'prompt',
        oob_channel: sent.channel,
        oob_code: sent.handle,
        ...recoveryCodes(sent.recoveryCode),
      }
    },
  )

  app.get(
    '/mfa/authenticators',
    {
      config: { reply: { 200: Type.Array(MfaAuthenticator) } },
      schema: { summary: "List a person's own factors" },
    },
    async (request) => {
      const bearer = await bearerOfRequest(deps, request, 'read:authenticators')
      return listFactors(deps, request.tenant, bearer.userId)
    },
  )

  app.delete<{ Params: { id: string } }>(
    '/mfa/authenticators/:id',
    {
      config: { reply: { 204: null } },
      schema: {
        summary: "Remove one of a person's own factors",
        params: Type.Object({ id: Type.String({ maxLength: 100 }) }),
      },
    },
    async (request, reply) => {
      const bearer = await bearerOfRequest(deps, request, 'remove:authenticators')
      // What waits for a factor must not be able to take one away.
      if (bearer.by === 'mfa_token') throw new AppError('invalid_token')
      if (!(await removeFactor(deps, request.tenant, bearer.userId, request.params.id))) {
        throw new AppError('authenticator_not_found')
      }
      return reply.code(204).send()
    },
  )
}

/** Of a wrong token: 401, whatever is wrong with it, but for the end of an `mfa_token`. */
async function bearerOfRequest(
  deps: Deps,
  request: FastifyRequest,
  scope: Parameters<typeof readMfaBearer>[3]['scope'],
): Promise<MfaBearer> {
  const token = bearerOf(request.headers.authorization)
  const bearer = await readMfaBearer(deps, request.tenant, token, { scope })
  request.concernedClient = await request.tenant.client(bearer.clientId)
  return bearer
}

function senderOf(
  request: FastifyRequest,
  bearer: MfaBearer,
  ip: string,
  client: Client | undefined,
) {
  return {
    userId: bearer.userId,
    owner: bearer.owner,
    clientId: bearer.clientId,
    clientName: client?.name,
    connection: bearer.request.connection || null,
    ip,
    userAgent: header(request, 'user-agent') ?? '',
    languages: [header(request, 'x-request-language'), header(request, 'accept-language')],
  }
}

/** Header values are cut: they end in logs and in templates. */
function header(request: FastifyRequest, name: string): string | undefined {
  const value = request.headers[name]
  return typeof value === 'string' && value !== '' ? value.slice(0, 500) : undefined
}

/** A list of words; one alone may come without its list. */
function words(value: unknown): string[] {
  const list = Array.isArray(value) ? value : value === undefined || value === null ? [] : [value]
  if (list.every((word) => typeof word === 'string')) return list
  throw invalid('Every parameter must be a string or a list of strings')
}

/** The first channel that is one of ours; a device can be reached by the others later. */
function channelOf(channels: readonly string[]): MfaChannel {
  if (channels.length === 0) throw missing('oob_channels')
  const channel = mfaChannels.find((each) => each === channels[0])
  if (channel === undefined) throw invalid('oob_channels must be sms or voice')
  return channel
}

const recoveryCodes = (code: string | undefined) =>
  code === undefined ? {} : { recovery_codes: [code] }

/** Under MFA's older settings the caller waits for whoever sends, and hears of a refusal. */
function assertAccepted({ refusal }: MfaSent): void {
  if (refusal !== undefined) throw new AppError('sms_provider_error', { message: refusal })
}

/** A number that is refused, in the error family of these endpoints. */
async function inOwnWords<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof AppError && error.code === 'bad_phone_number') {
      throw invalid(`Invalid phone_number: ${error.message}`)
    }
    throw error
  }
}

function required(body: Readonly<Record<string, string | undefined>>, name: string): string {
  const value = body[name]
  if (value === undefined || value === '') throw missing(name)
  return value
}

const missing = (name: string) => invalid(`Missing required parameter: ${name}`)
const invalid = (message: string) => new AppError('invalid_request', { message })
const malformedToken = () => new AppError('invalid_grant', { message: 'Malformed mfa_token' })
