import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

/** What came back: the status line with the headers as they came, and the body. */
export type Answer = { status: number; head: string; body: string }

/**
 * One kept-alive HTTP/1.1 connection with one request at a time. A general client would take as much
 * of the two cores as the servers that are measured.
 */
export class HttpConnection {
  readonly #socket: Socket
  #received = ''
  #waiting: { resolve(answer: Answer): void; reject(error: Error): void } | undefined

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.setEncoding('latin1')
    socket.setNoDelay(true)
    socket.on('data', (data) => this.#read(String(data)))
    socket.on('error', (error) => this.#fail(error))
    socket.on('close', () => this.#fail(new Error('the server closed the connection')))
  }

  static async open(port: number): Promise<HttpConnection> {
    const socket = connect(port, '127.0.0.1')
    await once(socket, 'connect')
    return new HttpConnection(socket)
  }

  /** @param head the request line and headers without `content-length`, each line ended */
  request(head: string, body: string): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject }
      this.#socket.write(`${head}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`)
    })
  }

  close(): void {
    this.#socket.destroy()
  }

  #read(data: string): void {
    this.#received += data
    const answer = readAnswer(this.#received)
    if (answer === undefined) return
    this.#received = ''
    const waiting = this.#waiting
    this.#waiting = undefined
    waiting?.resolve(answer)
  }

  #fail(error: Error): void {
    this.#waiting?.reject(error)
    this.#waiting = undefined
  }
}

/** Undefined until the whole answer is there. */
function readAnswer(text: string): Answer | undefined {
  const headEnd = text.indexOf('\r\n\r\n')
  if (headEnd === -1) return undefined
  const sent = text.slice(0, headEnd)
  const head = sent.toLowerCase()
  const status = Number(head.slice(9, 12))
  const body = text.slice(headEnd + 4)
  const length = /\r\ncontent-length: *(\d+)/.exec(head)?.[1]
  if (length !== undefined)
    return body.length >= Number(length) ? { status, head: sent, body } : undefined
  if (head.includes('\r\ntransfer-encoding: chunked')) {
    return body.endsWith('0\r\n\r\n') ? { status, head: sent, body } : undefined
  }
  return { status, head: sent, body }
}
