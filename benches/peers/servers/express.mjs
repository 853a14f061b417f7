// Express with Auth0's middleware or Okta's verifier: `node express.mjs auth0|okta`.
import express from 'express';
import { auth } from 'express-oauth2-jwt-bearer';
import OktaJwtVerifier from '@okta/jwt-verifier';
import { audience, greeting, issuer, listen } from './issuer.mjs';

/** As Okta's guide has it. */
function okta() {
  const verifier = new OktaJwtVerifier({ issuer, testing: { disableHttpsCheck: true } });
  return async (request, response, next) => {
    const match = /^Bearer (.+)$/.exec(request.headers.authorization ?? '');
    if (!match) return response.status(401).set('www-authenticate', 'Bearer').end();
    try {
      request.auth = { payload: (await verifier.verifyAccessToken(match[1], audience)).claims };
      next();
    } catch {
      response.status(401).set('www-authenticate', 'Bearer error="invalid_token"').end();
    }
  };
}

const guards = {
  auth0: () => auth({ issuer, jwksUri: `${issuer}/v1/keys`, audience, tokenSigningAlg: 'RS256' }),
  okta,
};
const server = express();
server.disable('x-powered-by').disable('etag');
server.get('/api/hello', (_, response) => response.json(greeting));
server.get('/api/whoami', guards[process.argv[2]](), (request, response) =>
  response.json(request.auth.payload),
);
// What the middleware refuses, without a stack trace on standard error.
server.use((error, _request, response, _next) =>
  response
    .status(error.status ?? 500)
    .set(error.headers ?? {})
    .end(),
);
server.listen(listen.port, listen.host);
