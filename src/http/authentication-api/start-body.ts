import { AppError } from '../../base/app-error.ts'

/** A well-formed body of `POST /passwordless/start` for a phone. */
export type StartBody = {
  client_id: string
  client_secret: string | undefined
  connection: string
  phone_number: string
  send: string | undefined
  authParams: Readonly<Record<string, unknown>> | undefined
}

const members = new Set([
  'client_id',
  'client_secret',
  'client_assertion',
  'client_assertion_type',
  'connection',
  'phone_number',
  'email',
  'send',
  'authParams',
  'captcha',
])

/**
 * Reads the body, naming the first thing that is wrong with it in the endpoint's own error family.
 * Schemas cannot say these sentences, so the checks are written out.
 *
 * Source: authentication-api 1.1; product rulings 11 and 39.
 *
 * @throws AppError `bad_request`, `bad_client_id`, `bad_connection`, `bad_auth_params`, `bad_send`,
 *   `bad_phone_number`
 */
export function readStartBody(body: unknown): StartBody {
  const given: Record<string, unknown> = Object(body)
  const unknown = Object.keys(given).filter((name) => !members.has(name))
  if (unknown.length > 0) {
    const names = unknown.map((name) => name.slice(0, 50)).slice(0, 10)
    throw new AppError('bad_request', {
      message: `the following properties are not allowed: ${names.join(', ')}`,
    })
  }
  const { authParams, send } = given
  if (authParams !== undefined && !isPlainObject(authParams)) {
    const type = Array.isArray(authParams)
      ? 'array'
      : authParams === null
        ? 'null'
        : typeof authParams
    throw new AppError('bad_auth_params', {
      message: `error in authParams - invalid type: ${type} (expected object)`,
    })
  }
  const clientId = text(given, 'client_id', 'bad_client_id', 512)
  const connection = text(given, 'connection', 'bad_connection', 128)
  if (send !== undefined && send !== 'code') {
    throw new AppError('bad_send', { message: "send must be 'code' for a phone number" })
  }
  const phoneNumber = given.phone_number
  if (phoneNumber === undefined || phoneNumber === null || phoneNumber === '') {
    throw new AppError('bad_phone_number', { message: 'Missing required property: phone_number' })
  }
  return {
    client_id: clientId,
    client_secret: typeof given.client_secret === 'string' ? given.client_secret : undefined,
    connection,
    // What is no text cannot be a number; it fails the check of the number, not another.
    phone_number: typeof phoneNumber === 'string' ? phoneNumber : '',
    send,
    authParams,
  }
}

function text(
  given: Readonly<Record<string, unknown>>,
  name: string,
  code: 'bad_client_id' | 'bad_connection',
  maxLength: number,
): string {
  const value = given[name]
  if (value === undefined || value === null || value === '') {
    throw new AppError(code, { message: `Missing required property: ${name}` })
  }
  if (typeof value !== 'string' || value.length > maxLength) {
    throw new AppError(code, { message: `error in ${name} - invalid type (expected string)` })
  }
  return value
}

const isPlainObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
