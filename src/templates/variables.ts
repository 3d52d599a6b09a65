import { Drop } from 'liquidjs'
import type { DeliveryMethod, Flow, MessageType } from '../contract/notifications.ts'
import { plainText, plainValue, urlText } from './values.ts'

/** What a template can tell about, in the words of Auth0's variables. Absent parts print nothing. */
export type VariableInput = {
  /** The type, or `sms` and `voice` for the older templates. */
  message_type: MessageType | 'sms' | 'voice'
  delivery_method: DeliveryMethod
  flow: Flow
  /** E.164 */
  recipient: string
  /** BCP 47, with a hyphen. */
  locale: string
  /** The language as the request asked for it, unparsed. */
  request_language?: string | undefined
  /** Unspelled; absent for notices. */
  code?: string | undefined
  tenant: TenantInput
  home_url?: string | undefined
  region?: string | undefined
  /** Name of the connection. */
  connection?: string | undefined
  user?: UserInput | undefined
  client?: ClientInput | undefined
  organization?: OrganizationInput | undefined
  custom_domain?: { domain: string; domain_metadata?: object | undefined } | undefined
  correlation_id?: string | undefined
}

/** The tenant's name and the settings that templates show. */
export type TenantInput = {
  name: string
  friendly_name?: string | undefined
  support_email?: string | undefined
  support_url?: string | undefined
  picture_url?: string | undefined
}

/** The user, with where the request came from. */
export type UserInput = {
  name?: string | undefined
  nickname?: string | undefined
  given_name?: string | undefined
  family_name?: string | undefined
  picture?: string | undefined
  login_count?: number | undefined
  user_metadata?: object | undefined
  app_metadata?: object | undefined
  email?: string | undefined
  email_verified?: boolean | undefined
  phone_number?: string | undefined
  phone_verified?: boolean | undefined
  multifactor?: readonly string[] | undefined
  source_ip?: string | undefined
  country?: string | undefined
  city?: string | undefined
}

/** The application; `properties` are further public members, which `application` shows. */
export type ClientInput = {
  client_id: string
  name: string
  client_metadata?: object | undefined
  properties?: Readonly<Record<string, unknown>> | undefined
}

export type OrganizationInput = {
  id: string
  name: string
  display_name?: string | undefined
  metadata?: object | undefined
  branding?:
    | {
        logo_url?: string | undefined
        colors?: { primary?: string | undefined; page_background?: string | undefined } | undefined
      }
    | undefined
}

/** The scope of one rendering: plain data and one drop. */
export type Variables = Readonly<Record<string, unknown>>

/**
 * Makes the scope that text and voice share. The old names of the legacy templates (`password`,
 * `phone_number`, `request_language`, `requestInfo.lang`, `tenant.friendly_name`) are there as well,
 * so that bodies which were carried over still render.
 *
 * Source: Auth0, "Customize phone templates", variables.
 */
export function buildVariables(input: VariableInput): Variables {
  const { tenant } = input
  const friendlyName = tenant.friendly_name || tenant.name
  const requestLanguage = plainText(input.request_language ?? '')
  return {
    code: input.code,
    password: input.code,
    message_type: input.message_type,
    delivery_method: input.delivery_method,
    flow: input.flow,
    phone_number: input.recipient,
    locale: input.locale,
    request_language: requestLanguage,
    requestInfo: { lang: requestLanguage },
    tenant: new TenantDrop(tenant.name, friendlyName),
    friendly_name: friendlyName,
    support_email: tenant.support_email,
    support_url: urlText(tenant.support_url),
    logo_url: urlText(tenant.picture_url),
    home_url: urlText(input.home_url),
    region: input.region,
    connection: input.connection,
    user: userVariables(input.user),
    ...(input.client !== undefined && clientVariables(input.client)),
    organization: input.organization && organizationVariables(input.organization),
    custom_domain: input.custom_domain,
    correlation_id: input.correlation_id,
  }
}

function userVariables(user: UserInput = {}): Variables {
  const { picture, user_metadata, app_metadata, multifactor, ...plain } = user
  return {
    ...Object.fromEntries(Object.entries(plain).map(([name, value]) => [name, plainValue(value)])),
    picture: urlText(picture),
    multifactor: plainValue(multifactor),
    // Metadata may be large and few templates show it, so it is cleaned when it is asked for.
    get user_metadata() {
      return plainValue(user_metadata)
    },
    get app_metadata() {
      return plainValue(app_metadata)
    },
  }
}

function clientVariables(client: ClientInput): Variables {
  const name = plainText(client.name)
  return {
    client: { name, clientID: client.client_id, metadata: client.client_metadata },
    application: {
      ...client.properties,
      name,
      client_id: client.client_id,
      clientID: client.client_id,
      client_metadata: client.client_metadata,
    },
  }
}

function organizationVariables(organization: OrganizationInput): Variables {
  const { branding } = organization
  return {
    id: organization.id,
    name: plainText(organization.name),
    display_name: plainText(organization.display_name ?? ''),
    metadata: plainValue(organization.metadata),
    branding: { logo_url: urlText(branding?.logo_url), colors: plainValue(branding?.colors) },
  }
}

/** Prints the tenant's name, compares as its name, and has the members of the legacy variable. */
class TenantDrop extends Drop {
  readonly friendly_name: string
  readonly friendlyName: string
  readonly #name: string

  constructor(name: string, friendlyName: string) {
    super()
    this.#name = name
    this.friendly_name = friendlyName
    this.friendlyName = friendlyName
  }

  override valueOf(): string {
    return this.#name
  }

  // LiquidJS lets a template reach a drop's prototype; these names lead nowhere.
  static {
    for (const name of Object.getOwnPropertyNames(Object.prototype)) {
      if (name !== 'valueOf')
        Object.defineProperty(TenantDrop.prototype, name, { value: undefined })
    }
  }
}
