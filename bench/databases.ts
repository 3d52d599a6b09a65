import pg from 'pg'
import { phoneDigitsSql, twelveDigits } from './phone-numbers.ts'

/** Runs `work` on a connection of its own. */
export async function connected<T>(
  url: string,
  work: (client: pg.Client) => Promise<T>,
): Promise<T> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}

/** An empty database of the cluster. */
export async function createDatabase(clusterUrl: string, name: string): Promise<string> {
  await connected(clusterUrl, (client) => client.query(`create database ${name}`))
  const url = new URL(clusterUrl)
  url.pathname = `/${name}`
  return url.href
}

/** Users 0 to `count` - 1 of Trunkline, as earlier sign-ins would have left them. */
export const trunklineUsersSql = (count: number): string => `
  insert into users (tenant_id, user_id, connection, phone_number, phone_verified, profile,
                     logins_count, last_login, last_ip, created_at, updated_at)
  select 'bench', 'sms|000000000000' || (${twelveDigits(0)} + n)::text, 'sms',
         '+' || ${phoneDigitsSql('n')}, true,
         jsonb_build_object('name', '+' || ${phoneDigitsSql('n')}, 'nickname', '',
           'picture', 'http://bench.example.test/assets/avatar.svg'),
         1, 1750000000000, '127.0.0.1', 1750000000000 + n, 1750000000000 + n
    from generate_series(0::bigint, ${count - 1}) n`

/** Users 0 to `count` - 1 of better-auth. */
export const betterAuthUsersSql = (count: number): string => `
  insert into "user" (id, name, email, "emailVerified", "createdAt", "updatedAt", "phoneNumber",
                      "phoneNumberVerified")
  select 'bench000000000000000' || (${twelveDigits(0)} + n)::text, '+' || ${phoneDigitsSql('n')},
         ${phoneDigitsSql('n')} || '@example.test', false, now(), now(),
         '+' || ${phoneDigitsSql('n')}, true
    from generate_series(0::bigint, ${count - 1}) n`

/** Runs a filling statement. */
export const fill = (url: string, statement: string): Promise<void> =>
  connected(url, async (client) => {
    await client.query(statement)
  })

/**
 * Brings a database to the state of one that has been in use for a while: the planner knows its
 * tables, and no slice pays for the filling.
 */
export const settle = (url: string): Promise<void> =>
  connected(url, async (client) => {
    await client.query('vacuum analyze')
    await client.query('checkpoint')
  })
