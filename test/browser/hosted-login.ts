import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type FakeTwilio, startFakeTwilio } from '../fake-twilio.ts'
import { freePort } from '../process.ts'
import { type Answer, adminGrant, printedClient, startTrunkline } from '../trunkline.ts'

/** An installation with its sign-in pages, a carrier on loopback and an application to come back to. */
export type HostedLogin = {
  origin: string
  /** The application; every connection is open to it that was there at the start. */
  clientId: string
  carrier: FakeTwilio
  /** Where a login begins, with parameters over the usual ones. */
  authorizeUrl(change?: Readonly<Record<string, string>>): string
  /** The Management API as its administrator. */
  manage(method: string, path: string, body?: object): Promise<Answer>
  /** The six digits of the newest message. */
  newestCode(): string
  /** Twilio's report about the newest message. */
  report(status: string, errorCode?: string): Promise<void>
  close(): Promise<void>
}

const authToken = 'twilio-auth-token'

/** Starts it as an operator does, embedded database and all. */
export async function startHostedLogin(): Promise<HostedLogin> {
  const folder = await mkdtemp(join(tmpdir(), 'trunkline-hosted-'))
  const carrier = await startFakeTwilio()
  const app = createServer((_, reply) => {
    reply.setHeader('content-type', 'text/html')
    reply.end('<!doctype html><title>Back</title><h1>Back in the application</h1>')
  })
  app.listen(0, '127.0.0.1')
  await once(app, 'listening')
  const { port: appPort } = app.address() as AddressInfo // a listening TCP server has no other
  const port = await freePort()
  const origin = `http://localhost:${port}`
  const server = await startTrunkline({
    ...{ TRUNKLINE_PORT: String(port), TRUNKLINE_URL: origin, TRUNKLINE_DATA_DIR: folder },
    TRUNKLINE_TWILIO_URL: carrier.url,
  })
  const close = async () => {
    await server.stop()
    await carrier.close()
    app.closeAllConnections()
    app.close()
    await rm(folder, { recursive: true, force: true })
  }
  await server.printed('client_secret')
  const grant = adminGrant(printedClient(server.output.stdout), origin)
  const { body: tokens } = await server.request('POST', '/oauth/token', { body: grant })
  const manage: HostedLogin['manage'] = async (method, path, body) => {
    const headers = { authorization: `Bearer ${tokens.access_token}` }
    const answer = await server.request(method, `/api/v2${path}`, {
      headers,
      ...(body && { body }),
    })
    assert.ok(answer.status < 300, `${method} ${path}: ${JSON.stringify(answer.body)}`)
    return answer
  }
  await manage('POST', '/branding/phone/providers', {
    name: 'twilio',
    configuration: {
      ...{ sid: `AC${'0'.repeat(31)}1`, default_from: '+15005550006' },
      delivery_methods: ['text', 'voice'],
    },
    credentials: { auth_token: authToken },
  })
  const callback = `http://localhost:${appPort}/callback`
  const { body: client } = await manage('POST', '/clients', {
    ...{ name: 'Corner Shop', app_type: 'spa', token_endpoint_auth_method: 'none' },
    callbacks: [callback],
  })
  const { body: connections } = await manage('GET', '/connections')
  for (const { id } of connections) {
    await manage('PATCH', `/connections/${id}/clients`, [
      { client_id: client.client_id, status: true },
    ])
  }
  const newest = () => carrier.requests.at(-1) ?? assert.fail('no message')
  return {
    ...{ origin, clientId: client.client_id, carrier, manage, close },
    authorizeUrl: (change = {}) =>
      `${origin}/authorize?${new URLSearchParams({
        ...{ client_id: client.client_id, response_type: 'code', redirect_uri: callback },
        ...{ scope: 'openid', state: 's-1', nonce: 'n-1' },
        ...change,
      })}`,
    newestCode() {
      const text = newest().form.get('Body') ?? newest().form.get('Twiml') ?? ''
      return /\d{6}/.exec(text.replace(/(\d)\D{1,20}(?=\d)/g, '$1'))?.[0] ?? assert.fail(text)
    },
    async report(status, errorCode = '') {
      const { form } = newest()
      const url = form.get('StatusCallback') ?? assert.fail('no address for reports')
      const { body: message } = await manage('GET', `/phone/messages/${url.split('/').at(-1)}`)
      const sid = message.attempts.at(-1).provider_message_id
      const told = { ErrorCode: errorCode, MessageSid: sid, MessageStatus: status }
      const signed = Object.entries(told).flat().join('')
      const answer = await fetch(url, {
        method: 'POST',
        body: new URLSearchParams(told),
        headers: {
          'x-twilio-signature': createHmac('sha1', authToken)
            .update(url + signed)
            .digest('base64'),
        },
      })
      assert.equal(answer.status, 200, await answer.text())
    },
  }
}
