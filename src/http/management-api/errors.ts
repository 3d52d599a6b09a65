import type { ManagementErrorCode } from '../../base/error-codes.ts'

export type WireError = {
  status: number
  message: string
  /** Absent where the original sends none: branding/phone and some others. */
  errorCode?: string
  /** Token errors repeat their text in `attributes.error`. */
  attributes?: true
}

/**
 * What each refusal looks like on the wire. Statuses, texts and codes are compared by clients.
 * Source: recorded answers of Auth0's Management API v2 and its published OpenAPI document.
 */
export const managementErrors: Record<ManagementErrorCode, WireError> = {
  invalid_body: { status: 400, message: 'Payload validation error.', errorCode: 'invalid_body' },
  invalid_uri: { status: 400, message: 'Path validation error.', errorCode: 'invalid_uri' },
  invalid_query_string: {
    status: 400,
    message: 'Query validation error.',
    errorCode: 'invalid_query_string',
  },
  operation_not_supported: {
    status: 400,
    message: 'This operation is not supported.',
    errorCode: 'operation_not_supported',
  },
  bad_authentication_header: {
    status: 400,
    message: 'Bad HTTP authentication header format',
    errorCode: 'Bearer',
  },
  authentication_missing: { status: 401, message: 'Missing authentication' },
  invalid_token: { status: 401, message: 'Invalid token', attributes: true },
  expired_token: {
    status: 401,
    message: 'Expired token received for JSON Web Token validation',
    attributes: true,
  },
  invalid_signature: {
    status: 401,
    message: 'Invalid signature received for JSON Web Token validation',
    attributes: true,
  },
  insufficient_scope: {
    status: 403,
    message: 'Insufficient scope, expected any of: ',
    errorCode: 'insufficient_scope',
  },
  notification_bad_operation: { status: 400, message: 'Bad Operation on Notification Resource' },
  notification_not_found: { status: 404, message: 'Notification Resource not found' },
  custom_provider_action_missing: {
    status: 409,
    message: 'No deployed action was found.',
    // The documentation gives this name, e-mail and all, for the phone case.
    errorCode: 'custom_email_provider_deployed_action_not_found',
  },
  action_not_found: { status: 404, message: 'That action does not exist.' },
  action_version_not_found: { status: 404, message: 'That action version does not exist.' },
  action_execution_not_found: { status: 404, message: 'That execution does not exist.' },
  action_trigger_not_found: { status: 404, message: 'That trigger does not exist.' },
  action_name_exists: { status: 409, message: 'An action with that name already exists.' },
  action_phone_provider_exists: {
    status: 403,
    message: 'custom-phone-provider can only have one supported Action',
    errorCode: 'actions_cardinality_custom_phone_provider_not_allowed',
  },
  action_too_many: { status: 403, message: 'This tenant has as many actions as it may have.' },
  action_not_built: {
    status: 400,
    message: "The action must be in the 'built' state to be deployed.",
  },
  action_unloadable: { status: 400, message: 'The action cannot be loaded.' },
  action_bound: {
    status: 400,
    message: 'The action is bound to a trigger; unbind it first, or delete it with force.',
  },
  action_sends_messages: {
    status: 409,
    message: 'The phone provider of this tenant sends through this action.',
  },
  action_binding_incompatible: {
    status: 400,
    message: 'Trying to create a binding between an incompatible action and trigger.',
  },
  action_trigger_fixed: { status: 400, message: "can't upgrade to this trigger." },
  action_runtime_missing: { status: 400, message: 'This server does not run actions.' },
  phone_provider_exists: {
    status: 409,
    message: 'A phone provider is already configured for this tenant.',
  },
  phone_template_exists: {
    status: 409,
    message: 'Phone template already configured for tenant',
  },
  phone_template_without_provider: {
    status: 409,
    message: 'No phone provider is configured for this tenant.',
  },
  delivery_method_not_offered: {
    status: 400,
    message: 'The configured phone provider does not offer this delivery method.',
  },
  client_not_found: {
    status: 404,
    message: 'The client does not exist',
    errorCode: 'inexistent_client',
  },
  global_client_undeletable: {
    status: 400,
    message: 'Global client cannot be deleted.',
    errorCode: 'operation_not_supported',
  },
  client_grant_not_found: {
    status: 404,
    message: 'The grant does not exist.',
    errorCode: 'inexistent_grant',
  },
  client_grant_exists: {
    status: 409,
    // The published text speaks of the API although it is the grant that exists.
    message: 'A resource server with the same identifier already exists.',
    errorCode: 'conflict',
  },
  client_grant_client_not_found: {
    status: 404,
    message: 'Client not found',
    errorCode: 'inexistent_client',
  },
  client_grant_audience_not_found: {
    status: 404,
    message: 'Resource server not found',
    errorCode: 'inexistent_resource_server',
  },
  connection_not_found: {
    status: 404,
    message: 'The connection does not exist',
    errorCode: 'inexistent_connection',
  },
  connection_name_taken: {
    status: 409,
    message: 'A connection with the same name already exists',
    errorCode: 'conflict',
  },
  connection_keys_unavailable: {
    status: 404,
    message: 'The connection has no keys',
    errorCode: 'inexistent_connection',
  },
  resource_server_not_found: {
    status: 404,
    message: 'The resource server does not exist',
    errorCode: 'inexistent_resource_server',
  },
  resource_server_exists: {
    status: 409,
    message: 'A resource server with the same identifier already exists.',
    errorCode: 'conflict',
  },
  resource_server_reserved: {
    status: 400,
    message: 'The selected identifier is reserved.',
    errorCode: 'invalid_body',
  },
  system_resource_server_undeletable: {
    status: 400,
    message: 'System resource servers cannot be deleted.',
    errorCode: 'operation_not_supported',
  },
  system_resource_server_unpatchable: {
    status: 400,
    message: 'System resource servers cannot be patched.',
    errorCode: 'operation_not_supported',
  },
  legacy_phone_experience_not_allowed: {
    status: 403,
    message: 'The operator of this server does not allow the legacy phone experience.',
    errorCode: 'legacy_phone_experience_not_allowed',
  },
  legacy_mfa_phone_provider_not_allowed: {
    status: 403,
    message:
      'Insufficient privileges to use this deprecated feature. To handle Phone Provider/Templates refer to Tenant Phone Settings',
    errorCode: 'legacy_mfa_phone_provider_not_allowed',
  },
  message_type_unsupported: {
    status: 409,
    message: 'Message Type is not supported by the configured phone provider',
    errorCode: 'conflict',
  },
  phone_delivery_methods_in_use: {
    status: 409,
    message: 'Delivery methods of the phone provider are in use.',
    errorCode: 'phone_delivery_methods_in_use',
  },
  user_not_found: {
    status: 404,
    message: 'The user does not exist.',
    errorCode: 'inexistent_user',
  },
  user_exists: {
    status: 409,
    message: 'The user already exists.',
    errorCode: 'auth0_idp_error',
  },
  authentication_method_not_found: {
    status: 404,
    message: 'The authentication method does not exist.',
    errorCode: 'inexistent_authentication_method',
  },
  authentication_method_exists: {
    status: 409,
    message: 'Authentication method already exists.',
    errorCode: 'authentication_method_exists',
  },
  too_many_authentication_methods: {
    status: 403,
    message: 'You reached the limit of entities of this type for this user.',
    errorCode: 'too_many_entities',
  },
  user_has_passkey: {
    status: 403,
    message: 'Operation not permitted when the user has registered at least 1 passkey',
    errorCode: 'operation_not_supported',
  },
  enrollment_not_found: {
    status: 404,
    message: 'Enrollment not found',
    errorCode: 'enrollment_not_found',
  },
  recovery_code_missing: {
    status: 404,
    message: 'The user has no recovery code.',
    errorCode: 'inexistent_recovery_code',
  },
  feature_not_enabled: {
    status: 403,
    message: 'This server does not have this feature.',
    errorCode: 'feature_not_enabled',
  },
  search_too_long: {
    status: 414,
    message: 'The search query is too long.',
    errorCode: 'invalid_query_string',
  },
  log_stream_not_found: {
    status: 404,
    message: 'The log stream does not exist.',
    errorCode: 'inexistent_log_stream',
  },
  log_stream_too_many: {
    status: 409,
    message: 'You have reached the maximum number of log streams.',
    errorCode: 'conflict',
  },
  signing_key_not_found: {
    status: 404,
    message: 'The signing key does not exist.',
    errorCode: 'inexistent_signing_key',
  },
  signing_key_not_previous: {
    status: 400,
    message: 'Only a previous signing key can be revoked; rotate first.',
    errorCode: 'operation_not_supported',
  },
  theme_not_found: {
    status: 404,
    message: 'There was an error retrieving branding settings: invalid theme ID',
    errorCode: 'theme_not_found',
  },
  theme_exists: {
    status: 409,
    message: 'There was an error updating branding settings: a theme already exists',
    errorCode: 'theme_already_exists',
  },
  universal_login_template_not_found: {
    status: 404,
    message: 'Template does not exist.',
    errorCode: 'inexistent_templates_universal_login',
  },
  email_provider_not_found: {
    status: 404,
    message: 'There is not a configured email provider',
    errorCode: 'inexistent_email_provider',
  },
  email_template_not_found: {
    status: 404,
    message: 'The template does not exist.',
    errorCode: 'inexistent_email_template',
  },
  log_not_found: { status: 404, message: 'The log does not exist', errorCode: 'inexistent_log' },
  message_not_found: {
    status: 404,
    message: 'The message does not exist',
    errorCode: 'inexistent_message',
  },
  inbox_off: { status: 404, message: 'Not Found' },
  page_out_of_reach: {
    status: 400,
    message: 'You can only page through the first 1000 records.',
    errorCode: 'invalid_paging',
  },
  bot_detection_unavailable: {
    status: 403,
    message: 'Please upgrade your subscription to use bot detection',
    errorCode: 'insufficient_entitlement',
  },
  too_many_requests: {
    status: 429,
    message: 'Global limit has been reached',
    errorCode: 'too_many_requests',
  },
  tenant_unknown: { status: 404, message: 'Not Found' },
  not_found: { status: 404, message: 'Not Found' },
  payload_too_large: {
    status: 413,
    message: 'Payload content length greater than maximum allowed: 1048576',
    errorCode: 'invalid_body',
  },
  unsupported_media_type: {
    status: 415,
    message: 'Unsupported Media Type',
    errorCode: 'invalid_body',
  },
}
