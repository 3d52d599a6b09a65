/** What the HTTPS server needs, and the certificate that a client must trust, if it is ours. */
export type Tls = { cert: string; key: string; caFile?: string }
