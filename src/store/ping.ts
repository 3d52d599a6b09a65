import { Type } from 'typebox'
import type { Db } from './db.ts'
import { sql } from './sql.ts'

/** @throws what the driver says when the database does not answer */
export const ping = (db: Db) => db.rows(Type.Unknown(), sql`select 1`)
