// Reads a token and checks its signature, with nothing but the browser.

import { publicKeys } from './demo-api.js'

/**
 * Header and payload of a JWT, or nothing when the text is none. Proves nothing: see `checkSignature`.
 *
 * @param {string} token
 * @returns {{ header: object, payload: object } | undefined}
 */
export function decode(token) {
  const parts = token.split('.')
  if (parts.length !== 3) return undefined
  try {
    const [header, payload] = parts
      .slice(0, 2)
      .map((part) => JSON.parse(new TextDecoder().decode(bytes(part))))
    return { header, payload }
  } catch {
    // An opaque token may have dots as well.
    return undefined
  }
}

const algorithms = {
  RS256: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' },
  ES256: { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' },
}

/**
 * @param {string} token a JWT
 * @param {{ alg: string, kid?: string }} header
 * @returns {Promise<{ tone: '' | 'good' | 'bad', text: string }>}
 */
export async function checkSignature(token, header) {
  const algorithm = algorithms[header.alg]
  if (algorithm === undefined) return { tone: '', text: `Signature not checked: ${header.alg}` }
  if (crypto.subtle === undefined) return { tone: '', text: 'Signature not checked: needs https' }
  try {
    const { keys } = await publicKeys()
    const found = keys.find(({ kid }) => kid === header.kid)
    if (found === undefined)
      return { tone: 'bad', text: 'Signed with a key that the server does not publish' }
    const { kty, n, e, crv, x, y } = found
    const key = await crypto.subtle.importKey('jwk', { kty, n, e, crv, x, y }, algorithm, false, [
      'verify',
    ])
    const end = token.lastIndexOf('.')
    const signed = new TextEncoder().encode(token.slice(0, end))
    const valid = await crypto.subtle.verify(algorithm, key, bytes(token.slice(end + 1)), signed)
    return valid
      ? { tone: 'good', text: 'Signature checked' }
      : { tone: 'bad', text: 'Signature is wrong' }
  } catch {
    return { tone: '', text: 'Signature not checked: no keys' }
  }
}

function bytes(base64url) {
  const binary = atob(base64url.replaceAll('-', '+').replaceAll('_', '/'))
  return Uint8Array.from(binary, (character) => character.charCodeAt(0))
}
