type Fields = Readonly<Record<string, unknown>>

const fieldsOf = (value: unknown): Fields => Object(value)

/** The flat event that the first version of `send-phone-message` had, made of the later one. */
export function legacyEvent(event: Fields): Record<string, unknown> {
  const options = fieldsOf(event.message_options)
  const [client, request, user] = [event.client, event.request, event.user].map(fieldsOf)
  return {
    action: options.action,
    client: {
      client_id: client?.client_id,
      name: client?.name,
      client_metadata: client?.metadata,
    },
    code: options.code,
    ip: request?.ip,
    language: request?.language,
    message_type: options.message_type,
    recipient: options.recipient,
    text: options.text,
    user: {
      user_id: user?.user_id,
      name: user?.name,
      email: user?.email,
      app_metadata: user?.app_metadata,
      user_metadata: user?.user_metadata,
    },
    user_agent: request?.user_agent,
  }
}
