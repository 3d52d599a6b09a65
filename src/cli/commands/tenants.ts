import { parseArgs } from 'node:util'
import { readConfig, readOrigin, readTenantName } from '../../app/config.ts'
import { runCreateTenant, runListTenants } from '../../app/run.ts'
import { UsageError } from '../usage-error.ts'

/** `trunkline tenants create NAME --url URL` and `trunkline tenants list`. */
export async function tenantsCommand(args: string[]): Promise<void> {
  const { positionals, values } = parse(args)
  const [verb, name, ...rest] = positionals
  const config = readConfig(process.env)

  if (verb === 'list' && name === undefined) {
    const tenants = await runListTenants(config)
    const width = Math.max(4, ...tenants.map((tenant) => tenant.name.length))
    for (const tenant of tenants) {
      process.stdout.write(`${tenant.name.padEnd(width)}  ${tenant.createdAt}  ${tenant.url}\n`)
    }
    return
  }
  if (verb === 'create' && name !== undefined && values.url !== undefined && rest.length === 0) {
    const tenant = {
      name: readTenantName('NAME', name),
      url: readOrigin('--url', values.url),
    }
    const { clientId, clientSecret } = await runCreateTenant(config, tenant)
    process.stdout.write(
      `Tenant "${tenant.name}" answers at ${tenant.url}. Its admin client, shown only now:\n` +
        `  client_id      ${clientId}\n  client_secret  ${clientSecret}\n`,
    )
    return
  }
  throw new UsageError('tenants takes "create NAME --url URL" or "list".')
}

function parse(args: string[]) {
  try {
    return parseArgs({ args, allowPositionals: true, options: { url: { type: 'string' } } })
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error))
  }
}
