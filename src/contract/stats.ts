import { type Static, Type } from 'typebox'

/** `/api/v2/stats`. Source: Auth0's Management API v2. */
export const DailyStats = Type.Object(
  {
    date: Type.String(),
    logins: Type.Integer(),
    signups: Type.Integer(),
    leaked_passwords: Type.Integer(),
    created_at: Type.String(),
    updated_at: Type.String(),
  },
  { title: 'DailyStats' },
)
export type DailyStats = Static<typeof DailyStats>

export const DailyStatsQuery = Type.Object({
  /** `YYYYMMDD`, inclusive. */
  from: Type.Optional(Type.String({ pattern: '^[0-9]{8}$', description: 'YYYYMMDD' })),
  to: Type.Optional(Type.String({ pattern: '^[0-9]{8}$', description: 'YYYYMMDD' })),
})
