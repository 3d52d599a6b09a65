import type { Static, TSchema } from 'typebox'
import type { Query } from './sql.ts'

/**
 * Statements that may share one round trip. Calls that arrive while a batch of the kind is in flight
 * wait for it and then go together; an idle kind sends at once.
 */
export type BatchKind<Item, Result> = {
  /** For logs. */
  name: string
  /** The most items that one statement carries. */
  maxItems: number
  /**
   * How many batches run at once. 1 for updates: two batches that meet in the same rows in another
   * order are a deadlock.
   */
  maxInFlight: number
  /** Items with the same key never share a batch: one statement cannot change one row twice. */
  keyOf?(item: Item): string
  /**
   * Runs the items as one statement or one transaction, all or nothing, and gives one result for
   * each, in the order of the items.
   */
  run(db: Db, items: readonly Item[]): Promise<readonly Result[]>
}

/** Statements on the database, or on one open transaction of it. */
export interface Db {
  /** The rows of a query, typed by their schema; checked against it where row checks are on. */
  rows<S extends TSchema>(row: S, query: Query): Promise<Static<S>[]>
  /** The first row of a query, if any. */
  first<S extends TSchema>(row: S, query: Query): Promise<Static<S> | undefined>
  /** Runs a statement and tells how many rows it touched. */
  run(query: Query): Promise<number>
  /** Runs a text of several statements without parameters: a migration. */
  script(text: string): Promise<void>
  /**
   * Runs `work` in one transaction: rolled back when it throws. No nesting, no network calls inside,
   * and nothing but `tx` for statements: PGlite has one connection, where the outer handle would wait
   * for ever.
   */
  transaction<T>(work: (tx: Db) => Promise<T>): Promise<T>
  /** Runs an item in the next batch of its kind; inside a transaction at once and alone. */
  batch<Item, Result>(kind: BatchKind<Item, Result>, item: Item): Promise<Result>
}

/** Connections: how many there are, how many do nothing, how many callers wait for one. */
export type DatabaseStats = { total: number; idle: number; waiting: number }

/** An open database. */
export interface Database extends Db {
  readonly kind: 'postgres' | 'pglite'
  /** Waits for running statements and closes the connections. */
  close(): Promise<void>
  stats(): DatabaseStats
}
