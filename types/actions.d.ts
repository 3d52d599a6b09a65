/**
 * What an Action gets: the event and the api of both triggers, for editors and for `tsc --checkJs`.
 *
 * In an Action: `/** @type {import('PATH/types/actions').OnExecuteCustomPhoneProvider} *\/` above
 * `exports.onExecuteCustomPhoneProvider = async (event, api) => { … }`.
 */

/** Texts that something else stored; `{}` when there are none. */
export type Metadata = Record<string, string>

/** The five occasions of a message. */
export type MessageType =
  | 'otp_verify'
  | 'otp_enroll'
  | 'blocked_account'
  | 'change_password'
  | 'password_breach'

export type Notification = {
  /** The rendered text; there too when the delivery is by voice. */
  as_text: string
  /** The rendered words of a call, digits spelled; there too when the delivery is by text. */
  as_voice: string
  /** The plain code. Notices have none. */
  code?: string
  delivery_method: 'text' | 'voice'
  /** E.164; comes from the template. */
  from?: string
  /** The locale of the bodies, e.g. `en-US`. */
  locale?: string
  message_type: MessageType
  /** E.164. */
  recipient: string
}

export type Client = { client_id: string; name: string; metadata: Metadata }

/** `strategy` is `sms` for passwordless sign-in. */
export type Connection = { id: string; name: string; strategy: string; metadata?: Metadata }

export type CustomDomain = { domain: string; domain_metadata: Metadata }

export type Organization = { id: string; name: string; display_name: string; metadata: Metadata }

/** Everything may be missing. */
export type GeoIp = {
  cityName?: string
  continentCode?: string
  countryCode?: string
  countryCode3?: string
  countryName?: string
  subdivisionCode?: string
  subdivisionName?: string
  timeZone?: string
  latitude?: number
  longitude?: number
}

/** The request that caused the message; a notice of the server itself has the address `0.0.0.0`. */
export type Request = {
  ip: string
  method: string
  hostname?: string
  /** The browser's language, not the locale of the bodies. */
  language?: string
  user_agent?: string
  geoip: GeoIp
}

export type Tenant = {
  id: string
  friendly_name?: string
  home_url?: string
  logo_url?: string
  support_email?: string
  support_url?: string
}

/** Other attributes of the profile may be there as well. */
export type User = {
  user_id: string
  app_metadata: Record<string, unknown>
  user_metadata: Record<string, unknown>
  /** ISO 8601. */
  created_at: string
  /** ISO 8601. */
  updated_at: string
  email_verified: boolean
  email?: string
  family_name?: string
  given_name?: string
  name?: string
  nickname?: string
  picture?: string
  username?: string
  phone_number?: string
  phone_verified?: boolean
  last_password_reset?: string
  multifactor?: string[]
  login_count?: number
  [attribute: string]: unknown
}

/** What every event has. */
type CommonEvent = {
  /** Values of marketplace installations; `{}`. */
  configuration: Record<string, string>
  custom_domain?: CustomDomain
  request: Request
  /** Of the deployed version. A name that is not set gives `undefined`. */
  secrets: { readonly [name: string]: string | undefined }
  tenant: Tenant
  transaction?: { correlation_id?: string }
  user: User
}

/** The event of `custom-phone-provider`. */
export type CustomPhoneProviderEvent = CommonEvent & {
  client: Client
  connection?: Connection
  notification: Notification
  organization?: Organization
}

/** The event of `send-phone-message`, version 2. */
export type SendPhoneMessageEvent = CommonEvent & {
  client?: Client
  message_options: {
    action: 'enrollment' | 'second-factor-authentication'
    code: string
    message_type: 'sms' | 'voice'
    recipient: string
    /** For the message type: a text, or the words of a call. */
    text: string
  }
  security_context?: { ja3?: string; ja4?: string }
}

export type CacheRecord = { value: string; expires_at: number }
export type CacheRefusal = { type: 'error'; code: string }

/** At most 20 records and 8 kB in all; a record lives 15 minutes unless told otherwise. */
export type Cache = {
  get(key: string): CacheRecord | undefined
  /** Both in milliseconds; the earlier end counts. */
  set(
    key: string,
    value: string,
    options?: { ttl?: number; expires_at?: number },
  ): { type: 'success'; record: CacheRecord } | CacheRefusal
  delete(key: string): { type: 'success' } | CacheRefusal
}

/** The api of `custom-phone-provider`. The last call of `drop` and `retry` counts; neither ends the handler. */
export type CustomPhoneProviderApi = {
  notification: {
    /** It has failed for good. */
    drop(this: void, reason?: string): void
    /** It has failed, and the Action is called again, at most 5 more times. */
    retry(this: void, reason?: string): void
  }
  cache: Cache
}

/** The api of `send-phone-message`: a failure is told by throwing. */
export type SendPhoneMessageApi = { cache: Cache }

export type OnExecuteCustomPhoneProvider = (
  event: CustomPhoneProviderEvent,
  api: CustomPhoneProviderApi,
) => Promise<unknown>

export type OnExecuteSendPhoneMessage = (
  event: SendPhoneMessageEvent,
  api: SendPhoneMessageApi,
) => Promise<unknown>
