import assert from 'node:assert/strict'
import { createHash, createHmac } from 'node:crypto'
import { test } from 'node:test'
import {
  finalRank,
  readTwilioCallStatus,
  readTwilioMessageStatus,
  type SignedRequest,
  verifyTwilioSignature,
} from './twilio-callbacks.ts'

/** The example of Twilio's own documentation. */
const documented: SignedRequest = {
  authTokens: ['12345'],
  url: 'https://mycompany.com/myapp.php?foo=1&bar=2',
  params: new URLSearchParams({
    To: '+18005551212',
    From: '+12349013030',
    Digits: '1234',
    Caller: '+12349013030',
    CallSid: 'CA1234567890ABCDE',
  }),
  signature: '0/KCTR6DLpKmkAf8muzZqo1nDgQ=',
}
const sign = (token: string, input: string) =>
  createHmac('sha1', token).update(input).digest('base64')

test('the signature of the carrier’s own example is valid', () => {
  assert.equal(verifyTwilioSignature(documented), true)
})

test('one changed character anywhere makes the signature invalid', () => {
  const changed: Partial<SignedRequest>[] = [
    { url: 'https://mycompany.com/myapp.php?foo=1&bar=3' },
    { url: 'http://mycompany.com/myapp.php?foo=1&bar=2' },
    { signature: '0/KCTR6DLpKmkAf8muzZqo1nDgR=' },
    { signature: '0/KCTR6DLpKmkAf8muzZqo1nDgQ' },
    { signature: '' },
    { authTokens: ['12346'] },
    { authTokens: [] },
    ...[...documented.params].map(([name, value]) => {
      const params = new URLSearchParams(documented.params)
      params.set(name, `${value.slice(0, -1)}!`)
      return { params }
    }),
    { params: new URLSearchParams([...documented.params, ['New', '1']]) },
  ]
  for (const change of changed) {
    const valid = verifyTwilioSignature({ ...documented, ...change })
    assert.equal(valid, false, JSON.stringify(change))
  }
})

test('the former token is accepted beside the current one', () => {
  assert.equal(verifyTwilioSignature({ ...documented, authTokens: ['new', '12345'] }), true)
})

const ports: [string, string, boolean][] = [
  ['https://a.example/x', 'https://a.example:443/x', true],
  ['https://a.example:443/x', 'https://a.example/x', true],
  ['http://a.example/x', 'http://a.example:80/x', true],
  ['https://a.example/x', 'https://a.example:80/x', false],
  ['https://a.example:8443/x', 'https://a.example:8443/x', true],
  ['https://a.example:8443/x', 'https://a.example/x', false],
  ['http://[::1]/x?y=%20:1', 'http://[::1]:80/x?y=%20:1', true],
]

for (const [url, signed, valid] of ports) {
  test(`a signature over ${signed} is ${valid ? 'valid' : 'invalid'} at ${url}`, () => {
    const params = new URLSearchParams({ b: '2', a: '1' })
    const signature = sign('t', `${signed}a1b2`)

    assert.equal(verifyTwilioSignature({ authTokens: ['t'], url, params, signature }), valid)
  })
}

test('a JSON body is signed by the hash in the address', () => {
  const jsonBody = '{"a":1}'
  const hash = createHash('sha256').update(jsonBody).digest('hex')
  const url = `https://a.example/x?bodySHA256=${hash}`
  const request = {
    authTokens: ['t'],
    url,
    params: new URLSearchParams(),
    signature: sign('t', url),
    jsonBody,
  }

  assert.equal(verifyTwilioSignature(request), true)
  assert.equal(verifyTwilioSignature({ ...request, jsonBody: '{"a":2}' }), false)
})

const messageStatus = (status: string, more: Record<string, string> = {}) =>
  readTwilioMessageStatus(
    new URLSearchParams({ MessageSid: 'SM1', MessageStatus: status, ...more }),
  )
const callStatus = (status: string, more: Record<string, string> = {}) =>
  readTwilioCallStatus(new URLSearchParams({ CallSid: 'CA1', CallStatus: status, ...more }))

test('states of a message rank from accepted to the final ones', () => {
  const order = ['accepted', 'queued', 'sending', 'sent', 'delivered'].map(
    (status) => messageStatus(status).rank,
  )

  assert.deepEqual(order, [0, 1, 2, 3, finalRank])
  for (const status of ['undelivered', 'failed', 'canceled', 'read']) {
    assert.equal(messageStatus(status).rank, finalRank)
  }
})

test('a delivered message is delivered, a sent one only accepted', () => {
  assert.deepEqual(messageStatus('delivered'), {
    rank: 4,
    state: 'delivered',
    providerMessageId: 'SM1',
  })
  assert.equal(messageStatus('sent').state, 'accepted')
})

test('a failed message tells the cause of its error code and the class', () => {
  const status = messageStatus('undelivered', { ErrorCode: '30007', To: '+15550100137' })

  assert.equal(status.state, 'failed')
  assert.equal(status.errorClass, 'F')
  assert.equal(status.cause?.code, 'twilio_30007')
  assert.match(status.cause?.text ?? '', /filtered/)
})

test('a failed message with an unknown code or none has a cause all the same', () => {
  assert.equal(messageStatus('failed', { ErrorCode: '39999' }).cause?.code, 'twilio_39999')
  assert.equal(messageStatus('failed', { ErrorCode: '39999' }).errorClass, 'P')
  assert.equal(messageStatus('failed').cause?.code, 'twilio_failed')
  assert.equal(messageStatus('failed', { ErrorCode: 'x y' }).cause?.code, 'twilio_failed')
})

test('what says nothing about the message is ignored', () => {
  const states = [
    messageStatus('failed', { ErrorCode: '30009' }),
    messageStatus('receiving'),
    messageStatus('constructor'),
    messageStatus(''),
    readTwilioMessageStatus(new URLSearchParams({ MessageStatus: 'sent' })),
    callStatus('dreaming'),
  ].map((status) => status.state)

  assert.deepEqual(new Set(states), new Set(['ignored']))
})

test('an answered call delivered its message, every other end failed', () => {
  assert.equal(callStatus('completed', { CallDuration: '20' }).state, 'delivered')
  assert.equal(callStatus('in-progress').state, 'accepted')
  for (const status of ['busy', 'no-answer', 'failed', 'canceled']) {
    const { state, rank, cause } = callStatus(status, { SipResponseCode: '486' })
    assert.deepEqual([state, rank], ['failed', finalRank])
    assert.equal(cause?.code, `twilio_${status.replace('-', '_')}`)
  }
})
