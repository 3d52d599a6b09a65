import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'

/** One request as it arrived. */
export type WebhookRequest = { headers: IncomingHttpHeaders; body: string }

/** What takes log streams, on loopback. */
export type Webhook = {
  url: string
  /** `host:port`, for the list of what tenants may reach. */
  address: string
  /** Those that were taken, oldest first. */
  taken: WebhookRequest[]
  /** Those that were refused. */
  refused: WebhookRequest[]
  /** Decides what is answered from now on; 200 without it. */
  respond(
    answer: (request: WebhookRequest) => number | { status: number; retryAfter?: string },
  ): void
  close(): Promise<void>
}

export async function startWebhook(): Promise<Webhook> {
  const taken: WebhookRequest[] = []
  const refused: WebhookRequest[] = []
  let answer: Parameters<Webhook['respond']>[0] = () => 200
  const server = createServer((incoming, outgoing) => {
    let body = ''
    incoming.setEncoding('utf8')
    incoming.on('data', (chunk) => {
      body += chunk
    })
    incoming.on('end', () => {
      const request = { headers: incoming.headers, body }
      const answered = answer(request)
      const { status, retryAfter = undefined } =
        typeof answered === 'number' ? { status: answered } : answered
      ;(status < 300 ? taken : refused).push(request)
      outgoing.writeHead(status, { ...(retryAfter && { 'retry-after': retryAfter }) }).end()
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = `127.0.0.1:${(server.address() as AddressInfo).port}` // of a port, not of a pipe
  return {
    url: `http://${address}/logs`,
    address,
    taken,
    refused,
    respond(next) {
      answer = next
    },
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
