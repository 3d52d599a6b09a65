import { type Static, Type } from 'typebox'
import { guessRefillMs, type RefreshTokenToStore } from './challenges.ts'
import type { Db } from './db.ts'
import { nullableColumn } from './nullable-column.ts'
import { columns, json, type Query, sql } from './sql.ts'
import type { TenantLogRow } from './tenant-logs.ts'
import { UserRow } from './users.ts'

/** What is guessed at: the newest code of a phone, the code of an app, or the recovery code. */
export type MfaProof =
  | { kind: 'phone'; handleHash: Uint8Array; codeHash: Uint8Array }
  /** `step` is the time step that the code belongs to; null for a code that belongs to none. */
  | { kind: 'otp'; methodId: string; step: number | null }
  | { kind: 'recovery'; codeHash: Uint8Array; nextHash: Uint8Array }

/** An entry that is written when the guess came to `on`, and only then. */
export type MfaGuessLog = {
  on: MfaGuessOutcome
  /** True: only when the guess confirmed a device for the first time. */
  onEnrolled?: true
  row: TenantLogRow
}

export type MfaGuess = {
  tenantId: string
  userId: string
  now: number
  /** Wrong guesses that a person has before even the right one is refused; null: no budget. */
  budget: number | null
  proof: MfaProof
  /** The grant that the guess completes; null for a page, which has a state of its own. */
  transactionHash: Uint8Array | null
  /** The ticket that lets a person enrol without a sign-in, used up by a right guess; null without one. */
  ticketHash: Uint8Array | null
  /**
   * The kinds of device of which one that is confirmed keeps another from being added by this guess; null
   * where the person has proven itself for it.
   */
  exclusiveTypes: readonly string[] | null
  /** Stored when the guess is right; null when the client gets none. */
  refreshToken: RefreshTokenToStore | null
  /** Name of the connection of the first factor. */
  connection: string
  logs: readonly MfaGuessLog[]
}

/** `over`: right, but what it was to complete is over, or the device is gone. */
export type MfaGuessOutcome = 'right' | 'wrong' | 'budget' | 'blocked' | 'over'

const GuessRow = Type.Object({
  outcome: Type.String(),
  replayed: nullableColumn(Type.Boolean()),
  method_id: nullableColumn(Type.String()),
  enrolled: nullableColumn(Type.Boolean()),
  person: nullableColumn(UserRow),
})

export type MfaGuessResult =
  | { outcome: 'right'; user: Static<typeof UserRow>; methodId: string; enrolled: boolean }
  | {
      outcome: Exclude<MfaGuessOutcome, 'right'>
      /** The right code once more, so of two posts of one form one was right a moment ago. */
      replayed: boolean
    }

/**
 * Judges a guess at a second factor and does all that follows from it, in one statement: counts it,
 * consumes the code, completes the waiting grant, confirms the device, stores the refresh token, writes
 * the log. The person's row of guesses is locked by the update, so guesses are judged one after the
 * other, whatever they are at and in however many processes. The row must be there.
 *
 * What another guess has changed meanwhile is found out by the updates that follow: a recovery code that
 * was replaced, an app's time step that was used, a grant that was completed.
 */
export async function guessMfa(db: Db, guess: MfaGuess): Promise<MfaGuessResult> {
  const { tenantId, userId, now, proof, refreshToken: token } = guess
  const isRecovery = proof.kind === 'recovery'
  const spent = isRecovery ? sql`challenge.recovery_guesses` : sql`challenge.guesses`
  const spentAt = isRecovery ? sql`challenge.recovery_guessed_at` : sql`challenge.guessed_at`
  const level = sql`greatest(0, ${spent} - (${now}::float8 - ${spentAt}) / ${guessRefillMs}::float8)`
  const { matches, replayed, device, change } = partsOf(guess)
  const outcome = sql`
    case when ${guess.budget}::int is not null and ${level} + 1 > ${guess.budget}::int then 'budget'
         when ${replayed} then 'replayed'
         when ${matches} then 'right'
         else 'wrong' end`
  const count = sql`
    case ${outcome} when 'right' then 0 when 'wrong' then ${level} + 1 else ${level} end`
  const counted = isRecovery
    ? sql`recovery_guesses = ${count}, recovery_guessed_at = ${now}::float8`
    : sql`guesses = ${count}, guessed_at = ${now}::float8`
  const row = await db.first(
    GuessRow,
    sql`
    with attempt as (
      update mfa_challenges as challenge set
             last_outcome = ${outcome}, ${counted},
             consumed_at = case when ${proof.kind === 'phone'}::boolean and ${outcome} = 'right'
                           then ${now}::bigint else challenge.consumed_at end
       where challenge.tenant_id = ${tenantId} and challenge.user_id = ${userId}
      returning last_outcome as outcome, challenge.method_id, challenge.channel
    ), completed as (
      update mfa_transactions as waiting set completed_at = ${now}
        from attempt
       where attempt.outcome = 'right' and waiting.tenant_id = ${tenantId}
         and waiting.token_hash = ${guess.transactionHash}::bytea and waiting.user_id = ${userId}
         and waiting.completed_at is null and waiting.expires_at > ${now}
      returning waiting.user_id
    ), spent as (
      update enrollment_tickets as ticket set used_at = ${now}
        from attempt
       where attempt.outcome = 'right' and ticket.tenant_id = ${tenantId}
         and ticket.ticket_hash = ${guess.ticketHash}::bytea and ticket.user_id = ${userId}
         and ticket.used_at is null and ticket.expires_at > ${now}
      returning ticket.user_id
    ), device as (
      update authentication_methods as method set
             confirmed = true, last_auth_at = ${now},
             enrolled_at = case when method.confirmed then method.enrolled_at
                           else ${now}::bigint end, ${change}
        from attempt, authentication_methods as former
       where attempt.outcome = 'right' and method.tenant_id = ${tenantId}
         and method.user_id = ${userId} and ${device}
         and former.tenant_id = method.tenant_id and former.id = method.id
         and (${guess.transactionHash === null}::boolean or exists (select from completed))
         and (${guess.ticketHash === null}::boolean or exists (select from spent))
         and (method.confirmed or ${guess.exclusiveTypes === null}::boolean or not exists (
           select from authentication_methods as other
            where other.tenant_id = ${tenantId} and other.user_id = ${userId} and other.confirmed
              and other.type = any(${guess.exclusiveTypes ?? []}::text[])))
      returning method.id, not former.confirmed as enrolled
    ), recovery as (
      update authentication_methods as code set confirmed = true, enrolled_at = ${now}
        from device
       where device.enrolled and code.tenant_id = ${tenantId} and code.user_id = ${userId}
         and code.type = 'recovery-code' and not code.confirmed
    ), person as (
      select ${columns(UserRow, 'users')} from users, device
       where users.tenant_id = ${tenantId} and users.user_id = ${userId}
         and users.blocked is not true
    ), token as (
      insert into refresh_tokens (tenant_id, token_hash, family_id, client_id, user_id, connection,
                                  scope, audience, rotating, issued_at, family_issued_at, expires_at)
      select ${tenantId}, ${token?.token_hash ?? null}::bytea, ${token?.family_id ?? null}::text,
             ${token?.client_id ?? null}::text, user_id, ${guess.connection},
             ${token?.scope ?? null}::text, ${token?.audience ?? null}::text,
             ${token?.rotating ?? null}::boolean, ${now}, ${now},
             ${token?.expires_at ?? null}::bigint
        from person where ${token !== null}::boolean
    ), verdict as (
      select coalesce(case outcome
               when 'right' then case when not exists (select from device) then 'over'
                                      when exists (select from person) then 'right'
                                      else 'blocked' end
               when 'replayed' then 'wrong' else outcome end, 'wrong') as outcome
        from (select 1) as always left join attempt on true
    ), log as (
      insert into tenant_logs (tenant_id, log_id, type, date, client_id, user_id, entry)
      select entry.tenant_id, entry.log_id, entry.type, entry.date, entry.client_id, entry.user_id,
             entry.entry
        from jsonb_to_recordset(${json(guess.logs.map(logItem))}) as entry (
               tenant_id text, log_id text, type text, date bigint, client_id text, user_id text,
               entry jsonb, on_outcome text, on_enrolled boolean)
        join verdict on verdict.outcome = entry.on_outcome
        left join device on true
       where entry.on_enrolled is not true or device.enrolled
    )
    select verdict.outcome, coalesce((select outcome = 'replayed' from attempt), false) as replayed,
           device.id as method_id, device.enrolled, to_jsonb(person) as person
      from verdict left join device on true left join person on true`,
  )
  if (row?.outcome === 'right' && row.person !== null && row.method_id !== null) {
    const { person: user, method_id: methodId, enrolled } = row
    return { outcome: 'right', user, methodId, enrolled: enrolled === true }
  }
  const isReplay = row?.replayed === true
  if (row?.outcome === 'budget' || row?.outcome === 'blocked' || row?.outcome === 'over') {
    return { outcome: row.outcome, replayed: isReplay }
  }
  return { outcome: 'wrong', replayed: isReplay }
}

/** What differs between the kinds of proof. */
type Parts = {
  /** Whether the guess is right, as far as the row of guesses and a snapshot tell. */
  matches: Query
  /** The right code once more: refused, but no guess. */
  replayed: Query
  /** Which device it is, and that it may still be used so. */
  device: Query
  /** What changes on the device besides. */
  change: Query
}

function partsOf({ tenantId, userId, now, proof }: MfaGuess): Parts {
  switch (proof.kind) {
    case 'phone': {
      const same = sql`
        challenge.handle_hash = ${proof.handleHash} and challenge.code_hash = ${proof.codeHash}`
      return {
        matches: sql`(${same} and challenge.consumed_at is null and challenge.expires_at > ${now})`,
        replayed: sql`(${same} and challenge.consumed_at is not null)`,
        device: sql`method.id = attempt.method_id`,
        change: sql`
          channels = case when attempt.channel = any(method.channels) then method.channels
                     else method.channels || attempt.channel end`,
      }
    }
    case 'otp': {
      const fresh = sql`coalesce(method.last_step, -1) < ${proof.step}::bigint`
      const found = sql`exists (
        select from authentication_methods as method
         where method.tenant_id = ${tenantId} and method.user_id = ${userId}
           and method.id = ${proof.methodId} and`
      return {
        matches: sql`(${found} ${fresh}))`,
        replayed: sql`(${proof.step !== null}::boolean and ${found} not (${fresh})))`,
        device: sql`method.id = ${proof.methodId} and ${fresh}`,
        change: sql`last_step = ${proof.step}::bigint`,
      }
    }
    case 'recovery': {
      const same = sql`
        method.type = 'recovery-code' and method.confirmed and method.secret_hash = ${proof.codeHash}`
      return {
        matches: sql`exists (
          select from authentication_methods as method
           where method.tenant_id = ${tenantId} and method.user_id = ${userId} and ${same})`,
        replayed: sql`false`,
        device: same,
        change: sql`secret_hash = ${proof.nextHash}`,
      }
    }
  }
}

const logItem = ({ on, onEnrolled, row }: MfaGuessLog) => ({
  ...row,
  on_outcome: on,
  on_enrolled: onEnrolled ?? false,
})
