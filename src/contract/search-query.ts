/**
 * A search in the Lucene subset of the Management API, as a tree. `field` is absent for a bare term,
 * which each resource looks for where it sees fit.
 */
export type SearchQuery =
  | { kind: 'and' | 'or'; parts: readonly SearchQuery[] }
  | { kind: 'not'; part: SearchQuery }
  | SearchTerm
  | SearchRange
  | { kind: 'exists'; field: string }

export type SearchTerm = {
  kind: 'term'
  field?: string
  /** Taken literally between the wildcards. */
  value: string
  /** Each `*` of the term stands between two pieces; one piece alone is an exact value. */
  pieces: readonly string[]
}

export type SearchRange = {
  kind: 'range'
  field: string
  /** Absent for `*`: no bound on that side. */
  from?: string
  to?: string
  includesFrom: boolean
  includesTo: boolean
}
