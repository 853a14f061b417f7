// Fastify with fast-jwt, whose cache of verified tokens is on and large enough for all of them.
import { createPublicKey } from 'node:crypto';
import Fastify from 'fastify';
import { createVerifier } from 'fast-jwt';
import { audience, greeting, issuer, listen } from './issuer.mjs';

const { keys } = await (await fetch(`${issuer}/v1/keys`)).json();
const verify = createVerifier({
  key: createPublicKey({ key: keys[0], format: 'jwk' }).export({ type: 'spki', format: 'pem' }),
  algorithms: ['RS256'],
  allowedIss: issuer,
  allowedAud: audience,
  cache: 20_000,
});
const server = Fastify({ logger: false });
server.get('/api/hello', async () => greeting);
server.get('/api/whoami', async (request, reply) => {
  const [scheme, token] = request.headers.authorization?.split(' ') ?? [];
  try {
    if (scheme?.toLowerCase() !== 'bearer') throw new Error('no bearer credentials');
    return verify(token);
  } catch {
    reply.code(401).header('www-authenticate', 'Bearer');
    return { error: 'invalid_token' };
  }
});
await server.listen(listen);
