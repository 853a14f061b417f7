// What README's "Your own API" promises, of the program that its lines make.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bearer, call, freePort, run, startService, tampered } from './harness.mjs';

test('an API of a few lines is protected, documented and described at once', async () => {
  const dev = { RESOURCE_SERVER_DEV__LISTEN: `127.0.0.1:${await freePort()}` };
  const service = await startService(dev);

  const { stdout } = await run(['token', '--scope', 'orders:read'], dev);
  const anonymous = await call(`${service.url}/orders`);
  const caller = await call(`${service.url}/orders`, { headers: bearer(stdout.trim()) });
  const document = (await call(`${service.url}/openapi.json`)).json();
  const docs = await call(`${service.url}/docs`);

  assert.equal(anonymous.status, 401);
  assert.match(anonymous.headers['www-authenticate'], /^Bearer realm="api"/);
  assert.equal(caller.status, 200);
  assert.deepEqual(caller.json(), [{ id: 1, customer: 'dev-client' }]);
  assert.equal(document.info.title, 'Shop');
  const schemes = document.components.securitySchemes;
  assert.deepEqual(schemes.ClientCredentials.flows.clientCredentials.scopes, { 'orders:read': 'Read orders.' });
  assert.equal(docs.status, 200);
});

test('a token that was changed is refused, and the challenge says so', async () => {
  const dev = { RESOURCE_SERVER_DEV__LISTEN: `127.0.0.1:${await freePort()}` };
  const service = await startService(dev);

  const { stdout } = await run(['token', '--scope', 'orders:read'], dev);
  const caller = await call(`${service.url}/orders`, { headers: bearer(tampered(stdout.trim())) });

  assert.equal(caller.status, 401);
  assert.match(caller.headers['www-authenticate'], /error="invalid_token"/);
  assert.equal(caller.json().reason, 'bad_signature');
});
