import { readConfig } from '../../app/config.ts'
import { runReseal, runRotateSigningKeys } from '../../app/run.ts'
import { UsageError } from '../usage-error.ts'

/** `trunkline keys rotate` and `trunkline keys rotate --signing`; servers go on running meanwhile. */
export async function keysCommand(args: string[]): Promise<void> {
  const [verb, option, ...rest] = args
  const known = option === undefined || option === '--signing'
  if (verb !== 'rotate' || !known || rest.length > 0) {
    throw new UsageError('keys takes "rotate" or "rotate --signing".')
  }
  const config = readConfig(process.env)
  if (option === '--signing') {
    const tenants = await runRotateSigningKeys(config)
    process.stdout.write(`New signing keys for ${tenants} tenant(s); the former stay published.\n`)
    return
  }
  const resealed = await runReseal(config)
  process.stdout.write(
    `${resealed} value(s) sealed anew. The old key is no longer needed once every server runs with the new one first.\n`,
  )
}
