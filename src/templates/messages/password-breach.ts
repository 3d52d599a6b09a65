import type { DefaultMessage } from './default-message.ts'

/** A notice that the password is known from a leak. */
export const passwordBreach: DefaultMessage = {
  carriesCode: false,
  text: 'Your {{ friendly_name }} password turned up in a data leak elsewhere. Please set a new one.{% if support_url %} Help: {{ support_url }}{% endif %}',
  voice:
    'This is {{ friendly_name }}. {{ pause }} Your password turned up in a data leak elsewhere. Please set a new one at your next visit.',
}
