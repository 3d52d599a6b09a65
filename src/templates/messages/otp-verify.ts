import type { DefaultMessage } from './default-message.ts'

/** A code to sign in with, or to prove a number with. */
export const otpVerify: DefaultMessage = {
  carriesCode: true,
  text: 'Use {{ code }} to continue at {{ friendly_name }}. Not you? Then ignore this message.',
  voice:
    'This is {{ friendly_name }}. {{ pause }} To continue, enter {{ pause }} {{ code }} {{ pause }} Once more: {{ pause }} {{ code }} Goodbye.',
}
