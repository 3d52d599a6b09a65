import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readTransportFailure } from './transport-failure.ts'

const failure = (cause: object, message = 'x') =>
  readTransportFailure(
    new TypeError('fetch failed', { cause: Object.assign(new Error(message), cause) }),
    'Twilio',
  )

const cases: [object, string, string][] = [
  [{ code: 'ECONNREFUSED', syscall: 'connect' }, 'retry', 'connection_refused'],
  [{ code: 'ENOTFOUND', syscall: 'getaddrinfo' }, 'retry', 'name_not_resolved'],
  [{ code: 'EAI_AGAIN', syscall: 'getaddrinfo' }, 'retry', 'name_not_resolved'],
  [{ code: 'UND_ERR_CONNECT_TIMEOUT' }, 'retry', 'connect_timeout'],
  [{ code: 'ETIMEDOUT', syscall: 'connect' }, 'retry', 'connect_timeout'],
  [{ code: 'EHOSTUNREACH', syscall: 'connect' }, 'retry', 'network_unreachable'],
  [{ code: 'ECONNRESET', syscall: 'connect' }, 'retry', 'network_unreachable'],
  [{ code: 'CERT_HAS_EXPIRED' }, 'retry', 'tls_failed'],
  [{ code: 'ERR_TLS_CERT_ALTNAME_INVALID' }, 'retry', 'tls_failed'],
  [{ code: 'DEPTH_ZERO_SELF_SIGNED_CERT' }, 'retry', 'tls_failed'],
  [{ code: 'ECONNRESET', syscall: 'read' }, 'unknown', 'result_unknown'],
  [{ code: 'ETIMEDOUT', syscall: 'read' }, 'unknown', 'result_unknown'],
  [{ code: 'EPIPE', syscall: 'write' }, 'unknown', 'result_unknown'],
  [{ code: 'EHOSTUNREACH', syscall: 'read' }, 'unknown', 'result_unknown'],
  [{ code: 'UND_ERR_SOCKET' }, 'unknown', 'result_unknown'],
  [{ code: 'UND_ERR_HEADERS_TIMEOUT' }, 'unknown', 'result_unknown'],
  [{}, 'unknown', 'result_unknown'],
]

for (const [cause, outcome, code] of cases) {
  test(`${JSON.stringify(cause)} is ${outcome} for ${code}`, () => {
    const delivery = failure(cause)

    assert.deepEqual([delivery.outcome, delivery.cause.code], [outcome, code])
  })
}

test('a connection that broke during the TLS handshake carried no request', () => {
  const message = 'Client network socket disconnected before secure TLS connection was established'

  assert.equal(failure({ code: 'ECONNRESET' }, message).outcome, 'retry')
})

test('a host whose every address timed out carried no request', () => {
  const timedOut = Object.assign(new Error('x'), { code: 'ETIMEDOUT', syscall: 'connect' })
  const cause = new AggregateError([timedOut, timedOut])

  const delivery = readTransportFailure(new TypeError('fetch failed', { cause }), 'Twilio')

  assert.deepEqual([delivery.outcome, delivery.cause.code], ['retry', 'connect_timeout'])
})

test('an abort has no cause, and what became of the request is unknown', () => {
  const error = new DOMException('The operation timed out', 'TimeoutError')

  assert.equal(readTransportFailure(error, 'Twilio').outcome, 'unknown')
})
