import dns from 'node:dns'
import http from 'node:http'
import net from 'node:net'
import tls from 'node:tls'
import { connectFacade, type FacadeSocket, readTarget, serverNameOf } from './facade-socket.ts'
import { lookup, lookupPromise } from './host-lookup.ts'

/** Overwrites what Node's own modules look up on each other, so that all libraries pass here. */
const put = (target: object, members: Record<string, unknown>): void => {
  for (const [name, value] of Object.entries(members)) {
    Object.defineProperty(target, name, {
      value,
      writable: true,
      configurable: true,
      enumerable: true,
    })
  }
}

const refuse = (what: string) =>
  function refused(): never {
    throw Object.assign(new Error(`${what} is not available to Actions`), { code: 'EACCES' })
  }

/** Every way to the network ends at the facade; what cannot be sent there throws. */
export function patchNetwork(channelHandle: object): void {
  const realTlsConnect = tls.connect as (...args: unknown[]) => tls.TLSSocket
  put(net, { connect: connectFacade, createConnection: connectFacade })
  put(http.Agent.prototype, { createConnection: connectFacade })
  put(tls, {
    connect: (...args: unknown[]) => {
      const { target, listener } = readTarget(args)
      const options = Object.assign({}, ...args.filter((arg) => typeof arg === 'object')) as Record<
        string,
        unknown
      >
      const socket = (options.socket as FacadeSocket | undefined | null) ?? connectFacade(target)
      const servername = options.servername ?? serverNameOf(String(target.host))
      const rest = { ...options, host: target.host, port: target.port, path: undefined }
      return realTlsConnect({ ...rest, socket, servername }, listener)
    },
  })
  put(dns, { lookup })
  put(dns.promises, { lookup: lookupPromise })
  for (const name of Object.keys(dns)) {
    if (/^(?:resolve|reverse|lookupService|setServers)/.test(name))
      put(dns, { [name]: refuse(`dns.${name}`) })
  }
  for (const name of Object.keys(dns.promises)) {
    if (/^(?:resolve|reverse|lookupService|setServers|Resolver)/.test(name)) {
      put(dns.promises, { [name]: refuse(`dns.${name}`) })
    }
  }
  put(dns, { Resolver: refuse('dns.Resolver') })
  disarmNatives(channelHandle)
}

/** Takes the native ways to a connection off their prototypes, where they would be found. */
function disarmNatives(channelHandle: object): void {
  const probe = new tls.TLSSocket(undefined as unknown as net.Socket) // how one gets at the native class
  const handle = (probe as unknown as { _handle?: { _parent?: object } })._handle
  const natives = [handle?._parent, channelHandle]
  probe.destroy()
  for (const native of natives) {
    if (native === undefined) continue
    for (const name of ['connect', 'connect6', 'bind', 'bind6', 'listen', 'open']) {
      seal(Object.getPrototypeOf(native), name)
    }
  }
  seal(net.Socket.prototype, 'connect')
  seal(net.Server.prototype, 'listen')
  seal(net.Server.prototype, '_listen2')
}

function seal(target: object, name: string): void {
  Object.defineProperty(target, name, { value: refuse(name), writable: false, configurable: false })
}
