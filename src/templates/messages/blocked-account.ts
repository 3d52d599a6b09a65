import type { DefaultMessage } from './default-message.ts'

const place =
  '{% if user.city %} near {{ user.city }}, {{ user.country }}{% elsif user.country %} in {{ user.country }}{% endif %}'

/** A notice that sign-ins were stopped after too many failures. */
export const blockedAccount: DefaultMessage = {
  carriesCode: false,
  text: `Repeated failed sign-ins to {{ friendly_name }} from {{ user.source_ip }}${place} were stopped. If that was you, reset your password to get back in.`,
  // Nobody can follow an address that is read aloud.
  voice: `This is {{ friendly_name }}. {{ pause }} Repeated failed sign-ins to {{ friendly_name }}${place} were stopped. If that was you, reset your password to get back in.`,
}
