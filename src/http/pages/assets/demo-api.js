// What the demo asks of the Authentication API, and its refusals in plain words.

export const clientId = 'demo'

/** A refusal, with a sentence for the person and the wire's own words for the developer. */
export class ApiError extends Error {
  /**
   * @param {string} message
   * @param {{ code?: string, wire?: string, retryAfterS?: number }} details
   */
  constructor(message, { code, wire, retryAfterS } = {}) {
    super(message)
    this.code = code
    this.wire = wire
    this.retryAfterS = retryAfterS
  }
}

/** Sends a code. Answers `{ _id, phone_number }`. */
export const startPasswordless = (phone_number) =>
  post('/passwordless/start', {
    client_id: clientId,
    connection: 'sms',
    phone_number,
    send: 'code',
  })

/** Exchanges a code for tokens. */
export const exchangeCode = (username, otp) =>
  post('/oauth/token', {
    grant_type: 'http://auth0.com/oauth/grant-type/passwordless/otp',
    client_id: clientId,
    username,
    otp,
    realm: 'sms',
    scope: 'openid profile phone offline_access',
  })

/** Exchanges a refresh token for fresh tokens. */
export const exchangeRefreshToken = (refresh_token) =>
  post('/oauth/token', { grant_type: 'refresh_token', client_id: clientId, refresh_token })

/** Ends a refresh token. */
export const revoke = (token) => post('/oauth/revoke', { client_id: clientId, token })

/** Where a message stands: `{ state, final }`. */
export const deliveryStatus = (id) => ask(`/passwordless/status?${new URLSearchParams({ id })}`, {})

/** Who holds an access token. */
export const userinfo = (accessToken) =>
  ask('/userinfo', { headers: { authorization: `Bearer ${accessToken}` } })

/** The public keys of the server. */
export const publicKeys = () => ask('/.well-known/jwks.json', {})

const post = (path, body) =>
  ask(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })

async function ask(path, request) {
  let answer
  let text
  try {
    answer = await fetch(path, {
      ...request,
      cache: 'no-store',
      credentials: 'omit',
      signal: AbortSignal.timeout(20_000),
    })
    text = await answer.text()
  } catch {
    throw new ApiError('The server does not answer. Is it running?')
  }
  const body = parse(text)
  if (answer.ok) return body
  throw refusal(answer, body)
}

/** A revocation answers with nothing, and an error page from a proxy with no JSON. */
function parse(text) {
  try {
    return JSON.parse(text) ?? {}
  } catch {
    return {}
  }
}

function refusal(answer, body) {
  const code = body.error ?? body.code
  const description = body.error_description ?? body.description
  const retryAfter = answer.headers.get('retry-after')
  const seconds = retryAfter === null ? Number.NaN : Number(retryAfter)
  const retryAfterS = Number.isFinite(seconds) ? Math.max(1, Math.ceil(seconds)) : undefined
  const wire = `${answer.status} ${[code, description].filter(Boolean).join(': ')}`.trim()
  return new ApiError(sentence(answer.status, code, String(description ?? ''), retryAfterS), {
    code,
    wire,
    retryAfterS,
  })
}

const sentences = {
  'bad.phone_number':
    'This number cannot be used. Check it, and begin with the country code, for example +1 for the United States.',
  'bad.connection': 'Sign-in by text message is not switched on for the demo.',
  'bad.client_id': 'This tenant has no demo application.',
  invalid_client: 'This tenant has no demo application.',
  unauthorized_client: 'The demo application may not sign people in with a code.',
  sms_provider_error: 'This tenant has no way to send text messages at the moment.',
  mfa_required: 'This user must also pass a second step, which the demo does not do.',
}

function sentence(status, code, description, retryAfterS) {
  const wait =
    retryAfterS === undefined ? 'Try again later.' : `Try again in ${duration(retryAfterS)}.`
  if (code === 'too_many_attempts') return `Too many wrong codes. ${wait}`
  if (status === 429) return `That was too often. ${wait}`
  if (description.includes('user is blocked')) return 'This user is blocked.'
  if (code === 'invalid_grant') {
    return description.includes('refresh')
      ? 'The refresh token is no longer good. Sign in again.'
      : 'This code is not right, or no longer good. Check it, or send a new one.'
  }
  return sentences[code] ?? (description || `The server answered ${status}.`)
}

/** "40 seconds", "6 minutes". */
function duration(seconds) {
  if (seconds < 100) return seconds === 1 ? '1 second' : `${seconds} seconds`
  return `${Math.ceil(seconds / 60)} minutes`
}
