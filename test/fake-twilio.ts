import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'

/** One request as it arrived. */
export type FakeTwilioRequest = {
  /** With query, `/2010-04-01/Accounts/AC…/Messages.json`. */
  path: string
  headers: IncomingMessage['headers']
  form: URLSearchParams
}

/** What the fake does with one request; the default answer fills what is left out. */
export type FakeTwilioReply = {
  status?: number
  /** An object is sent as JSON, a string as it is. */
  body?: object | string
  headers?: Record<string, string>
  /** Answers only after this time. */
  delayMs?: number
  /** `hang`: reads the request and never answers. `reset`: reads it and breaks the connection. */
  instead?: 'hang' | 'reset'
}

export type FakeTwilioHandler = (
  request: FakeTwilioRequest,
  /** Counts from 0 since `respond`. */
  index: number,
) => FakeTwilioReply | undefined | Promise<FakeTwilioReply | undefined>

/** Twilio on loopback, as far as Messages and Calls go. */
export type FakeTwilio = {
  /** For `TRUNKLINE_TWILIO_URL`; stays the same over `stop` and `start`. */
  url: string
  /** Oldest first. */
  requests: FakeTwilioRequest[]
  /** Decides the answers from now on; undefined from the handler is the default answer. */
  respond(handler: FakeTwilioHandler): void
  /** Answers with one reply after the other, then with the default. */
  script(...replies: FakeTwilioReply[]): void
  /** Stops listening and breaks what is open: new connections are refused. */
  stop(): Promise<void>
  /** Listens again on the same port. */
  start(): Promise<void>
  close(): Promise<void>
}

/**
 * Starts a fake that takes everything, 201 with a fresh sid, until it is told otherwise.
 *
 * Connections are not kept alive unless asked for: a client that has not yet noticed that a kept one
 * was closed by `stop` would write into it, and see a reset in place of a refused connection.
 */
export async function startFakeTwilio({ keepAlive = false } = {}): Promise<FakeTwilio> {
  const requests: FakeTwilioRequest[] = []
  let handler: FakeTwilioHandler = () => undefined
  let index = 0

  const server = createServer((incoming, outgoing) => {
    answer(incoming, outgoing).catch(() => outgoing.destroy())
  })
  const listen = async (port: number): Promise<void> => {
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
  }
  const stop = async (): Promise<void> => {
    if (!server.listening) return
    const closed = once(server, 'close')
    server.close()
    server.closeAllConnections()
    await closed
  }

  async function answer(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    for await (const chunk of incoming) chunks.push(chunk)
    const form = new URLSearchParams(Buffer.concat(chunks).toString())
    const request = { path: incoming.url ?? '', headers: incoming.headers, form }
    requests.push(request)
    const reply = (await handler(request, index++)) ?? {}
    if (reply.instead === 'hang') return
    if (reply.instead === 'reset') {
      incoming.socket.resetAndDestroy()
      return
    }
    if (reply.delayMs !== undefined) await wait(reply.delayMs, undefined, { ref: false })
    const { status = 201, body = accepted(request.path, requests.length), headers } = reply
    outgoing.shouldKeepAlive = keepAlive
    outgoing.writeHead(status, { 'content-type': 'application/json', ...headers })
    outgoing.end(typeof body === 'string' ? body : JSON.stringify(body))
  }

  await listen(0)
  const { port } = server.address() as AddressInfo // a listening TCP server has no other
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    respond(next) {
      handler = next
      index = 0
    },
    script(...replies) {
      handler = (_, at) => replies[at]
      index = 0
    },
    stop,
    start: () => listen(port),
    close: stop,
  }
}

/** Twilio's answer to a message or call that it took, in its most telling members. */
const accepted = (path: string, number: number): object => ({
  sid: `${path.includes('/Calls') ? 'CA' : 'SM'}${number.toString(16).padStart(32, '0')}`,
  status: 'queued',
  error_code: null,
})
