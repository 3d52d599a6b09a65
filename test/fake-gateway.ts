import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'

export type GatewayRequest = {
  method: string
  path: string
  headers: IncomingHttpHeaders
  // biome-ignore lint/suspicious/noExplicitAny: a test reads what it expects, and fails where it is not there
  body: any
}

/** What the gateway does with a request; 200 and an empty body when it says nothing. */
export type GatewayAnswer = {
  status?: number
  headers?: Record<string, string>
  body?: string
  delayMs?: number
  instead?: 'hang' | 'reset'
}

export type FakeGateway = {
  url: string
  /** `host:port`, for the list of what tenants may reach. */
  address: string
  requests: GatewayRequest[]
  /** From now on. */
  answer(next: GatewayAnswer): void
  close(): Promise<void>
}

/** A tenant's own SMS gateway on loopback. Closed after the test file. */
export async function startFakeGateway(): Promise<FakeGateway> {
  const requests: GatewayRequest[] = []
  let next: GatewayAnswer = {}
  const server = createServer(async (incoming, outgoing) => {
    const chunks: Buffer[] = []
    for await (const chunk of incoming) chunks.push(chunk)
    const text = Buffer.concat(chunks).toString()
    requests.push({
      method: incoming.method ?? '',
      path: incoming.url ?? '',
      headers: incoming.headers,
      body: text === '' ? undefined : JSON.parse(text),
    })
    const { status = 200, headers, body, delayMs, instead } = next
    if (instead === 'hang') return
    if (instead === 'reset') {
      incoming.socket.resetAndDestroy()
      return
    }
    if (delayMs !== undefined) await wait(delayMs, undefined, { ref: false })
    outgoing.writeHead(status, headers).end(body)
  })
  await new Promise<void>((listening) => {
    server.listen(0, '127.0.0.1', listening)
  })
  const { port } = server.address() as AddressInfo // a listening TCP server has no other
  const close = () =>
    new Promise<void>((closed) => {
      server.close(() => closed())
      server.closeAllConnections()
    })
  after(close)
  return {
    url: `http://127.0.0.1:${port}/sms`,
    address: `127.0.0.1:${port}`,
    requests,
    answer: (answer) => {
      next = answer
    },
    close,
  }
}
