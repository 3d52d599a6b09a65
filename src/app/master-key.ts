import { randomBytes } from 'node:crypto'
import { chmod, link, mkdir, readFile, unlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Config, ConfigError } from './config.ts'

/**
 * The ring of master keys: from the environment, or generated once into the data folder (mode 0600).
 *
 * Two first starts at once agree on one key: the file is written aside and linked into place, which
 * fails for the second.
 *
 * @throws ConfigError when the key file does not hold a key
 */
export async function readMasterKeys(config: Config): Promise<Buffer[]> {
  if (config.secretKeys !== undefined) return config.secretKeys
  const file = join(config.dataDir, 'secret.key')
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return createKeyFile(config.dataDir, file)
    throw new ConfigError(`cannot read ${file}: ${error.message}`)
  })
  const key = Buffer.from(text.trim(), 'base64')
  if (key.length !== 32) throw new ConfigError(`${file} must hold base64 of 32 bytes`)
  return [key]
}

async function createKeyFile(dataDir: string, file: string): Promise<string> {
  try {
    await mkdir(dataDir, { recursive: true, mode: 0o700 })
    const draft = `${file}.${process.pid}`
    await writeFile(draft, `${randomBytes(32).toString('base64')}\n`, { mode: 0o600 })
    await chmod(draft, 0o600)
    await link(draft, file).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error
    })
    await unlink(draft)
    return await readFile(file, 'utf8')
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new ConfigError(`TRUNKLINE_DATA_DIR: cannot write ${file}: ${reason}`)
  }
}
