// An API of another framework: Express, guarded by express-oauth2-jwt-bearer. HARDENED has what
// its README does not say: one Authorization header, and no token in the URL.
import http from 'node:http';
import express from 'express';
import { auth, requiredScopes } from 'express-oauth2-jwt-bearer';

const { PORT, ISSUER, AUDIENCE, HARDENED } = process.env;

const operation = (security) => ({ get: { security, responses: {} } });
const document = {
  openapi: '3.0.3',
  paths: {
    '/api/hello': operation([]),
    '/api/whoami': operation([{ token: [] }]),
    '/api/profile': operation([{ granted: ['profile:read'] }]),
  },
  components: {
    securitySchemes: {
      token: { type: 'http', scheme: 'bearer' },
      granted: { type: 'oauth2', flows: { clientCredentials: { tokenUrl: ISSUER, scopes: { 'profile:read': '' } } } },
    },
  },
};

const app = express();
app.get('/openapi.json', (_, response) => response.json(document));
app.get('/api/hello', (_, response) => response.json({ hello: true }));
if (HARDENED) {
  app.use((request, _, next) => {
    Object.defineProperty(request, 'query', { value: {} });
    next();
  });
}
const guard = auth({ issuerBaseURL: ISSUER, audience: AUDIENCE });
const show = (request, response) => response.json({ subject: request.auth.payload.sub });
app.get('/api/whoami', guard, show);
app.get('/api/profile', guard, requiredScopes('profile:read'), show);
app.use((error, _request, response, _next) => {
  response.status(error.status ?? 500).set(error.headers ?? {}).json({ error: 'refused' });
});
http.createServer({ joinDuplicateHeaders: Boolean(HARDENED) }, app).listen(PORT, '127.0.0.1');
