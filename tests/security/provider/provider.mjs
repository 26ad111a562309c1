// A certified OpenID Provider (panva's oidc-provider) on a socket of its own, for the tests of
// sign-in. `PUT /test` says how it must behave: redirect addresses, what accounts tell, and
// faults that a provider must never have. Faults are put in the ID token on its way out, signed
// again with the provider's own key, so that nothing but the fault itself can be what is refused.
import { createServer } from 'node:http'
import { webcrypto } from 'node:crypto'
import Provider from 'oidc-provider'
import { SignJWT, decodeJwt, exportJWK, generateKeyPair, importJWK } from 'jose'

globalThis.crypto ??= webcrypto

const make = async (kid) => {
  const { privateKey } = await generateKeyPair('RS256', { extractable: true })
  return { ...(await exportJWK(privateKey)), kid, alg: 'RS256', use: 'sig' }
}
const [own, foreign] = [await make('own'), await make('own')]

let told = {}
let handle = null

const server = createServer(async (request, response) => {
  if (request.method === 'PUT' && request.url === '/test') {
    told = JSON.parse(await text(request))
    handle = provider().callback()
    response.end('{}')
  } else if (request.url === '/token' && told.fault) {
    tamper(response)
    handle(request, response)
  } else {
    handle(request, response)
  }
})

function provider () {
  const made = new Provider(issuer(), {
    clients: [{
      client_id: 'hub',
      client_secret: 'een-lang-geheim-van-de-hub',
      redirect_uris: [`${told.hub}/inloggen/terug`],
      post_logout_redirect_uris: [`${told.hub}/inloggen`],
      backchannel_logout_uri: `${told.hub}/uitloggen/gemeente`,
      backchannel_logout_session_required: true
    }],
    jwks: { keys: [own] },
    cookies: { keys: ['of-the-tests'] },
    claims: { openid: ['sub', 'roles', 'realm_access', 'amr', 'sid'], profile: ['name'], acr: null },
    acrValues: ['password', 'mfa'],
    conformIdTokenClaims: false,
    pkce: { required: () => true },
    features: {
      devInteractions: { enabled: false },
      backchannelLogout: { enabled: true },
      rpInitiatedLogout: { enabled: told.logout ?? true }
    },
    ttl: { Session: 600, Grant: 600, Interaction: 600, IdToken: 600, AccessToken: 600 },
    // Its own way refuses addresses of this machine, and there is no other here.
    fetch: (url, { dispatcher, ...options }) => fetch(url, options),
    interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
    findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id, ...told.claims }) }),
    loadExistingGrant: async (context) => {
      const grant = new context.oidc.provider.Grant({
        clientId: context.oidc.client.clientId, accountId: context.oidc.session.accountId
      })
      grant.addOIDCScope('openid profile')
      await grant.save()
      return grant
    }
  })
  made.use(async (context, next) => {
    if (!context.path.startsWith('/interaction/')) return next()
    if (context.method === 'GET') {
      context.type = 'html'
      context.body = '<form method="post"><input name="login"><button>Inloggen</button></form>'
      return
    }
    const form = new URLSearchParams(await text(context.req))
    const login = { accountId: form.get('login'), acr: told.acr, amr: told.amr }
    const result = told.denied ? { error: 'access_denied' } : { login }
    await made.interactionFinished(context.req, context.res, result)
    context.respond = false
  })
  return made
}

/** Replace the ID token in the answer by one with the fault that the test asked for. */
function tamper (response) {
  const { end } = response
  response.end = async (body, ...rest) => {
    try {
      const answer = JSON.parse(body)
      answer.id_token = await faulty(answer.id_token)
      body = JSON.stringify(answer)
      response.setHeader('content-length', Buffer.byteLength(body))
    } catch { /* an error of the provider itself stays as it is */ }
    end.call(response, body, ...rest)
  }
}

async function faulty (token) {
  const { claims = {}, without = [], signedBy = 'own', unsigned = false } = told.fault
  const payload = { ...decodeJwt(token), ...claims }
  for (const name of without) delete payload[name]
  if (unsigned) {
    const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url')
    return `${part({ alg: 'none' })}.${part(payload)}.`
  }
  if (signedBy === 'secret') {
    const secret = new TextEncoder().encode('een-lang-geheim-van-de-hub')
    return new SignJWT(payload).setProtectedHeader({ alg: 'HS256' }).sign(secret)
  }
  const key = await importJWK(signedBy === 'own' ? own : foreign, 'RS256')
  return new SignJWT(payload).setProtectedHeader({ alg: 'RS256', kid: 'own' }).sign(key)
}

async function text (request) {
  let found = ''
  for await (const part of request) found += part
  return found
}

const issuer = () => `http://127.0.0.1:${server.address().port}`

server.listen(0, '127.0.0.1', () => console.log(issuer()))
