import type { AddressInfo } from 'node:net'
import Fastify, { type FastifyReply } from 'fastify'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import type { InboxMessage } from '../../src/contract/inbox.ts'
import { demoPageRoutes } from '../../src/http/pages/demo-page.ts'
import { homePageRoutes } from '../../src/http/pages/home-page.ts'
import { type InboxQuery, inboxPageRoutes } from '../../src/http/pages/inbox-page.ts'

/** An answer that the next call of an endpoint gives instead of its own. */
type Refusal = { status: number; body: object; headers?: Record<string, string> }

/**
 * The pages over an Authentication API of a few lines, so that a test can make it refuse, wait or
 * vanish at will. What the real one answers is proved by its own tests.
 */
export async function startPagesServer(port = 0) {
  const { privateKey, publicKey } = await generateKeyPair('ES256')
  const jwk = { ...(await exportJWK(publicKey)), kid: 'key-1', alg: 'ES256', use: 'sig' }
  const messages: InboxMessage[] = []
  const waiting = new Set<() => void>()
  const calls: { path: string; body: Record<string, string> }[] = []
  const refusals = new Map<string, Refusal>()
  const server = { state: 'queued', code: '481920', origin: '', accessToken: 'jwt' }
  let count = 0

  const app = Fastify()
  await app.register(homePageRoutes, { enabled: true, inbox: true })
  await app.register(demoPageRoutes, { enabled: true, inbox: true })
  await app.register(inboxPageRoutes, { enabled: true, allowedHosts: [], listInbox })

  app.addHook('preHandler', async (request, reply) => {
    const path = request.routeOptions.url ?? ''
    // Bodies of the demo are flat objects of strings.
    calls.push({ path, body: (request.body ?? {}) as Record<string, string> })
    const refusal = refusals.get(path)
    refusals.delete(path)
    if (refusal) return refuse(reply, refusal)
  })
  app.post<{ Body: { phone_number: string } }>('/passwordless/start', async ({ body }) => {
    const phone_number = body.phone_number.replace(/[^+\d]/g, '')
    server.state = 'queued'
    return { _id: `68c1f0d2a9b7e44c1d0e5a${count + 10}`, phone_number, phone_verified: false }
  })
  app.get('/passwordless/status', async () => ({
    state: server.state,
    final: ['delivered', 'failed'].includes(server.state),
  }))
  app.post<{ Body: Record<string, string> }>('/oauth/token', async ({ body }, reply) => {
    if (body.grant_type !== 'refresh_token' && body.otp !== server.code) {
      const error_description = 'Wrong phone number or verification code.'
      return refuse(reply, { status: 403, body: { error: 'invalid_grant', error_description } })
    }
    return tokens()
  })
  app.post('/oauth/revoke', async (_request, reply) => reply.send())
  app.get('/userinfo', async () => ({ sub: 'sms|68c1f0d2a9b7e44c1d0e5a11', name: '+14155550137' }))
  app.get('/.well-known/jwks.json', async () => ({ keys: [jwk] }))

  server.origin = `http://localhost:${await listen(port)}`

  async function listen(at: number) {
    await app.listen({ host: '127.0.0.1', port: at })
    // A server that listens on an address has one.
    return (app.server.address() as AddressInfo).port
  }

  async function listInbox({ after = '', waitMs, take, signal }: InboxQuery) {
    const newer = () => messages.filter(({ id }) => id > after).slice(0, take)
    if (newer().length === 0 && waitMs > 0) {
      await new Promise<void>((resolve) => {
        waiting.add(resolve)
        signal.addEventListener('abort', () => resolve())
        setTimeout(resolve, waitMs).unref()
      })
    }
    return newer()
  }

  async function tokens() {
    count += 1
    const sign = (claims: object) =>
      new SignJWT({ iss: `${server.origin}/`, sub: 'sms|68c1f0d2a9b7e44c1d0e5a11', ...claims })
        .setProtectedHeader({ alg: 'ES256', typ: 'JWT', kid: 'key-1' })
        .setIssuedAt()
        .setExpirationTime('10h')
        .sign(privateKey)
    const scope = 'openid profile phone offline_access'
    return {
      access_token:
        server.accessToken === 'jwt' ? await sign({ aud: 'https://api.test', scope }) : 'opaque',
      id_token: await sign({ aud: 'demo', name: '+14155550137', phone_verified: true }),
      refresh_token: `v1.refresh-${count}`,
      scope,
      expires_in: 86_400,
      token_type: 'Bearer',
    }
  }

  return {
    server,
    calls,
    /** Puts a message into the inbox and wakes whoever waits. Times and ids count up from `at`. */
    receive(message: Partial<InboxMessage>, at = Date.now()) {
      count += 1
      const text = '481920 is your code for Acme.'
      const voice = 'Your code for Acme is 4. 8. 1. 9. 2. 0.'
      messages.unshift({
        id: String(count).padStart(6, '0'),
        recipient: '+14155550137',
        delivery_method: 'text',
        message_type: 'otp_verify',
        text,
        voice,
        code: '481920',
        created_at: new Date(at).toISOString(),
        ...message,
      })
      for (const wake of waiting) wake()
      waiting.clear()
    },
    /** The next call of a path is answered with this. */
    refuseNext: (path: string, refusal: Refusal) => refusals.set(path, refusal),
    async close() {
      app.server.closeAllConnections()
      await app.close()
    },
  }
}

const refuse = (reply: FastifyReply, { status, body, headers = {} }: Refusal) =>
  reply.code(status).headers(headers).send(body)
