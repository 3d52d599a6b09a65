import { once } from 'node:events'
import { connect } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import type { Chance } from './chance.ts'

/** Bytes for a socket, and what they are, for a failure's message. */
export type RawRequest = { name: string; bytes: Buffer }

/** Requests that no HTTP client would make: broken framing, headers, addresses and encodings. */
export function rawRequest(chance: Chance, host: string, token: string): RawRequest {
  const kinds = [framing, chunks, addresses, headers, authorizations, contentTypes, noise] as const
  return chance.pick(kinds)(chance, host, token)
}

const lines = (...parts: string[]) => Buffer.from(`${parts.join('\r\n')}\r\n\r\n`, 'latin1')

function framing(chance: Chance, host: string, token: string): RawRequest {
  const length = chance.pick(['-1', '1e3', '0x10', '5, 6', ' ', '99999999999999999999', '7', '1'])
  const second = chance.pick(['', 'content-length: 3', 'transfer-encoding: chunked'])
  const head = [
    `PATCH /api/v2/tenants/settings HTTP/1.1`,
    `host: ${host}`,
    `authorization: Bearer ${token}`,
    'content-type: application/json',
    `content-length: ${length}`,
    ...(second === '' ? [] : [second]),
  ]
  return {
    name: `content-length ${length} ${second}`,
    bytes: Buffer.concat([lines(...head), Buffer.from('{"a":')]),
  }
}

function chunks(chance: Chance, host: string): RawRequest {
  const body = chance.pick([
    'zz\r\n{}\r\n0\r\n\r\n',
    '-1\r\n{}\r\n',
    'ffffffffffffffff\r\n{}\r\n',
    '2\r\n{}',
    '2\r\n{}xx0\r\n\r\n',
    '2;a=b\r\n{]\r\n0\r\n\r\n',
    '0\r\nhost: other\r\n\r\n',
    '\u0000\r\n',
  ])
  const coding = chance.pick([
    'chunked',
    'chunked, chunked',
    'gzip, chunked',
    'xchunked',
    'identity',
  ])
  return {
    name: `${coding} ${JSON.stringify(body)}`,
    bytes: Buffer.concat([
      lines(
        `POST ${chance.pick(['/oauth/token', '/passwordless/start', '/callbacks/twilio/calls/1'])} HTTP/1.1`,
        `host: ${host}`,
        'content-type: application/json',
        `transfer-encoding: ${coding}`,
      ),
      Buffer.from(body),
    ]),
  }
}

function addresses(chance: Chance, host: string, token: string): RawRequest {
  const path = chance.pick([
    '/api/v2/users/%zz',
    '/api/v2/users/%00',
    '/api/v2/users/%ff%fe',
    '/api/v2/users/%c0%af',
    '/api/v2/users/%ed%a0%80',
    '/api/v2/users/%2e%2e/%2e%2e',
    '/api/v2/clients/../../metrics',
    '/api/v2//users//',
    '//api/v2/users',
    '/api/v2/users?q=%zz&q=%00&q[]=1&q[a]=2&__proto__=1',
    '/api/v2/logs?q=%ff&sort=%00',
    '/passwordless/status?id=%00&id=%ff&id',
    '/inbox/messages?after=%00',
    '/inbox/messages?after=%ff',
    `/api/v2/users/${'a'.repeat(chance.pick([301, 701, 8000, 20_000]))}`,
    `/api/v2/users?q=${'('.repeat(chance.pick([100, 2999, 3001]))}`,
    '/api/v2/phone/messages?from=%00',
    '*',
    'http://other.test/api/v2/users',
    'users',
    '/\u00ff\u00fe',
    '/api/v2/users;a=b#c',
    '/callbacks/twilio/messages/%00',
    '/.well-known/%00',
    '/assets/pages/..%2f..%2fpackage.json',
  ])
  const method = chance.pick([
    'GET',
    'HEAD',
    'DELETE',
    'OPTIONS',
    'TRACE',
    'PROPFIND',
    'QUERY',
    'LINK',
  ])
  const name = path.startsWith('/inbox') ? 'localhost' : host
  // A delete of what is not there is answered like one of what was.
  const harmless = method === 'DELETE' ? 'OPTIONS' : method
  return {
    name: `${harmless} ${path.slice(0, 80)}`,
    bytes: lines(
      `${harmless} ${path} HTTP/1.1`,
      `host: ${name}`,
      `authorization: Bearer ${token}`,
      'connection: close',
    ),
  }
}

function headers(chance: Chance, host: string, token: string): RawRequest {
  const extra = chance.pick([
    `x-long: ${'x'.repeat(chance.pick([15_000, 17_000, 70_000]))}`,
    Array.from({ length: 3000 }, (_, index) => `x-${index}: 1`).join('\r\n'),
    'x-nul: a\u0000b',
    'x-bell: \u0007',
    'x latin: 1',
    ': empty',
    ' folded: 1',
    'x-latin: \u00e9\u00ff',
    'host: second.test',
    'expect: 100-continue',
    'expect: something',
    'upgrade: websocket\r\nconnection: upgrade',
    'upgrade: h2c\r\nconnection: upgrade, http2-settings',
    'accept-language: \u00ff;q=x,*;q=9,,,',
    `accept-language: ${'aa-'.repeat(4000)}`,
    `cookie: ${'a=b; '.repeat(2000)}`,
    'x-forwarded-for: \u00ff, 999.1.1.1, ::1%eth0',
    'x-correlation-id: \u00ff\u00fe',
    'origin: null',
    'origin: \u00ff://x',
    'accept: \u00ff/\u00ff;q=z',
    'range: bytes=-1',
    'if-none-match: ""W/',
    'prefer: wait=-1, wait=x',
    'auth0-client: !!!',
    'dpop: x.y.z',
  ])
  const path = chance.pick([
    '/api/v2/clients',
    '/userinfo',
    '/.well-known/jwks.json',
    '/demo',
    '/livez',
  ])
  return {
    name: `${path} with ${extra.slice(0, 60)}`,
    bytes: lines(
      `GET ${path} HTTP/1.1`,
      `host: ${chance.oneIn(8) ? chance.pick(['', '[::1', 'a b', '\u00ff', 'x'.repeat(5000), '@', ':0']) : host}`,
      `authorization: Bearer ${token}`,
      'connection: close',
      extra,
    ),
  }
}

function authorizations(chance: Chance, host: string, token: string): RawRequest {
  const [head = '', , signature = ''] = token.split('.')
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const kid = JSON.parse(Buffer.from(head, 'base64url').toString()).kid
  const credentials = chance.pick([
    'Bearer',
    'Bearer a b',
    `Bearer ${'x'.repeat(9000)}`,
    'Bearer ..',
    'Bearer a.b.c',
    'Bearer \u00ff.\u00ff.\u00ff',
    `Bearer ${part({ alg: 'none' })}.${part({ sub: 'a@clients' })}.`,
    `Bearer ${part({ alg: 'RS256', kid })}.${part({})}.${signature}`,
    `Bearer ${part({ alg: 'RS256', kid, crit: ['b64'], b64: false })}.e30.${signature}`,
    `Bearer ${part({ alg: 'HS256', kid })}.${part({ exp: 'x' })}.AAAA`,
    `Bearer ${part({ alg: 'ES256', kid })}.${part({ exp: 1e308 })}.AAAA`,
    `Bearer ${part({ alg: ['RS256'], kid: [kid] })}.e30.AAAA`,
    `Bearer ${part({ alg: 'RS256', kid: '__proto__' })}.e30.AAAA`,
    `Bearer ${part([])}.${part('x')}.AAAA`,
    `Bearer ${head}.${Buffer.from('{"a":').toString('base64url')}.${signature}`,
    `Bearer ${token}.${token}`,
    `Bearer ${token.slice(0, -4)}AAAA`,
    'Basic',
    'Basic %%%',
    `Basic ${Buffer.from('nocolon').toString('base64')}`,
    `Basic ${Buffer.from(':').toString('base64')}`,
    `Basic ${Buffer.from('%zz:%zz').toString('base64')}`,
    `Basic ${Buffer.from([0xff, 0x3a, 0xfe]).toString('base64')}`,
    `Basic ${Buffer.from('\u0000:\u0000').toString('base64')}`,
    'Digest x',
    'DPoP x',
  ])
  const path = chance.pick(['/api/v2/clients', '/userinfo', '/oauth/token', '/oauth/revoke'])
  const body = path.startsWith('/oauth') ? 'grant_type=client_credentials&token=x' : ''
  const method = path.startsWith('/oauth') ? 'POST' : 'GET'
  return {
    name: `${path} as ${credentials.slice(0, 60)}`,
    bytes: Buffer.concat([
      lines(
        `${method} ${path} HTTP/1.1`,
        `host: ${host}`,
        `authorization: ${credentials}`,
        'content-type: application/x-www-form-urlencoded',
        `content-length: ${body.length}`,
        'connection: close',
      ),
      Buffer.from(body),
    ]),
  }
}

function contentTypes(chance: Chance, host: string, token: string): RawRequest {
  const type = chance.pick([
    'application/json; charset=utf-16',
    'application/json;charset="',
    'application/json, text/plain',
    'application/jsonx',
    'text/plain',
    'text/html',
    'multipart/form-data',
    'multipart/form-data; boundary=',
    'application/x-www-form-urlencoded; charset=x',
    'application/xml',
    '/',
    ';',
    '\u00ff',
    `application/${'x'.repeat(5000)}`,
  ])
  const body = chance.pick(['{"a":1', '--x\r\n\r\n', '\u0000\u0001', '%zz=%zz', '<a/>', '\ufeff{'])
  const bytes = Buffer.from(body)
  return {
    name: `${type.slice(0, 60)} with ${JSON.stringify(body)}`,
    bytes: Buffer.concat([
      lines(
        `POST ${chance.pick(['/api/v2/users', '/oauth/token', '/passwordless/start', '/callbacks/twilio/messages/ntf_1'])} HTTP/1.1`,
        `host: ${host}`,
        `authorization: Bearer ${token}`,
        `content-type: ${type}`,
        ...(chance.oneIn(4) ? ['content-encoding: gzip'] : []),
        `content-length: ${bytes.length}`,
        'connection: close',
      ),
      bytes,
    ]),
  }
}

function noise(chance: Chance, host: string): RawRequest {
  const bytes = chance.pick([
    Buffer.from('\r\n\r\n\r\n'),
    Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xfc, 0x03, 0x03]),
    Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
    lines('GET / HTTP/9.9', `host: ${host}`),
    lines('GET / HTTP/1.0'),
    lines('GET /'),
    lines('GET  /  HTTP/1.1', `host: ${host}`),
    lines('FROB / HTTP/1.1', `host: ${host}`),
    lines('CONNECT other.test:443 HTTP/1.1', `host: ${host}`),
    lines('GET / HTTP/1.1'),
    Buffer.from(Array.from({ length: 300 }, () => chance.below(256))),
    Buffer.concat([
      lines('GET /livez HTTP/1.1', `host: ${host}`),
      lines('GET /userinfo HTTP/1.1', `host: ${host}`),
      lines('GET /api/v2/%zz HTTP/1.1', `host: ${host}`),
    ]),
  ])
  return { name: `noise ${bytes.toString('latin1').slice(0, 40)}`, bytes }
}

/** One answer of a connection. */
export type RawAnswer = { status: number; body: string }

/**
 * Sends the bytes and ends its side. Resolves with every answer that came until the server closed, or
 * had a fifth of a second to answer; a connection that is closed without a word is none.
 */
export async function exchangeRaw(port: number, { bytes }: RawRequest): Promise<RawAnswer[]> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
  const received: Buffer[] = []
  socket.on('data', (data) => received.push(data))
  socket.on('error', () => {}) // a reset is the server's way to hang up
  const closed = once(socket, 'close').catch(() => {})
  socket.write(bytes)
  await Promise.race([once(socket, 'end').catch(() => {}), closed, wait(100)])
  socket.end()
  await Promise.race([closed, wait(100)])
  socket.destroy()
  const text = Buffer.concat(received).toString('latin1')
  return text
    .split(/(?=HTTP\/1\.1 \d{3} )/)
    .filter((answer) => answer.startsWith('HTTP/1.1 '))
    .map((answer) => ({
      status: Number(answer.slice(9, 12)),
      body: answer.slice(answer.indexOf('\r\n\r\n') + 4),
    }))
}
