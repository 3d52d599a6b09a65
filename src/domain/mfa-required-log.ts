/** What the log says when a grant stops for a second factor. Source: management-api 10.5. */
export const mfaRequired = (grantType: string) =>
  ({
    type: 'mfar',
    description: 'Second factor required',
    details: { grant_type: grantType, version: '1.0' },
  }) as const
