import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server, type Socket } from 'node:net'
import { hostname, tmpdir } from 'node:os'
import path from 'node:path'
import type { DecoyAddresses } from './snippet.ts'

/** Things that hostile code would go for, and what it got. */
export type Decoys = {
  addresses: DecoyAddresses & { names: readonly string[] }
  /** `host:port` of what may be reached. */
  allowed: readonly string[]
  /** Texts that may turn up nowhere. */
  canaries: readonly string[]
  /** What was touched that must not be; empty when all is well. */
  touched(): Promise<string[]>
  /** Connections to the flooded port, bytes of endless streams. */
  taken: { connections: number; uploaded: number; downloaded: number }
  close(): Promise<void>
}

/** Opens every decoy on this machine and puts a canary into the environment of this process. */
export async function openDecoys(): Promise<Decoys> {
  const folder = await mkdtemp(path.join(tmpdir(), 'trunkline-decoys-'))
  const canaries = [0, 1].map(() => `canary-${randomBytes(12).toString('hex')}`)
  const [inFile = '', inEnvironment = ''] = canaries
  const canaryFile = path.join(folder, 'canary')
  await writeFile(canaryFile, inFile, { mode: 0o644 })
  process.env.TRUNKLINE_TEST_CANARY = inEnvironment
  const hits: string[] = []
  const taken: Decoys['taken'] = { connections: 0, uploaded: 0, downloaded: 0 }
  const servers: Server[] = []
  const sockets = new Set<Socket>()
  const listen = async (where: number | string, greet: (socket: Socket) => void) => {
    const server = createServer((socket) => {
      sockets.add(socket)
      socket.on('error', () => {})
      socket.on('close', () => sockets.delete(socket))
      greet(socket)
    })
    if (typeof where === 'number') server.listen(where, '127.0.0.1')
    else server.listen(where)
    await once(server, 'listening')
    servers.push(server)
    const address = server.address()
    return typeof address === 'object' && address !== null ? address.port : 0
  }
  const trap = (name: string) => (socket: Socket) => {
    hits.push(name)
    socket.destroy()
  }

  // Where it may, on a port that is open to everybody: only the address is wrong then.
  const tcpPort = await listen(80, trap('tcp')).catch(() => listen(0, trap('tcp')))
  const unixPath = path.join(folder, 'socket')
  await listen(unixPath, trap('unix'))
  const abstractName = `trunkline-decoy-${randomBytes(6).toString('hex')}`
  if (process.platform === 'linux') await listen(`\0${abstractName}`, trap('abstract'))
  const udp = createSocket('udp4')
  udp.on('message', () => hits.push('udp'))
  udp.bind(0, '127.0.0.1')
  await once(udp, 'listening')
  const floodPort = await listen(0, () => {
    taken.connections += 1
  })
  const uploadPort = await listen(0, (socket) => {
    socket.on('data', (data) => {
      taken.uploaded += data.length
    })
  })
  const downloadPort = await listen(0, (socket) => {
    const part = Buffer.alloc(2 ** 16)
    const pour = () => {
      if (socket.destroyed) return
      socket.write(part, () => {
        taken.downloaded += part.length
        pour()
      })
    }
    pour()
  })
  const redirectPort = await listen(0, (socket) => {
    socket.once('data', () =>
      socket.end(
        `HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:${tcpPort}/\r\ncontent-length: 0\r\nconnection: close\r\n\r\n`,
      ),
    )
  })
  const victim = spawn('sleep', ['1000'], { stdio: 'ignore' })
  await once(victim, 'spawn')
  const signals = ['SIGUSR1', 'SIGUSR2', 'SIGWINCH'] as const
  const caught = (signal: string) => hits.push(`signal ${signal}`)
  for (const signal of signals) process.on(signal, caught)

  return {
    addresses: {
      ...{ tcpPort, udpPort: udp.address().port, unixPath, abstractName, canaryFile },
      ...{ hostPid: process.pid, victimPid: victim.pid ?? 0 },
      ...{ floodPort, uploadPort, downloadPort, redirectPort },
      names: [hostname()],
    },
    allowed: [floodPort, uploadPort, downloadPort, redirectPort].map((port) => `127.0.0.1:${port}`),
    canaries,
    taken,
    async touched() {
      const files = (await readdir(folder)).filter((name) => !['canary', 'socket'].includes(name))
      const dead = victim.exitCode !== null || victim.signalCode !== null
      return [...hits, ...files, ...(dead ? ['the process'] : [])]
    },
    async close() {
      for (const signal of signals) process.off(signal, caught)
      victim.kill('SIGKILL')
      for (const socket of sockets) socket.destroy()
      for (const server of servers) server.close()
      udp.close()
      delete process.env.TRUNKLINE_TEST_CANARY
      await rm(folder, { recursive: true, force: true })
    },
  }
}
