import type { Db } from './db.ts'
import { sql } from './sql.ts'

/** A code that is sent to a person's phone. */
export type MfaChallenge = {
  tenantId: string
  userId: string
  /** Of the value by which its owner asks about this code. */
  handleHash: Uint8Array
  /** The device that it is sent to. */
  methodId: string
  channel: string
  codeHash: Uint8Array
  messageId: string
  clientId: string | null
  expiresAt: number
  now: number
}

/**
 * Makes a code the person's newest one; the former is dead, and its message is cancelled where it waits.
 * The guesses left stay as they are.
 */
export const putMfaChallenge = (tx: Db, challenge: MfaChallenge) =>
  tx.run(sql`
    with superseded as (
      update messages set state = 'cancelled', sealed = null, updated_at = ${challenge.now},
             cause = '{"code":"superseded","text":"A newer code was asked for.","hint":"Nothing to do."}',
             history = messages.history
               || jsonb_build_object('state', 'cancelled', 'at', ${challenge.now}::bigint)
        from mfa_challenges
       where mfa_challenges.tenant_id = ${challenge.tenantId}
         and mfa_challenges.user_id = ${challenge.userId}
         and messages.tenant_id = mfa_challenges.tenant_id
         and messages.id = mfa_challenges.message_id
         and case messages.state when 'queued' then true else false end
    )
    insert into mfa_challenges (tenant_id, user_id, handle_hash, method_id, channel, code_hash,
                                message_id, client_id, expires_at)
    values (${challenge.tenantId}, ${challenge.userId}, ${challenge.handleHash},
            ${challenge.methodId}, ${challenge.channel}, ${challenge.codeHash},
            ${challenge.messageId}, ${challenge.clientId}, ${challenge.expiresAt})
    on conflict (tenant_id, user_id) do update
       set handle_hash = excluded.handle_hash, method_id = excluded.method_id,
           channel = excluded.channel, code_hash = excluded.code_hash,
           message_id = excluded.message_id, client_id = excluded.client_id,
           expires_at = excluded.expires_at, consumed_at = null, last_outcome = null`)

/** Makes the row that counts a person's guesses, where there is a person and no row yet. */
export const openMfaGuesses = (db: Db, tenantId: string, userId: string) =>
  db.run(sql`
    insert into mfa_challenges (tenant_id, user_id)
    select tenant_id, user_id from users where tenant_id = ${tenantId} and user_id = ${userId}
    on conflict do nothing`)

/** Gives a person all guesses back; tells whether there was anything to give. */
export const refillMfaGuesses = (db: Db, tenantId: string, userId: string) =>
  db.run(sql`
    update mfa_challenges set guesses = 0, recovery_guesses = 0
     where tenant_id = ${tenantId} and user_id = ${userId}
       and (guesses > 0 or recovery_guesses > 0)`)
