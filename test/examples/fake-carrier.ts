import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import { text } from 'node:stream/consumers'

export type CarrierRequest = {
  method: string | undefined
  path: string | undefined
  headers: IncomingHttpHeaders
  body: string
}

export type CarrierAnswer = { status: number; body?: object | string }

/** Any carrier's API on loopback. */
export type FakeCarrier = {
  url: string
  requests: CarrierRequest[]
  /** From now on; `reset` breaks the connection. */
  answer: CarrierAnswer | 'reset'
  close(): Promise<void>
}

export async function startFakeCarrier(): Promise<FakeCarrier> {
  const requests: CarrierRequest[] = []
  const server = createServer((incoming, outgoing) => {
    text(incoming).then(
      (body) => {
        const { method, url: path, headers } = incoming
        requests.push({ method, path, headers, body })
        if (fake.answer === 'reset') {
          incoming.socket.destroy()
          return
        }
        const answer = fake.answer.body ?? {}
        outgoing.writeHead(fake.answer.status, { connection: 'close' })
        outgoing.end(typeof answer === 'string' ? answer : JSON.stringify(answer))
      },
      () => incoming.socket.destroy(),
    )
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  const fake: FakeCarrier = {
    url: `http://127.0.0.1:${address.port}`,
    requests,
    answer: { status: 200 },
    close: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
  return fake
}
