import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { forbiddenCalls, seccompFilter } from './seccomp.ts'

const headers = [
  { column: 0, file: '/usr/include/x86_64-linux-gnu/asm/unistd_64.h' },
  { column: 1, file: '/usr/include/asm-generic/unistd.h' },
] as const

for (const { column, file } of headers) {
  test(`the forbidden calls have the numbers of ${file}`, (t) => {
    if (!existsSync(file)) return t.skip('this machine has no headers')
    const defined = readFileSync(file, 'utf8').matchAll(/#define __NR(?:3264)?_(\w+)\s+(\d+)/g)
    const numbers = new Map([...defined].map(([, name, number]) => [name, Number(number)]))
    const known = Object.entries(forbiddenCalls).filter(([name]) => numbers.has(name))

    assert.ok(known.length > 60)
    for (const [name, columns] of known) assert.equal(columns[column], numbers.get(name), name)
  })
}

/** Runs the filter as the kernel does. */
function judge(filter: Buffer, arch: number, call: number, argument = 0): number {
  let loaded = 0
  for (let at = 0; ; at += 1) {
    const value = filter.readUInt32LE(at * 8 + 4)
    const [yes, no] = [filter.readUInt8(at * 8 + 2), filter.readUInt8(at * 8 + 3)]
    const code = filter.readUInt16LE(at * 8)
    if (code === 0x06) return value
    if (code === 0x20) loaded = value === 4 ? arch : value === 0 ? call : argument
    else {
      const holds =
        code === 0x15 ? loaded === value : code === 0x35 ? loaded >= value : (loaded & value) !== 0
      at += holds ? yes : no
    }
  }
}

const [kill, refused, missing, allow] = [0x80000000, 0x00050001, 0x00050026, 0x7fff0000]
const x64 = { name: 'x64', arch: 0xc000003e, clone: 56, execve: 59, read: 0, column: 0 } as const
const arm64 = {
  name: 'arm64',
  arch: 0xc00000b7,
  clone: 220,
  execve: 221,
  read: 63,
  column: 1,
} as const

for (const { name, arch, clone, execve, read, column } of [x64, arm64]) {
  test(`the filter of ${name} refuses what is listed and lets Node work`, () => {
    const filter = seccompFilter(name) ?? assert.fail()

    for (const [call, numbers] of Object.entries(forbiddenCalls)) {
      const number = numbers[column]
      if (number !== undefined) assert.equal(judge(filter, arch, number), refused, call)
    }
    for (const number of [read, execve]) assert.equal(judge(filter, arch, number), allow)
    assert.equal(judge(filter, arch, clone, 0x003d0f00), allow)
    assert.equal(judge(filter, arch, clone, 17), refused)
    assert.equal(judge(filter, arch, 435), missing)
    assert.equal(judge(filter, arch, 467), missing)
    assert.equal(judge(filter, 0x40000003, read), kill)
  })
}

test('the second table of x64 kills, and an unknown architecture has no filter', () => {
  assert.equal(judge(seccompFilter('x64') ?? assert.fail(), x64.arch, 0x40000000), kill)
  assert.equal(seccompFilter('riscv64'), undefined)
})
