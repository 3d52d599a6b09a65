import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'

/** The phone network: takes every message at once and hands its code to whoever waits for it. */
export type Carrier = {
  port: number
  /** Resolves with the code of the next message to the number; ask before it is sent. */
  nextCode(number: string): Promise<string>
  close(): void
}

/**
 * Takes Twilio's form posts and the small JSON posts that the benchmark gives the other product.
 * Answers in the form of Twilio's 201.
 */
export async function startCarrier(): Promise<Carrier> {
  const waiting = new Map<string, (code: string) => void>()
  const sockets = new Set<Socket>()
  let messages = 0

  const server = createServer((socket) => {
    sockets.add(socket)
    socket.setEncoding('latin1')
    socket.setNoDelay(true)
    let received = ''
    socket.on('data', (data) => {
      received += data
      for (;;) {
        const headEnd = received.indexOf('\r\n\r\n')
        if (headEnd === -1) return
        const length = Number(
          /\r\ncontent-length: *(\d+)/i.exec(received.slice(0, headEnd))?.[1] ?? 0,
        )
        const end = headEnd + 4 + length
        if (received.length < end) return
        const { number, code } = readMessage(received.slice(headEnd + 4, end))
        received = received.slice(end)
        messages += 1
        const reply = `{"sid":"SM${messages.toString(16).padStart(32, '0')}","status":"queued","error_code":null}`
        socket.write(
          `HTTP/1.1 201 Created\r\ncontent-type: application/json\r\ncontent-length: ${reply.length}\r\n\r\n${reply}`,
        )
        const deliver = waiting.get(number)
        waiting.delete(number)
        deliver?.(code)
      }
    })
    socket.on('error', () => socket.destroy())
    socket.on('close', () => sockets.delete(socket))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return {
    port: address.port,
    nextCode: (number) => new Promise((resolve) => waiting.set(number, resolve)),
    close() {
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}

function readMessage(body: string): { number: string; code: string } {
  if (body.startsWith('{')) return JSON.parse(body)
  const form = decodeURIComponent(body.replaceAll('+', ' '))
  const number = /(?:^|&)To=(\+\d+)/.exec(form)?.[1] ?? ''
  const code = /(?:^|&)Body=[^&]*?(\d{6})/.exec(form)?.[1] ?? ''
  return { number, code }
}
