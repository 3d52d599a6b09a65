import type { DefaultMessage } from './default-message.ts'

/** A code that links a phone as a second factor. */
export const otpEnroll: DefaultMessage = {
  carriesCode: true,
  text: '{{ code }} links this phone to your {{ friendly_name }} account. Enter it to finish the setup.',
  voice:
    'This is {{ friendly_name }}. {{ pause }} To link this phone, enter {{ pause }} {{ code }} {{ pause }} Once more: {{ pause }} {{ code }} Goodbye.',
}
