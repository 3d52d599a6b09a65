/** A page of a list about Actions: numbered from 0, 20 to a page. */
export type ActionPage = { page: number; limit: number; offset: number }

export function actionPage(query: { page?: number; per_page?: number }): ActionPage {
  const limit = query.per_page ?? 20
  const page = query.page ?? 0
  return { page, limit, offset: page * limit }
}

/**
 * The body of such a page. `page` is left out when it is 0, `total` when it is 0 or the page lies past
 * the end. Source: recorded answers of Auth0's Management API v2.
 */
export const actionPageBody = (
  { page, limit }: ActionPage,
  key: string,
  items: readonly unknown[],
  total: number,
): Record<string, unknown> => ({
  [key]: items,
  ...(items.length > 0 && { total }),
  ...(page > 0 && { page }),
  per_page: limit,
})

/** The source of an Action stays out of the log of changes. */
export const code: ReadonlySet<string> = new Set(['code'])
