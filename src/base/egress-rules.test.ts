import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  checkAddress,
  EgressRefused,
  type EgressRules,
  type Lookup,
  resolveAll,
  resolveChecked,
} from './egress-rules.ts'

const rules: EgressRules = {
  ports: new Set([80, 443]),
  allow: new Set(['127.0.0.1:9000', 'gateway.internal:9001', '[::1]:9002']),
  own: () => ['93.184.215.99', '2606:4700::99', 'fe80::1%eth0'],
}

/** Answers with what the name says: `a,b.test` has two addresses. */
const answers =
  (...addresses: string[]): Lookup =>
  async () =>
    addresses.map((address) => ({ address }))

const noLookup: Lookup = async (host) => assert.fail(`${host} was looked up`)

const publicAddresses = [
  ...['1.1.1.1', '8.8.8.8', '93.184.215.14', '9.255.255.255', '11.0.0.0', '100.63.255.255'],
  ...['100.128.0.0', '126.255.255.255', '128.0.0.0', '169.253.255.255', '169.255.0.0'],
  ...['172.15.255.255', '172.32.0.0', '192.0.1.0', '192.0.3.0', '192.167.255.255', '192.169.0.0'],
  ...['198.17.255.255', '198.20.0.0', '198.51.99.255', '203.0.112.255', '223.255.255.255'],
  ...['168.63.129.15', '168.63.129.17', '2606:4700::1111', '2a00:1450:4001::200e', '2001:200::1'],
  ...['3ffe::1', '::ffff:8.8.8.8', '::8.8.8.8', '64:ff9b::8.8.8.8', '2002:808:808::1'],
]

const forbiddenAddresses = [
  ...['0.0.0.0', '0.255.255.255', '10.0.0.0', '10.255.255.255', '100.64.0.0', '100.127.255.255'],
  ...['100.100.100.200', '127.0.0.1', '127.255.255.254', '169.254.0.0', '169.254.169.254'],
  ...['172.16.0.0', '172.31.255.255', '192.0.0.192', '192.0.2.1', '192.88.99.1', '192.168.0.0'],
  ...['192.168.255.255', '198.18.0.0', '198.19.255.255', '198.51.100.7', '203.0.113.7'],
  ...['224.0.0.1', '239.255.255.255', '240.0.0.1', '255.255.255.255', '168.63.129.16'],
  ...['::', '::1', '::2', 'fe80::1', 'fe80::1%eth0', 'fec0::1', 'fc00::1', 'fd00:ec2::254'],
  ...['ff02::1', '100::1', '4000::1', '1fff::1', '2001::1', '2001:1ff::1', '2001:db8::1'],
  ...['3fff::1', '3fff:fff::1', '2002:7f00:1::1', '2002:a9fe:a9fe::', '::127.0.0.1'],
  ...['::ffff:127.0.0.1', '::ffff:7f00:1', '0:0:0:0:0:ffff:a9fe:a9fe', '::ffff:0:127.0.0.1'],
  ...['64:ff9b::127.0.0.1', '64:ff9b::a9fe:a9fe', '64:ff9b:1::8.8.8.8', '5f00::1'],
  ...['', 'localhost', '1.2.3', '1.2.3.4.5', '256.1.1.1', '1.2.3.4 ', '[::1]', '::1::'],
]

for (const address of publicAddresses) {
  test(`${address} is public`, () => assert.equal(checkAddress(address), 'public'))
}

for (const address of forbiddenAddresses) {
  test(`${JSON.stringify(address)} is forbidden`, () =>
    assert.equal(checkAddress(address), 'forbidden'))
}

const refusedHosts: readonly unknown[] = [
  // One address in other spellings: each is neither a name nor a literal.
  ...['2130706433', '0x7f000001', '0x7f.1', '127.1', '127.0.1', '0177.0.0.1', '017700000001'],
  ...['2852039166', '0xa9fea9fe', '0251.0376.0251.0376', '169.254.43518', '0x7f.0.0.0x1', '0'],
  ...['127.0.0.1.', '1.2.3.4.5', 'a.0x', '[127.0.0.1', '[[::1]]', '::1]', '127.0.0.1:80'],
  // Letters that something on the way may fold.
  ...[
    '１２７.0.0.1',
    '127。0。0。1',
    '127．0．0．1',
    'ⓛocalhost',
    'eXample\u212a.com',
    'ex\u00e4mple.com',
  ],
  ...['127.0.0.1\0', '\0', 'a\0.example.com', 'example.com\n', ' example.com', 'exa mple.com', ''],
  ...['.', '..', 'a..b', '-a.example', 'a-.example', 'user@example.com', 'example.com/', 'a%2eb'],
  ...['fe80::1%eth0', `${'a'.repeat(64)}.example`, `${'a.'.repeat(127)}example`],
  ...[undefined, null, 1, 2130706433, true, ['127.0.0.1'], ['example.com'], {}],
  { toString: () => 'example.com' },
  new String('example.com'),
]

for (const host of refusedHosts) {
  test(`the host ${JSON.stringify(host)} is refused without a look-up`, () =>
    assert.rejects(resolveChecked(rules, host, 443, noLookup), EgressRefused))
}

for (const port of ['5432', '443', 65_616, 0, -1, 1.5, Number.NaN, null, [443], 25, 5432, 22]) {
  test(`the port ${JSON.stringify(port)} is refused`, () =>
    assert.rejects(resolveChecked(rules, '8.8.8.8', port, noLookup), EgressRefused))
}

for (const address of forbiddenAddresses.slice(0, -8)) {
  test(`a name for ${address} is refused, also next to a public address`, async () => {
    const good = '8.8.8.8'
    for (const found of [[address], [good, address], [address, good]]) {
      await assert.rejects(
        resolveChecked(rules, 'mixed.example', 443, answers(...found)),
        EgressRefused,
      )
    }
  })
}

for (const own of [
  '93.184.215.99',
  '2606:4700::99',
  '2606:4700:0:0:0:0:0:99',
  '::ffff:5db8:d763',
]) {
  test(`our own address ${own} is refused, as a literal and by name`, async () => {
    await assert.rejects(resolveChecked(rules, own, 443, noLookup), EgressRefused)
    await assert.rejects(resolveChecked(rules, 'us.example', 443, answers(own)), EgressRefused)
  })
}

test('a public name gives its first address, to be connected to', async () => {
  const lookup = answers('2606:4700::1111', '8.8.8.8')

  const checked = await resolveChecked(rules, 'Carrier.example.', 443, lookup)

  assert.deepEqual(checked, { address: '2606:4700::1111', family: 6 })
})

test('a name is looked up for each connection, so a changed answer gains nothing', async () => {
  const turns = ['8.8.8.8', '127.0.0.1']
  const lookup: Lookup = async () => [{ address: turns.shift() ?? '' }]

  assert.equal((await resolveChecked(rules, 'turning.example', 443, lookup)).address, '8.8.8.8')
  await assert.rejects(resolveChecked(rules, 'turning.example', 443, lookup), EgressRefused)
})

test('the list opens what it names, in the spelling and at the port that it names', async () => {
  const open = (host: string, port: number) =>
    resolveChecked(rules, host, port, answers('127.0.0.1')).then(
      ({ address }) => address,
      () => 'refused',
    )

  assert.equal(await open('127.0.0.1', 9000), '127.0.0.1')
  assert.equal(await open('gateway.internal', 9001), '127.0.0.1')
  assert.equal(await open('::1', 9002), '::1')
  assert.equal(await open('127.0.0.1', 9001), 'refused')
  assert.equal(await open('127.0.0.1', 443), 'refused')
  assert.equal(await open('::ffff:127.0.0.1', 9000), 'refused')
  assert.equal(await open('localhost', 9000), 'refused')
  assert.equal(await open('gateway.internal', 443), 'refused')
})

test('a look-up is answered by the same rules', async () => {
  const found = await resolveAll(rules, 'a.example', undefined, answers('8.8.8.8', '1.1.1.1'))

  assert.deepEqual(
    found.map(({ address }) => address),
    ['8.8.8.8', '1.1.1.1'],
  )
  await assert.rejects(
    resolveAll(rules, 'a.example', undefined, answers('8.8.8.8', '10.0.0.1')),
    EgressRefused,
  )
})

test('a name without an address is told apart from one that is refused', async () => {
  const missing: Lookup = async () => {
    throw new Error('ENOTFOUND')
  }

  await assert.rejects(resolveChecked(rules, 'none.example', 443, missing), { code: 'ENOTFOUND' })
  await assert.rejects(resolveChecked(rules, '10.0.0.1', 443, missing), { code: 'EACCES' })
})
