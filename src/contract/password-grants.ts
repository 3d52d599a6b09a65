/** `grant_type` of a sign-in by password in the tenant's default directory. */
export const passwordGrant = 'password'

/** `grant_type` of a sign-in by password in the connection that `realm` names. */
export const passwordRealmGrant = 'http://auth0.com/oauth/grant-type/password-realm'
