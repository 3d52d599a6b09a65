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

/**
 * Entries of the tenant log, evenly over the last four weeks, of `users` people: starts, sign-ins and what
 * else a day brings. One statement for each part of a hundred, as they would come in many transactions.
 *
 * @param now the newest, in ms
 */
export const trunklineLogsSql = (count: number, users: number, now: number): string[] => {
  const part = Math.ceil(count / 100)
  const step = (28 * 86_400_000) / count
  return Array.from(
    { length: 100 },
    (_, index) => `
  insert into tenant_logs (tenant_id, log_id, type, date, client_id, user_id, entry)
  select 'bench', log_id, type, date, 'bench-rs256', user_id,
         jsonb_build_object('_id', log_id, 'log_id', log_id, 'type', type, 'description', '',
           'date', to_char(to_timestamp(date / 1000.0) at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
           'client_id', 'bench-rs256', 'client_name', 'bench-rs256', 'connection', 'sms',
           'connection_id', 'con_0123456789abcdef', 'strategy', 'sms', 'ip', '192.0.2.1',
           'user_agent', 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
           'hostname', 'bench.example.test', 'tenant_name', 'bench', 'environment_name', 'default',
           'user_id', user_id, 'user_name', 'XXXXXXXX0137')
    from (select n, date, '90020' || lpad(date::text, 14, '0') || lpad((n % 1000000)::text, 37, '0') as log_id,
                 case when n % 1000 = 0 then 'fn' when n % 100 = 1 then 'f' when n % 20 = 2 then 'sapi'
                      when n % 2 = 0 then 'cs' else 's' end as type,
                 'sms|000000000000' || (${twelveDigits(0)} + n / 2 % ${users})::text as user_id
            from (select n, (${now} - ${step} * (${count} - 1 - n))::bigint as date
                    from generate_series(${index * part}::bigint,
                                         ${Math.min((index + 1) * part, count) - 1}) n) as times) as entries`,
  )
}

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
