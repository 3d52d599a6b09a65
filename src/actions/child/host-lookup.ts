import { frameTypes } from '../protocol.ts'
import type { Channel } from './channel.ts'
import { currentInvocation } from './invocation.ts'

type Address = { address: string; family: number }
type Failure = { code: string; message: string }
type Answer = { addresses: Address[] } | { error: Failure }
type LookupCallback = (error: Error | null, address?: unknown, family?: number) => void

const waiting = new Map<number, (answer: Answer) => void>()
let lastId = 0
let channel: Channel | undefined

export function connectLookupsTo(opened: Channel): void {
  channel = opened
}

export function lookupFrame(id: number, answer: unknown): void {
  const settle = waiting.get(id)
  waiting.delete(id)
  settle?.(answer as Answer) // the host's own words
}

function ask(host: unknown): Promise<Address[]> {
  const invocation = currentInvocation.getStore()
  return new Promise((resolve, reject) => {
    const refuse = ({ code, message }: Failure) =>
      reject(Object.assign(new Error(message), { code, hostname: host, syscall: 'getaddrinfo' }))
    if (typeof host !== 'string' || host.length > 255) {
      refuse({ code: 'ENOTFOUND', message: 'the host is no name' })
      return
    }
    if (invocation === undefined || invocation.done || channel === undefined) {
      refuse({ code: 'EACCES', message: 'network use outside an invocation' })
      return
    }
    lastId += 1
    waiting.set(lastId, (answer) => {
      if ('addresses' in answer) resolve(answer.addresses)
      else refuse(answer.error)
    })
    channel.sendJson(frameTypes.LOOKUP, lastId, { host, invocation: invocation.id })
  })
}

const isAll = (options: unknown) => Object(options).all === true

/** `dns.promises.lookup` by the host, which answers with addresses that a socket may reach. */
export async function lookupPromise(host: unknown, options?: unknown): Promise<unknown> {
  const addresses = await ask(host)
  return isAll(options) ? addresses : addresses[0]
}

/** `dns.lookup` by the host. */
export function lookup(host: unknown, ...rest: unknown[]): void {
  const then = rest.at(-1)
  if (typeof then !== 'function') throw new TypeError('a callback is needed')
  const callback = then as LookupCallback
  const [options] = rest
  ask(host).then(
    (addresses) => {
      if (isAll(options)) callback(null, addresses)
      else callback(null, addresses[0]?.address, addresses[0]?.family)
    },
    (error: Error) => callback(error),
  )
}
