import { anyEnd, type HostileSnippet, prober } from './snippet.ts'

/** Helpers of the modules below: a connection that opens is a breach. */
const reach = `
const net = require('net')
const refusals = []
const reach = (host, port) => new Promise((done) => {
  const socket = net.connect({ host, port })
  socket.on('error', (error) => { refusals.push(error.code); done() })
  socket.on('connect', () => { breach('connected', host + ' ' + port); socket.destroy(); done() })
}).catch((error) => { refusals.push(error.code ?? error.name) })
`

const network = (body: string): string => reach + prober(body)

/** Every one of a list of hosts, at a port that would be allowed. */
const reachAll = (hosts: readonly string[], ports: string): string =>
  network(`
    const hosts = ${JSON.stringify(hosts)}
    for (const host of [...hosts, ...(event.decoys.names ?? [])]) {
      for (const port of ${ports}) {
        await attempt(() => reach(host, port))
        const name = host.includes(':') ? '[' + host + ']' : host
        await attempt(() => fetch('http://' + name + ':' + port, { method: 'POST', body: 'x' })
          .then((reply) => breach('fetched', host + ' ' + reply.status)))
      }
    }
    console.log('refused ' + (refusals.length >= hosts.length))`)

/** Code that wants to talk to what only the host may talk to. */
export const networkSnippets: readonly HostileSnippet[] = [
  {
    name: 'reaches for a database on loopback by every client',
    code: network(`
      const { tcpPort } = event.decoys
      const http = require('http')
      const quiet = (it) => it.on('error', () => {})
      await reach('127.0.0.1', tcpPort)
      await attempt(() => quiet(new net.Socket()).connect(tcpPort, '127.0.0.1'))
      await attempt(() => quiet(net.createConnection(tcpPort)))
      await attempt(() => fetch('http://127.0.0.1:' + tcpPort))
      await attempt(() => quiet(http.get({ host: '127.0.0.1', port: tcpPort })))
      await attempt(() => quiet(require('https').get({ host: '127.0.0.1', port: tcpPort })))
      await attempt(() => quiet(require('tls').connect(tcpPort, '127.0.0.1')))
      await attempt(() => quiet(require('http2').connect('http://127.0.0.1:' + tcpPort)))
      await attempt(() => quiet(http.get({
        port: 80, host: 'name.invalid', createConnection: () => quiet(net.connect(tcpPort, '127.0.0.1')),
      })))
      await attempt(() => quiet(http.get({
        port: tcpPort, host: 'name.invalid', lookup: (name, options, done) =>
          options.all ? done(null, [{ address: '127.0.0.1', family: 4 }]) : done(null, '127.0.0.1', 4),
      })))
      await attempt(() => quiet(net.connect({
        port: tcpPort, host: 'name.invalid', localAddress: '127.0.0.1', lookup: (name, options, done) =>
          options.all ? done(null, [{ address: '127.0.0.1', family: 4 }]) : done(null, '127.0.0.1', 4),
      })))
      const agent = new http.Agent()
      await attempt(() => agent.createConnection({ host: '127.0.0.1', port: tcpPort }).on('error', () => {}))
      await sleep(150)
      console.log('tried ' + (tried > 10))`),
    ends: ['returned', 'threw'],
    says: /tried true/,
    limitMs: 3000,
  },
  {
    name: 'spells the metadata service in many ways',
    code: reachAll(
      [
        ...['169.254.169.254', '2852039166', '0xa9fea9fe', '0251.0376.0251.0376'],
        ...['169.254.43518', '::ffff:169.254.169.254', '::ffff:a9fe:a9fe', '64:ff9b::a9fe:a9fe'],
        ...['2002:a9fe:a9fe::', 'fd00:ec2::254', '100.100.100.200', '168.63.129.16'],
        ...['192.0.0.192', 'metadata.google.internal', '169.254.169.254.'],
      ],
      '[80]',
    ),
    ends: ['returned'],
    says: /refused true/,
    limitMs: 5000,
  },
  {
    name: 'spells loopback and private addresses in many ways',
    code: reachAll(
      [
        ...['localhost', '127.1', '0', '0.0.0.0', '2130706433', '0x7f000001', '017700000001'],
        ...['127.0.0.1.', '127.255.255.254', '::1', '::', '::ffff:127.0.0.1', '::ffff:7f00:1'],
        ...['::127.0.0.1', '::ffff:0:127.0.0.1', '64:ff9b::7f00:1', '2002:7f00:1::', 'fe80::1'],
        ...['fc00::1', '10.0.0.1', '192.168.0.1', '172.16.0.1', '100.64.0.1', '198.18.0.1'],
        ...['private.test', 'mixed.test'],
      ],
      '[event.decoys.tcpPort]',
    ),
    ends: ['returned'],
    says: /refused true/,
    limitMs: 5000,
  },
  {
    name: 'gives hosts and ports that are no hosts and ports',
    code: network(String.raw`
      const { tcpPort } = event.decoys
      let turn = 0
      const changing = { toString: () => (turn++ % 2 ? '127.0.0.1' : 'name.invalid') }
      const hosts = [['127.0.0.1'], changing, 'name.invalid\0.127.0.0.1', '127\u30020\u30020\u30021',
        '\uff11\uff12\uff17.0.0.1', '127.0.0.1 ', ' 127.0.0.1', '127.0.0.1/', '127.0.0.1%lo', '', {}]
      for (const host of hosts) await attempt(() => reach(host, tcpPort))
      const ports = [String(tcpPort), tcpPort + 65536, 25, 22, -1, 80.5, '80 ', NaN, '0x50', [tcpPort], 0]
      for (const port of ports) await attempt(() => reach('127.0.0.1', port))
      console.log('tried ' + (tried >= 22))`),
    ends: ['returned', 'threw'],
    says: /tried true/,
    limitMs: 3000,
  },
  {
    name: 'follows a redirect from an allowed host',
    code: network(`
      const { redirectPort } = event.decoys
      await attempt(() => fetch('http://127.0.0.1:' + redirectPort))
      const reply = await fetch('http://127.0.0.1:' + redirectPort, { redirect: 'manual' })
      console.log('redirect ' + reply.status)
      await attempt(() => fetch(reply.headers.get('location')))
      const target = new URL(reply.headers.get('location'))
      await reach(target.hostname, Number(target.port || 80))
      console.log('refused ' + refusals.length)`),
    ends: ['returned'],
    says: /redirect 302\nrefused 1/,
    limitMs: 3000,
  },
  {
    name: 'binds a name again after it was checked',
    code: network(`
      const dns = require('dns')
      const { tcpPort } = event.decoys
      for (let round = 0; round < 4; round += 1) {
        const found = await attempt(() => dns.promises.lookup('rebinding.test'))
        await attempt(() => reach('rebinding.test', tcpPort))
        if (found?.address === '127.0.0.1') await attempt(() => reach(found.address, tcpPort))
      }
      await attempt(() => reach('127.0.0.1', tcpPort))
      console.log('refused ' + (refusals.length >= 5))`),
    ends: ['returned'],
    says: /refused true/,
    limitMs: 3000,
  },
  {
    name: 'connects to sockets in files and in the abstract namespace',
    code: network(`
      const { unixPath, abstractName } = event.decoys
      const quiet = (it) => it.on('error', () => {})
      const paths = [unixPath, String.fromCharCode(0) + abstractName]
      for (const path of paths) {
        await attempt(() => quiet(net.connect(path)))
        await attempt(() => quiet(net.connect({ path })))
        await attempt(() => quiet(new net.Socket()).connect({ path, host: 'name.invalid', port: 80 }))
        await attempt(() => quiet(require('tls').connect({ path })))
        await attempt(() => quiet(require('http').get({ socketPath: path, path: '/' })))
        await attempt(() => quiet(require('http2').connect('http://x', { path })))
      }
      await sleep(100)
      console.log('tried ' + tried)`),
    ends: ['returned', 'threw'],
    says: /tried 12/,
    limitMs: 3000,
  },
  {
    name: 'opens three thousand connections',
    code: network(`
      const { floodPort } = event.decoys
      for (let each = 0; each < 3000; each += 1) {
        net.connect(floodPort, '127.0.0.1').on('error', () => {})
      }
      await sleep(400)`),
    ends: anyEnd,
    limitMs: 3000,
  },
  {
    name: 'scans ninety ports',
    code: network(`
      const { tcpPort } = event.decoys
      const ports = Array.from({ length: 89 }, (_, each) => 1 + each * 700)
      for (const port of [...ports, tcpPort]) await reach('127.0.0.1', port)
      console.log('refused ' + refusals.length)`),
    ends: ['returned'],
    says: /refused 90/,
    limitMs: 3000,
  },
  {
    name: 'uploads without an end',
    code: network(`
      const socket = net.connect(event.decoys.uploadPort, '127.0.0.1')
      const gone = new Promise((done) => socket.on('error', done).on('close', done))
      const part = Buffer.alloc(2 ** 16)
      const pour = () => { while (!socket.destroyed && socket.write(part)); socket.once('drain', pour) }
      socket.on('connect', pour)
      await gone`),
    ends: anyEnd,
    limitMs: 4000,
  },
  {
    name: 'downloads without an end',
    code: network(`
      const socket = net.connect(event.decoys.downloadPort, '127.0.0.1')
      const gone = new Promise((done) => socket.on('error', done).on('close', done))
      socket.on('data', () => {})
      await gone`),
    ends: anyEnd,
    limitMs: 4000,
  },
  {
    name: 'asks for a million connections without waiting',
    code: network(`
      for (let each = 0; each < 1e6; each += 1) {
        net.connect(event.decoys.tcpPort, '127.0.0.1').on('error', () => {})
      }`),
    ends: anyEnd,
    limitMs: 2000,
  },
  {
    name: 'asks for two hundred thousand names',
    code: network(`
      const { lookup } = require('dns')
      for (let each = 0; each < 2e5; each += 1) lookup('n' + each + '.test', () => {})
      await sleep(300)`),
    ends: anyEnd,
    limitMs: 2000,
  },
]
