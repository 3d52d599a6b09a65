import type { FastifyRequest } from 'fastify'
import { AppError } from '../../base/app-error.ts'
import type { Deps } from '../../domain/deps.ts'
import { startPasswordless } from '../../domain/passwordless-start.ts'
import type { Connection } from '../../domain/tenant.ts'
import { keepSteps, type Login } from '../../oidc/login-transaction.ts'
import { localeOf } from './screen.ts'

/** What the pages of a login by text remember in `steps`. */
export type TextSteps = {
  /** E.164. */
  phone: string
  connection: string
  /** The `_id` of the start, by which the state of its message is asked. */
  challenge: string
  /** Epoch ms. */
  sentAt: number
}

/** @returns undefined before a number was typed */
export const textStepsOf = ({ steps }: Login): TextSteps | undefined =>
  steps.text as TextSteps | undefined // written below only

/**
 * Sends a code to a number, and remembers it.
 *
 * @returns the key of what went wrong; undefined when a message is on its way, or looks so
 */
export async function sendCode(
  deps: Deps,
  request: FastifyRequest,
  login: Login,
  to: { phone: string; connection: Connection },
): Promise<string | undefined> {
  const { tenant, headers } = request
  const acceptLanguage = headers['accept-language']?.slice(0, 500)
  try {
    const { id, phone } = await startPasswordless(deps, tenant, {
      ...{ client: login.client, connectionName: to.connection.name, phoneNumber: to.phone },
      ...{ send: 'code', authParams: undefined, onPage: true },
      ...{ ip: request.ip, userAgent: (headers['user-agent'] ?? '').slice(0, 500) },
      requestLanguage: localeOf(tenant, login.request.locales, acceptLanguage),
      acceptLanguage,
    })
    const text: TextSteps = {
      ...{ phone: phone.e164, connection: to.connection.name, challenge: id },
      sentAt: deps.clock.now(),
    }
    await keepSteps(deps, tenant, login, { text })
    return undefined
  } catch (error) {
    if (error instanceof AppError) return keyOf(error)
    throw error
  }
}

function keyOf({ code, message }: AppError): string {
  if (code === 'too_many_requests') return 'too-many-sms'
  if (code === 'sms_provider_error') return 'send-sms-failed'
  if (code !== 'bad_phone_number') return 'authentication-failure'
  return /country/.test(message) ? 'country-not-allowed' : 'invalid-phone-number'
}
