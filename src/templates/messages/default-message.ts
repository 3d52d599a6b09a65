/** What Trunkline says by itself when a tenant has no template of a type. Liquid. */
export type DefaultMessage = {
  /** Whether messages of the type bring a one-time code. */
  carriesCode: boolean
  text: string
  voice: string
}
