import express from 'express'
import openidConnect from 'express-openid-connect'

const { auth, requiresAuth } = openidConnect

/** An application that a customer might have: one page for everybody, one for who is signed in. */
const [port, settings] = [Number(process.argv[2]), JSON.parse(process.argv[3])]
const app = express()
app.use(
  auth({ authRequired: false, secret: 'a long secret of the application itself', ...settings }),
)
app.get('/', (request, reply) => {
  reply.send(`<h1>${request.oidc.isAuthenticated() ? 'Signed in' : 'Signed out'}</h1>`)
})
app.get('/profile', requiresAuth(), (request, reply) => {
  reply.send(`<h1>${request.oidc.user.sub}</h1>`)
})
app.listen(port, '127.0.0.1', () => process.stdout.write('listening\n'))
