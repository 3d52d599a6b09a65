import { randomBytes, webcrypto } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { isIP } from 'node:net'
import { join } from 'node:path'
// The library's parts register themselves by decorators, which need this first.
import 'reflect-metadata'
import * as x509 from '@peculiar/x509'
import type { Config } from './config.ts'
import type { Tls } from './tls.ts'

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
const dayMs = 86_400_000

/**
 * The certificate of `TRUNKLINE_TLS=self-signed`: makes a local authority once and a certificate for
 * the names of this server, for SDKs that insist on https. Both stay in the data folder; a certificate
 * whose names no longer fit or that ends within a month is made anew by the same authority.
 */
export async function localCertificate(config: Config): Promise<Tls> {
  const folder = join(config.dataDir, 'tls')
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const names = [
    ...new Set(['localhost', '127.0.0.1', '::1', config.host, new URL(config.url).hostname]),
  ]
    .map((name) => name.replace(/^\[|\]$/g, ''))
    .filter((name) => name !== '0.0.0.0' && name !== '::')
  const ca = await readAuthority(folder)
  const served = (await readServed(folder, names)) ?? (await issue(folder, ca, names))
  return { ...served, caFile: join(folder, 'ca.pem') }
}

type Authority = { certificate: x509.X509Certificate; privateKey: webcrypto.CryptoKey }

async function readAuthority(folder: string): Promise<Authority> {
  const certFile = join(folder, 'ca.pem')
  const keyFile = join(folder, 'ca-key.pem')
  if (existsSync(certFile) && existsSync(keyFile)) {
    const privateKey = await webcrypto.subtle.importKey(
      'pkcs8',
      x509.PemConverter.decodeFirst(await readFile(keyFile, 'utf8')),
      algorithm,
      true,
      ['sign'],
    )
    return {
      certificate: new x509.X509Certificate(await readFile(certFile, 'utf8')),
      privateKey,
    }
  }
  const keys = await generateKeys()
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: randomBytes(12).toString('hex'),
    name: `CN=Trunkline local CA ${randomBytes(3).toString('hex')}`,
    notBefore: new Date(Date.now() - dayMs),
    notAfter: new Date(Date.now() + 3650 * dayMs),
    signingAlgorithm: algorithm,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(
        x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign,
        true,
      ),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  })
  await writeFile(keyFile, await privatePem(keys.privateKey), { mode: 0o600 })
  await writeFile(certFile, `${certificate.toString('pem')}\n`)
  return { certificate, privateKey: keys.privateKey }
}

async function readServed(
  folder: string,
  names: readonly string[],
): Promise<{ cert: string; key: string } | undefined> {
  const certFile = join(folder, 'cert.pem')
  const keyFile = join(folder, 'key.pem')
  if (!existsSync(certFile) || !existsSync(keyFile)) return undefined
  const cert = await readFile(certFile, 'utf8')
  const parsed = new x509.X509Certificate(cert)
  const held = parsed.getExtension(x509.SubjectAlternativeNameExtension)?.names.toJSON() ?? []
  const fits = names.every((name) => held.some(({ value }) => value === name))
  if (!fits || parsed.notAfter.getTime() < Date.now() + 30 * dayMs) return undefined
  return { cert, key: await readFile(keyFile, 'utf8') }
}

async function issue(folder: string, ca: Authority, names: readonly string[]) {
  const keys = await generateKeys()
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: randomBytes(12).toString('hex'),
    subject: 'CN=Trunkline',
    issuer: ca.certificate.subject,
    notBefore: new Date(Date.now() - dayMs),
    // The longest that browsers accept.
    notAfter: new Date(Date.now() + 397 * dayMs),
    signingAlgorithm: algorithm,
    publicKey: keys.publicKey,
    signingKey: ca.privateKey,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension(
        names.map((value) => ({ type: isIP(value) === 0 ? 'dns' : 'ip', value })),
      ),
      await x509.AuthorityKeyIdentifierExtension.create(ca.certificate),
    ],
  })
  const cert = `${certificate.toString('pem')}\n`
  const key = await privatePem(keys.privateKey)
  await writeFile(join(folder, 'key.pem'), key, { mode: 0o600 })
  await writeFile(join(folder, 'cert.pem'), cert)
  return { cert, key }
}

const generateKeys = () => webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])

const privatePem = async (key: webcrypto.CryptoKey) =>
  `${x509.PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', key), 'PRIVATE KEY')}\n`
