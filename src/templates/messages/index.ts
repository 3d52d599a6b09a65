import type { MessageType } from '../../contract/notifications.ts'
import { blockedAccount } from './blocked-account.ts'
import { changePassword } from './change-password.ts'
import type { DefaultMessage } from './default-message.ts'
import { otpEnroll } from './otp-enroll.ts'
import { otpVerify } from './otp-verify.ts'
import { passwordBreach } from './password-breach.ts'

/** The default bodies of every message type. */
export const defaultMessages: Readonly<Record<MessageType, DefaultMessage>> = {
  otp_verify: otpVerify,
  otp_enroll: otpEnroll,
  change_password: changePassword,
  blocked_account: blockedAccount,
  password_breach: passwordBreach,
}
