import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hashPassword, isPassword } from './password-hash.ts'

const salt = Buffer.alloc(16, 7)

test('a password has its hash, and no other password has it', async () => {
  const hash = await hashPassword('correct horse', salt)

  assert.match(hash, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
  assert.equal(await isPassword('correct horse', hash), true)
  assert.equal(await isPassword('correct horse ', hash), false)
  assert.equal(await isPassword('', hash), false)
})

test('a hash is checked by the parameters that stand in it', async () => {
  // Made by the reference program: argon2 somesalt -id -t 2 -m 16 -p 1, of "password".
  const hash =
    '$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc'

  assert.equal(await isPassword('password', hash), true)
  assert.equal(await isPassword('passwort', hash), false)
})

test('many passwords at once get their own hashes', async () => {
  const passwords = Array.from({ length: 12 }, (_, index) => `password ${index}`)

  const hashes = await Promise.all(passwords.map((password) => hashPassword(password, salt)))
  const matches = await Promise.all(
    hashes.map((hash, index) => isPassword(`password ${index}`, hash)),
  )

  assert.equal(new Set(hashes).size, 12)
  assert.ok(matches.every((matched) => matched))
})
