import { type Static, Type } from 'typebox'
import type { Db } from './db.ts'
import type { RefreshTokenRow } from './refresh-tokens.ts'
import { columns, json, sql } from './sql.ts'
import type { TenantLogRow } from './tenant-logs.ts'
import { UserRow } from './users.ts'

/** Wrong guesses that kill a code. Source: authentication-api 3.1. */
const guessesPerCode = 3
/** One guess of the budget comes back after so many ms. */
export const guessRefillMs = 360_000

/** A guess at the newest code of a number, and what is to happen when it is right. */
export type Guess = {
  tenantId: string
  connection: string
  purpose: string
  recipientHash: Uint8Array
  codeHash: Uint8Array
  now: number
  /** Wrong guesses that the number has in all before even the right one is refused; null: no budget. */
  budget: number | null
  phoneNumber: string
  /** Whether an unknown number becomes a user. */
  allowSignup: boolean
  newUserId: string
  newProfile: Readonly<Record<string, unknown>>
  ip: string
  /** Stored when the guess is right; null when the client gets none. */
  refreshToken: RefreshTokenToStore | null
  /** The login on the pages that learns who the person is when the guess is right; null: none. */
  loginHash: Uint8Array | null
  logs: {
    signedUp: TenantLogRow
    signedIn: TenantLogRow
    wrong: TenantLogRow
    blocked: TenantLogRow
    budget: TenantLogRow
  }
}

/** What a sign-in adds to `refresh_tokens`; user, connection and times come from the guess. */
export type RefreshTokenToStore = Pick<
  RefreshTokenRow,
  'token_hash' | 'family_id' | 'client_id' | 'scope' | 'audience' | 'rotating' | 'expires_at'
>

const GuessRow = Type.Object({
  outcome: Type.String(),
  created: Type.Union([Type.Boolean(), Type.Null()]),
  person: Type.Union([UserRow, Type.Null()]),
})

export type GuessResult =
  | { outcome: 'right'; user: Static<typeof UserRow>; created: boolean }
  | { outcome: 'wrong' | 'blocked' | 'budget' }

/**
 * Judges a guess and does all that follows from it, in one statement: counts it, consumes the code,
 * finds or makes the user, stores the refresh token, tells the login on the pages, writes the log. The
 * row of the challenge is locked by the update, so guesses at one number are judged one after the other,
 * however many ask at once and in however many processes: never more than the budget, never two
 * sessions for one code.
 *
 * - Counted before compared: a guess without budget is not compared at all.
 * - The right code of a challenge that was used already is refused but not counted: a double click
 *   is no guess.
 * - An unknown, dead, expired or replaced code answers `wrong`.
 */
export async function guessCode(db: Db, guess: Guess): Promise<GuessResult> {
  const { logs, refreshToken: token } = guess
  const row = await db.first(
    GuessRow,
    sql`
    with attempt as (
      ${attemptOf(guess, { consumes: true })}
    ), person as (
      insert into users (tenant_id, user_id, connection, phone_number, phone_verified, profile,
                         logins_count, last_login, last_ip, created_at, updated_at)
      select ${guess.tenantId}, ${guess.newUserId}, ${guess.connection}, ${guess.phoneNumber}, true,
             ${json(guess.newProfile)}, 1, ${guess.now}, ${guess.ip}, ${guess.now}, ${guess.now}
        from attempt
       where outcome = 'right' and (${guess.allowSignup}::boolean or exists (
         select from users where tenant_id = ${guess.tenantId}
            and connection = ${guess.connection} and phone_number = ${guess.phoneNumber}))
      on conflict (tenant_id, connection, phone_number) do update
         set logins_count = users.logins_count + 1, last_login = excluded.last_login,
             last_ip = excluded.last_ip, phone_verified = true, updated_at = excluded.updated_at
       where users.blocked is not true
      returning ${columns(UserRow)}, xmax = 0 as created
    ), token as (
      insert into refresh_tokens (tenant_id, token_hash, family_id, client_id, user_id, connection,
                                  scope, audience, rotating, issued_at, family_issued_at, expires_at)
      select ${guess.tenantId}, ${token?.token_hash ?? null}::bytea, ${token?.family_id ?? null}::text,
             ${token?.client_id ?? null}::text, user_id, ${guess.connection},
             ${token?.scope ?? null}::text, ${token?.audience ?? null}::text,
             ${token?.rotating ?? null}::boolean, ${guess.now}, ${guess.now},
             ${token?.expires_at ?? null}::bigint
        from person where ${token !== null}::boolean
    ), login as (
      update logins set user_id = person.user_id, connection = ${guess.connection}
        from person
       where logins.tenant_id = ${guess.tenantId} and logins.state_hash = ${guess.loginHash}::bytea
    ), verdict as (
      select coalesce(case outcome when 'right' then
               case when exists (select from person) then 'right'
                    when exists (select from users where tenant_id = ${guess.tenantId}
                      and connection = ${guess.connection}
                      and phone_number = ${guess.phoneNumber}) then 'blocked'
                    else 'wrong' end
               when 'replayed' then 'wrong' else outcome end, 'wrong') as outcome
        from (select 1) as always left join attempt on true
    ), log as (
      insert into tenant_logs (tenant_id, log_id, type, date, client_id, user_id, entry)
      select entry.tenant_id, entry.log_id, entry.type, entry.date, entry.client_id, person.user_id,
             entry.entry || case when person.user_id is null then '{}'::jsonb
               else jsonb_build_object('user_id', person.user_id) end
        from (select tenant_id, log_id, type, date, client_id, on_outcome, on_created,
                     ${json(logs.signedIn.entry)}::jsonb || jsonb_build_object('_id', log_id,
                       'log_id', log_id, 'type', type, 'description', description) as entry
                from jsonb_to_recordset(${json([
                  variant(logs.signedUp, 'right', true),
                  variant(logs.signedIn, 'right'),
                  variant(logs.wrong, 'wrong'),
                  variant(logs.blocked, 'blocked'),
                  variant(logs.budget, 'budget'),
                ])}) as variant (tenant_id text, log_id text, type text, date bigint,
                                 client_id text, description text, on_outcome text,
                                 on_created boolean) offset 0) as entry
        join verdict on verdict.outcome = entry.on_outcome
        left join person on true
       where entry.on_created is null or person.created
    )
    select verdict.outcome, person.created, to_jsonb(person) - 'created' as person
      from verdict left join person on true`,
  )
  if (row?.outcome === 'right' && row.person !== null) {
    return { outcome: 'right', user: row.person, created: row.created === true }
  }
  if (row?.outcome === 'blocked' || row?.outcome === 'budget') return { outcome: row.outcome }
  return { outcome: 'wrong' }
}

/** What a guess is judged by. */
export type Attempt = Pick<
  Guess,
  'tenantId' | 'connection' | 'purpose' | 'recipientHash' | 'codeHash' | 'now' | 'budget'
>

/** `budget`: the number has no guesses left. */
export type CheckResult = 'right' | 'wrong' | 'budget'

/**
 * Judges a guess as `guessCode` does, and leaves a right code as it is: whoever shows it again is let
 * in then. A wrong one is counted like any other.
 */
export async function checkCode(db: Db, attempt: Attempt): Promise<CheckResult> {
  const row = await db.first(
    Type.Object({ outcome: Type.String() }),
    attemptOf(attempt, { consumes: false }),
  )
  return row?.outcome === 'right' || row?.outcome === 'budget' ? row.outcome : 'wrong'
}

/** Counts and compares; no row where the number has no challenge. */
function attemptOf(attempt: Attempt, { consumes }: { consumes: boolean }) {
  const { now, budget, codeHash } = attempt
  const level = sql`
    greatest(0, challenges.guesses - (${now}::float8 - challenges.guessed_at) / ${guessRefillMs}::float8)`
  const outcome = sql`
    case when ${budget}::int is not null and ${level} + 1 > ${budget}::int then 'budget'
         when challenges.consumed_at is not null and challenges.code_hash = ${codeHash}
           then 'replayed'
         when challenges.consumed_at is null and challenges.code_hash = ${codeHash}
              and challenges.attempts < ${guessesPerCode} and challenges.expires_at > ${now}
           then 'right'
         else 'wrong' end`
  // Constants of the statement: there are two, and both are prepared once.
  const whenRight = consumes ? sql`0` : level
  const consumedAt = consumes ? sql`${now}::bigint` : sql`challenges.consumed_at`
  return sql`
      update challenges set
             last_outcome = ${outcome},
             attempts = challenges.attempts + case ${outcome} when 'wrong' then 1 else 0 end,
             guesses = case ${outcome} when 'right' then ${whenRight} when 'wrong' then ${level} + 1
                       else ${level} end,
             guessed_at = ${now}::float8,
             consumed_at = case ${outcome} when 'right' then ${consumedAt}
                           else challenges.consumed_at end
       where tenant_id = ${attempt.tenantId} and connection = ${attempt.connection}
         and purpose = ${attempt.purpose} and recipient_hash = ${attempt.recipientHash}
      returning last_outcome as outcome`
}

const variant = (row: TenantLogRow, outcome: string, created?: boolean) => ({
  ...row,
  entry: undefined,
  description: (row.entry as { description?: string }).description,
  on_outcome: outcome,
  on_created: created,
})

/** Forgets challenges that are dead and whose budget is full again. */
export const deleteSpentChallenges = (db: Db, now: number) =>
  db.run(sql`
    delete from challenges
     where expires_at < ${now - 10 * guessRefillMs} and guessed_at < ${now - 100 * guessRefillMs}`)
