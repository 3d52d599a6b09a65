import { createHash, timingSafeEqual } from 'node:crypto'
import { AppError } from '../base/app-error.ts'
import type { Client, Tenant } from '../domain/tenant.ts'

/** What a request says of its client. */
export type ClientCredentials = {
  /** The header as it came; anything but Basic is not for us. */
  authorization: string | undefined
  clientId: string | undefined
  clientSecret: string | undefined
}

/** A client that may act, and whether it proved itself with its secret in this request. */
export type AuthenticatedClient = { client: Client; proved: boolean }

/**
 * Whether a client has no secret to keep: it says so, or says nothing and is of a type that runs where
 * people could read it.
 */
export function isPublicClient(client: Client): boolean {
  const method = client.document.token_endpoint_auth_method ?? undefined
  if (method !== undefined) return method === 'none'
  return client.appType === 'spa' || client.appType === 'native'
}

/**
 * Authenticates a client: Basic and body are good for any confidential client, whichever it is set to;
 * a public client names itself, and a secret that it sends is not looked at.
 *
 * Source: authentication-api 0.4; RFC 6749 2.3.1.
 *
 * @throws AppError `invalid_client`, or `invalid_request` when no client is named
 */
export async function authenticateClient(
  tenant: Tenant,
  credentials: ClientCredentials,
): Promise<AuthenticatedClient> {
  const basic = readBasic(credentials.authorization)
  const clientId = basic?.id ?? credentials.clientId
  const secret = basic === undefined ? credentials.clientSecret : basic.secret
  if (clientId === undefined || clientId === '') {
    throw new AppError('invalid_request', { message: 'Missing required parameter: client_id' })
  }
  if (credentials.clientId !== undefined && credentials.clientId !== clientId) {
    throw new AppError('invalid_client')
  }
  const client = await tenant.client(clientId)
  if (client === undefined) throw new AppError('invalid_client')
  if (isPublicClient(client)) return { client, proved: false }
  if (secret === undefined || !equalSecrets(secret, client.secret)) {
    throw new AppError('invalid_client')
  }
  return { client, proved: true }
}

/**
 * Undefined when the header is not Basic: a Bearer token may come beside a secret in the body.
 *
 * @throws AppError `invalid_client` when it is Basic and unreadable
 */
function readBasic(authorization: string | undefined): { id: string; secret: string } | undefined {
  const encoded = /^basic +(.*)$/is.exec(authorization ?? '')?.[1]
  if (encoded === undefined) return undefined
  const pair = Buffer.from(encoded.trim(), 'base64').toString()
  const colon = pair.indexOf(':')
  // A NUL would reach the database, which refuses it with an error of its own.
  if (colon < 1 || pair.includes('\0')) throw new AppError('invalid_client')
  return { id: formDecode(pair.slice(0, colon)), secret: formDecode(pair.slice(colon + 1)) }
}

/** RFC 6749 wants both parts form-encoded before base64; many clients send them as they are. */
function formDecode(text: string): string {
  try {
    const decoded = decodeURIComponent(text.replaceAll('+', ' '))
    return decoded.includes('\0') ? text : decoded
  } catch {
    // A lone percent sign: not encoded at all.
    return text
  }
}

/** Takes the same time for every pair: what is compared are two hashes. */
function equalSecrets(given: string, stored: string): boolean {
  const hash = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(hash(given), hash(stored))
}
