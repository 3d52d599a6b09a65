/** What the program counts. `app` gives a Prometheus registry; tests may give `noMetrics`. */
export type Metrics = {
  /** A message reached an outcome at a provider. */
  message(labels: { provider: string; type: string; outcome: string }): void
  /** Milliseconds from the request to the carrier's acceptance. */
  acceptance(provider: string, elapsedMs: number): void
}

/** Counts nothing. */
export const noMetrics: Metrics = { message() {}, acceptance() {} }
