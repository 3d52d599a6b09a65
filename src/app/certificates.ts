import { readFile } from 'node:fs/promises'
import { createSecureContext } from 'node:tls'
import { type Config, ConfigError } from './config.ts'
import type { Tls } from './tls.ts'

/**
 * The certificate to serve, by `TRUNKLINE_TLS`; undefined for plain HTTP.
 *
 * @throws ConfigError when a named file cannot be read or the two do not make a certificate
 */
export async function readTls(config: Config): Promise<Tls | undefined> {
  const { tls } = config
  if (tls.mode === 'off') return undefined
  if (tls.mode === 'files') {
    const named = { cert: await readNamed(tls.cert), key: await readNamed(tls.key) }
    try {
      createSecureContext(named)
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      throw new ConfigError(`TRUNKLINE_TLS: ${tls.cert} and ${tls.key}: ${reason}`)
    }
    return named
  }
  // Loaded when needed: the library takes longer to load than the rest of the start.
  const { localCertificate } = await import('./local-authority.ts')
  return localCertificate(config)
}

async function readNamed(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch {
    throw new ConfigError(`TRUNKLINE_TLS: cannot read ${file}`)
  }
}
