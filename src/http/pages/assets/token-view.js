// Shows tokens as tables, each claim with what it means.

import { byId, copyOnClick, make } from './page.js'
import { fullTime, showRelative } from './time.js'
import { checkSignature, decode } from './token.js'

const meanings = {
  iss: 'Who issued it',
  sub: 'The user, by a name that never changes',
  aud: 'Whom it is meant for',
  exp: 'Expires',
  iat: 'Issued',
  nbf: 'Not good before',
  auth_time: 'Signed in',
  azp: 'The application it was issued to',
  scope: 'What it permits',
  permissions: 'What the user may do at the API',
  gty: 'The grant it came from',
  sid: 'The session',
  jti: 'Its own name',
  nonce: 'Ties it to one request',
  at_hash: 'Ties it to the access token',
  amr: 'How the user signed in',
  acr: 'How strong the sign-in was',
  name: 'Full name, or what stands for it',
  nickname: 'Short name',
  given_name: 'First name',
  family_name: 'Last name',
  picture: 'Address of a picture',
  created_at: 'User made at',
  updated_at: 'User last changed at',
  phone_number: 'The phone number',
  phone_verified: 'Whether a code proved the number',
  phone_number_verified: 'Whether a code proved the number',
  email: 'The e-mail address',
  email_verified: 'Whether the e-mail address was proved',
  alg: 'How it is signed',
  kid: 'The key it is signed with',
  typ: 'What kind of thing it is',
  expires_in: 'Life of the access token, in seconds',
  token_type: 'How to present the access token',
  refresh_token: 'Gets new tokens; keep it safe',
}

/** Claims that are times, in seconds since 1970. */
const times = new Set(['exp', 'iat', 'nbf', 'auth_time'])

/**
 * Shows one token in its card: decoded when it is a JWT, otherwise what it is good for.
 *
 * @param {string} cardId
 * @param {string | undefined} token
 */
export function showToken(cardId, token) {
  const body = byId(cardId).querySelector('.body')
  if (token === undefined) {
    body.replaceChildren(make('p', {}, 'The server sent none.'))
    return
  }
  const decoded = decode(token)
  if (decoded === undefined) {
    body.replaceChildren(
      make('p', {}, make('span', { class: 'badge' }, 'Opaque')),
      make(
        'p',
        { class: 'small' },
        'There is nothing to read in it: only the server knows what it stands for. This kind comes when no API is asked for, and is good for /userinfo alone. Ask with an audience to get a JWT.',
      ),
      rawToken(token),
    )
    return
  }
  const signature = make('span', { class: 'badge' }, 'Checking the signature')
  body.replaceChildren(
    make('p', {}, signature),
    claimsTable('Payload', decoded.payload),
    claimsTable('Header', decoded.header),
    rawToken(token),
  )
  void checkSignature(token, decoded.header).then(({ tone, text }) => {
    signature.dataset.tone = tone
    signature.textContent = text
  })
}

/**
 * Shows an answer as it came.
 *
 * @param {string} cardId
 * @param {object} answer
 */
export function showJson(cardId, answer) {
  const pre = make('pre', {}, make('code', {}, JSON.stringify(answer, null, 2)))
  byId(cardId).querySelector('.body').replaceChildren(pre)
}

/**
 * Shows members of an answer with what they mean.
 *
 * @param {string} cardId
 * @param {string} caption
 * @param {object} members
 */
export function showMembers(cardId, caption, members) {
  byId(cardId).querySelector('.body').replaceChildren(claimsTable(caption, members))
}

/**
 * Shows a sentence in place of an answer.
 *
 * @param {string} cardId
 * @param {string} text
 */
export function showSentence(cardId, text) {
  byId(cardId)
    .querySelector('.body')
    .replaceChildren(make('p', { class: 'error' }, text))
}

function claimsTable(caption, claims) {
  const rows = Object.entries(claims).map(([name, value]) =>
    make('tr', {}, claimName(name), make('td', {}, ...claimValue(name, value))),
  )
  return make(
    'table',
    { class: 'claims' },
    make('caption', {}, caption),
    make('tbody', {}, ...rows),
  )
}

function claimName(name) {
  const meaning = Object.hasOwn(meanings, name) ? [make('small', {}, meanings[name])] : []
  return make('th', { scope: 'row' }, make('code', {}, name), ...meaning)
}

function claimValue(name, value) {
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  const shown = make('code', {}, text)
  if (!times.has(name) || typeof value !== 'number') return [shown]
  const relative = make('time', {})
  showRelative(relative, value * 1000)
  return [shown, make('small', {}, fullTime(value * 1000), ' (', relative, ')')]
}

function rawToken(token) {
  const button = make('button', { class: 'button slim', type: 'button' }, 'Copy')
  copyOnClick(button, token)
  return make(
    'details',
    {},
    make('summary', {}, 'As it was sent'),
    make('pre', {}, make('code', {}, token)),
    button,
  )
}
