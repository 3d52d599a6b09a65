/** What `GET /tenants/settings` of a new tenant shows. Source: management-api 5.1. */
export const defaultTenantSettings = (name: string): Record<string, unknown> => ({
  phone_consolidated_experience: true,
  friendly_name: name,
  enabled_locales: ['en'],
  default_directory: '',
  default_audience: '',
  customize_mfa_in_postlogin_action: false,
  session_lifetime: 168,
  idle_session_lifetime: 72,
  ephemeral_session_lifetime: 72,
  idle_ephemeral_session_lifetime: 24,
  sandbox_version: '22',
  flags: {
    enable_client_connections: true,
    enforce_client_authentication_on_passwordless_start: true,
    disable_management_api_sms_obfuscation: true,
    mfa_show_factor_list_on_enrollment: false,
    enable_public_signup_user_exists_error: false,
    revoke_refresh_token_grant: false,
  },
})
