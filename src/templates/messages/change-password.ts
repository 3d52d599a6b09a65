import type { DefaultMessage } from './default-message.ts'

/** A code that allows to choose a new password. */
export const changePassword: DefaultMessage = {
  carriesCode: true,
  text: '{{ code }} lets you choose a new {{ friendly_name }} password. Nothing changes if you ignore it.',
  voice:
    'This is {{ friendly_name }}. {{ pause }} To choose a new password, enter {{ pause }} {{ code }} {{ pause }} Once more: {{ pause }} {{ code }} Goodbye.',
}
