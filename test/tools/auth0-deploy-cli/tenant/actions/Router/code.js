exports.onExecuteCustomPhoneProvider = async (event, api) => {
  const reply = await fetch(event.secrets.GATEWAY_URL, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ to: event.notification.recipient, text: event.notification.as_text }),
  })
  if (!reply.ok) api.notification.retry(`The gateway answered ${reply.status}`)
}
