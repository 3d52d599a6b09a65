import { type CheckpointPage, invalidCursor, type OffsetPage } from './paging.ts'

/** A page as the domain takes it. */
export type PageWindow = {
  limit: number
  offset: number
  after?: readonly [createdAt: number, id: string]
  withTotal: boolean
}

/**
 * The rows of a page, for lists in the order of creation. Checkpoint pages ask for one row too many,
 * which tells whether there is a next page.
 *
 * @throws AppError `invalid_query_string` for a cursor that `cursorKey` did not make
 */
export function pageWindow(page: OffsetPage | CheckpointPage): PageWindow {
  if (page.mode === 'offset') {
    return { limit: page.limit, offset: page.start, withTotal: page.includeTotals }
  }
  const rows = { limit: page.take + 1, offset: 0, withTotal: false }
  if (page.after === undefined) return rows
  const [time, id] = page.after
  const createdAt = Number(time)
  if (id === undefined || !Number.isSafeInteger(createdAt)) throw invalidCursor()
  return { ...rows, after: [createdAt, id] }
}

/** What a cursor remembers of a row. */
export const cursorKey = ({ createdAt, id }: { createdAt: number; id: string }): string[] => [
  String(createdAt),
  id,
]
