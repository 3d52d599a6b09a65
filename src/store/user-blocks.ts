import { Type } from 'typebox'
import type { Db } from './db.ts'
import { columns, sql } from './sql.ts'

const BlockRow = Type.Object({ connection: Type.String() })

/** Which numbers are asked about, and from how many wrong guesses on one is blocked. */
export type GuessBlock = {
  tenantId: string
  connections: readonly string[]
  purposes: readonly string[]
  recipientHash: Uint8Array
  budget: number
  /** After how many ms one guess comes back. */
  refillMs: number
  now: number
}

/** Where another guess is refused at this moment, as `guessCode` decides it. */
const isSpent = ({ budget, refillMs, now }: GuessBlock) => sql`
  greatest(0, guesses - (${now}::float8 - guessed_at) / ${refillMs}::float8) + 1 > ${budget}::int`

/** The connections in which a number has no guesses left. */
export const listGuessBlocks = (db: Db, block: GuessBlock) =>
  db.rows(
    BlockRow,
    sql`
    select distinct ${columns(BlockRow)} from challenges
     where tenant_id = ${block.tenantId} and connection = any(${block.connections}::text[])
       and purpose = any(${block.purposes}::text[]) and recipient_hash = ${block.recipientHash}
       and ${isSpent(block)}
     order by connection`,
  )

/** Gives a number all of its guesses back where it has none left; tells how many places that were. */
export const liftGuessBlocks = (db: Db, block: GuessBlock) =>
  db.run(sql`
    update challenges set guesses = 0
     where tenant_id = ${block.tenantId} and connection = any(${block.connections}::text[])
       and purpose = any(${block.purposes}::text[]) and recipient_hash = ${block.recipientHash}
       and ${isSpent(block)}`)
