// An authorization server nobody here wrote: npm `oidc-provider`, on loopback.
//
// Settings come from the environment, because a test starts it as a process of its own:
//   PORT       where to listen
//   ALG        RS256, RS512 or ES256: signs the access tokens
//   WITHOUT_ALG  publishes the RSA key without `alg`, as LemonLDAP::NG does
//   TLS_KEY, TLS_CERT  PEM files; with them the issuer is at https://localhost
//   KEYS_FILE  the private keys, made when absent; restart with another file to rotate
//   DPOP       binds tokens to keys (RFC 9449); `nonce` requires nonces in proofs too
//   API_KEY    a public key as a JSON Web Key; with it the client api-key authenticates with this key
//   ENCRYPTION  how tokens for the resource urn:e2e:encrypted are encrypted: {"alg", "enc", "kid", "key"}, where
//              `key` is the public key of the API as a JSON Web Key
//   REDIRECT_URI  where people may be sent back to; without it there are no people
//
// Clients (client credentials, HTTP Basic):
//   svc   / svc-secret    tokens for `api://default`; with resource=urn:e2e:other, for `api://other`
//   stale / stale-secret  tokens that expired an hour ago
// With DPOP: bound / bound-secret, which gets only bound tokens, as an Okta API Services app does.
// And post / post-secret, the same as svc with client_secret_post in place of HTTP Basic.
// With resource=urn:e2e:opaque, the tokens of svc are opaque, and for `api://default`. With
// resource=urn:e2e:opaque-other, they are opaque, and for `api://other`.
// The clients api / api-secret, api-signed / api-signed-secret and api-key may only introspect tokens. Answers
// for api-signed are signed (RFC 9701).
// And for people, of any name and password, with PKCE: spa, without a secret. Their tokens have
// `auth_time` and `acr`. A sign-in is of the first class in `acr_values`, or else of one factor, and
// counts as an hour old unless the request has `max_age`.
import fs from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import { createPublicKey } from 'node:crypto';
import { calculateJwkThumbprint, exportJWK, generateKeyPair } from 'jose';
import { Provider, interactionPolicy } from 'oidc-provider';

const PATH = '/oauth2/default';
const SCOPES = 'profile:read admin';
const CLASSES = ['urn:okta:loa:1fa:any', 'urn:okta:loa:2fa:any'];
const AUDIENCES = {
  'urn:e2e:api': 'api://default',
  'urn:e2e:opaque': 'api://default',
  'urn:e2e:encrypted': 'api://default',
  'urn:e2e:opaque-other': 'api://other',
  'urn:e2e:other': 'api://other',
};
const INTROSPECTORS = ['api', 'api-signed', 'api-key'];

const { PORT: port, ALG: alg, KEYS_FILE: keysFile, REDIRECT_URI: redirectUri } = process.env;
const { API_KEY: apiKey, DPOP: dpop, WITHOUT_ALG: withoutAlg, TLS_KEY: tlsKey, TLS_CERT: tlsCert } = process.env;
const encryption = JSON.parse(process.env.ENCRYPTION ?? 'null');
if (encryption) encryption.key = createPublicKey({ key: encryption.key, format: 'jwk' });
const issuer = tlsCert ? `https://localhost:${port}${PATH}` : `http://127.0.0.1:${port}${PATH}`;

async function newKey(alg) {
  const { privateKey } = await generateKeyPair(alg, { extractable: true });
  const jwk = await exportJWK(privateKey);
  return { ...jwk, kid: await calculateJwkThumbprint(jwk), alg, use: 'sig' };
}

if (!fs.existsSync(keysFile)) {
  const keys = [await newKey('RS256'), await newKey('ES256')];
  if (withoutAlg) delete keys[0].alg;
  fs.writeFileSync(keysFile, JSON.stringify({ keys }), { mode: 0o600 });
}

const machine = (name, method = 'client_secret_basic') => ({
  token_endpoint_auth_method: method,
  client_id: name,
  client_secret: `${name}-secret`,
  grant_types: ['client_credentials'],
  redirect_uris: [],
  response_types: [],
});

const introspector = (name, more = {}) => ({ ...machine(name), grant_types: [], ...more });

const introspectors = [
  introspector('api'),
  introspector('api-signed', { introspection_signed_response_alg: 'RS256' }),
];
if (apiKey) {
  introspectors.push(
    introspector('api-key', {
      token_endpoint_auth_method: 'private_key_jwt',
      client_secret: undefined,
      jwks: { keys: [JSON.parse(apiKey)] },
    }),
  );
}

const people = {
  client_id: 'spa',
  token_endpoint_auth_method: 'none',
  grant_types: ['authorization_code'],
  redirect_uris: [redirectUri],
  response_types: ['code'],
};

/** The development pages of the provider record neither a class nor a time of a sign-in. */
class StepUpProvider extends Provider {
  async interactionFinished(request, response, result, options) {
    if (result.login) {
      const { params } = await this.interactionDetails(request, response);
      result.login.acr = params.acr_values?.split(' ')[0] ?? CLASSES[0];
      result.login.ts = Math.floor(Date.now() / 1000) - (params.max_age === undefined ? 3600 : 0);
    }
    return super.interactionFinished(request, response, result, options);
  }
}

// The provider itself asks for another sign-in after `max_age`, but not for another class.
const policy = interactionPolicy.base();
const isOtherClass = ({ oidc: { params, acr } }) =>
  params.acr_values !== undefined && !params.acr_values.split(' ').includes(acr);
policy
  .get('login')
  .checks.add(new interactionPolicy.Check('acr_values', 'another class is required', isOtherClass));

const provider = new StepUpProvider(issuer, {
  acrValues: CLASSES,
  interactions: { policy },
  extraTokenClaims(ctx) {
    const { authTime, acr } = ctx.oidc.entities.AuthorizationCode ?? {};
    return { auth_time: authTime, acr };
  },
  jwks: JSON.parse(fs.readFileSync(keysFile, 'utf8')),
  clients: [machine('svc'), machine('stale'), machine('post', 'client_secret_post'), ...introspectors, ...(dpop ? [{ ...machine('bound'), dpop_bound_access_tokens: true }] : []), ...(redirectUri ? [people] : [])],
  // As Okta's trusted origins: pages of the service may ask for tokens.
  clientBasedCORS: (_, origin) => redirectUri && origin === new URL(redirectUri).origin,
  pkce: { required: () => true },
  enabledJWA: { dPoPSigningAlgValues: ['ES256', 'Ed25519', 'EdDSA', 'RS256', 'PS256'] },
  scopes: ['openid', ...SCOPES.split(' ')],
  ttl: { ClientCredentials: 300 },
  features: {
    dPoP: {
      enabled: Boolean(dpop),
      nonceSecret: crypto.getRandomValues(Buffer.alloc(32)),
      requireNonce: () => dpop === 'nonce',
    },
    devInteractions: { enabled: Boolean(redirectUri) },
    clientCredentials: { enabled: true },
    introspection: {
      enabled: true,
      allowedPolicy: (_, client) => INTROSPECTORS.includes(client.clientId),
    },
    jwtIntrospection: { enabled: true },
    revocation: { enabled: true },
    resourceIndicators: {
      enabled: true,
      // As with an Okta custom authorization server, a client need not say which API it means.
      defaultResource: () => 'urn:e2e:api',
      // With `openid`, the token is for the API and not for the provider itself.
      // With DPOP, it is for the provider: tests call its userinfo endpoint.
      useGrantedResource: () => !dpop,
      getResourceServerInfo: (_, resource) => ({
        audience: AUDIENCES[resource],
        scope: SCOPES,
        accessTokenFormat: resource.startsWith('urn:e2e:opaque') ? 'opaque' : 'jwt',
        jwt: { sign: { alg }, ...(resource === 'urn:e2e:encrypted' ? { encrypt: encryption } : {}) },
      }),
    },
  },
  formats: {
    customizers: {
      jwt(_, token, { payload }) {
        if (token.clientId === 'stale') {
          payload.iat -= 7200;
          payload.exp = payload.iat + 3600;
        }
      },
    },
  },
});
provider.on('server_error', (_, error) => console.error(error));

const handle = provider.callback();
const serve = (request, response) => {
  console.log(request.method, request.url); // tests count the fetches of the key set
  request.originalUrl = request.url;
  request.url = request.url.slice(PATH.length) || '/';
  handle(request, response);
};
const server = tlsCert
  ? https.createServer({ key: fs.readFileSync(tlsKey), cert: fs.readFileSync(tlsCert) }, serve)
  : http.createServer(serve);
server.listen(Number(port), '127.0.0.1');
process.on('SIGTERM', () => process.exit(0));
