/** Bytes as PostgreSQL reads them from a text, for a bytea member inside a jsonb parameter. */
export const byteaText = (bytes: Uint8Array): string => `\\x${Buffer.from(bytes).toString('hex')}`
