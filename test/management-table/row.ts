import { STATUS_CODES } from 'node:http'
import type { Furniture } from '../furnished-tenant.ts'

/** The body of a refusal. */
export type Refusal = { statusCode: number; error: string; message: string; errorCode?: string }

/** One endpoint of the Management API, and how it answers. */
export type Row = {
  /** Any one of these lets a token in. */
  scopes: readonly string[]
  /** What else the token must hold to come to the end. */
  also?: readonly string[]
  /** What stands in the path for its parameters, in their order. */
  ids?: (of: Furniture) => readonly string[]
  query?: string | ((of: Furniture) => string)
  body?: object | ((of: Furniture) => object)
  /** Of the request with everything right; a refusal where no request of this tenant can succeed. */
  answer: number | Refusal
  /** The body may hold members that the API does not know. */
  open?: true
  /** Takes whatever the body is, and none. */
  anyBody?: true
  /** The answer for a last id that nobody has, and for one of another tenant. */
  unknown?: Refusal | 204
  /** The same for the first of two ids. */
  unknownFirst?: Refusal
}

export type Rows = Readonly<Record<string, Row>>

/** A refusal as it goes over the wire; without `errorCode` where the original sends none. */
export const refused = (statusCode: number, message: string, errorCode?: string): Refusal => ({
  statusCode,
  error: STATUS_CODES[statusCode] ?? '',
  message,
  ...(errorCode !== undefined && { errorCode }),
})

export const notFound = refused(404, 'Not Found')

/** Rows of settings that a tenant has once: read and patched. */
export const settings = (
  bodies: Readonly<Record<string, object>>,
  resource: string,
): Record<string, Row> =>
  Object.fromEntries(
    Object.entries(bodies).flatMap(([path, body]): [string, Row][] => [
      [`GET ${path}`, { scopes: [`read:${resource}`], answer: 200 }],
      [`PATCH ${path}`, { scopes: [`update:${resource}`], body, answer: 200 }],
    ]),
  )
