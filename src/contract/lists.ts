import { type TSchema, Type } from 'typebox'

/** The shapes in which a list comes, by the way of paging. Source: Auth0's Management API v2. */

const Count = Type.Integer({ minimum: 0 })

/** With `include_totals`: the items under their key, with where they stand. */
export const listWithTotals = (
  key: string,
  item: TSchema,
  { length = false }: { length?: boolean } = {},
) =>
  Type.Object({
    start: Count,
    limit: Count,
    ...(length && { length: Count }),
    [key]: Type.Array(item),
    total: Count,
  })

/** With `take` or `from`: the items under their key; `next` goes into `from`, absent on the last page. */
export const checkpointList = (key: string, item: TSchema) =>
  Type.Object({ [key]: Type.Array(item), next: Type.Optional(Type.String()) })

/** A bare array, or with `include_totals` the same with where it stands. */
export const offsetList = (key: string, item: TSchema, options: { length?: boolean } = {}) =>
  Type.Union([Type.Array(item), listWithTotals(key, item, options)])

/** A list that knows both ways of paging. */
export const anyList = (key: string, item: TSchema) =>
  Type.Union([Type.Array(item), listWithTotals(key, item), checkpointList(key, item)])

/** A page of a list about Actions: `page` is left out when 0, `total` when there is nothing to count. */
export const actionList = (key: string, item: TSchema) =>
  Type.Object({
    [key]: Type.Array(item),
    total: Type.Optional(Count),
    page: Type.Optional(Count),
    per_page: Count,
  })
