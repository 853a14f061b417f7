// An outage of the issuer: its keys change, callers try to cause requests to it, it is unreachable.
import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import {
  call,
  eventually,
  fetchToken,
  scratch,
  settings,
  startIssuer,
  startService,
  withKeyId,
} from './harness.mjs';
import { assertProblem, assertRefused } from './refusals.mjs';

describe('an issuer that changes its key', () => {
  let issuer;
  before(async () => (issuer = await startIssuer()));
  after(() => issuer?.stop());

  test('its new tokens are accepted, its old ones no longer', async (t) => {
    const env = { ...settings(issuer), RESOURCE_SERVER_ISSUER__COOLDOWN: '1s' };
    const service = await startService(env);
    t.after(() => service.stop());
    const old = await fetchToken(issuer);
    assert.equal((await service.whoami(old)).status, 200);
    await issuer.stop();
    issuer = await startIssuer({ port: issuer.port, keysFile: path.join(scratch, 'rotated.json') });
    const fresh = await fetchToken(issuer);

    await eventually(
      () => 'the new key',
      async () => {
        const { status } = await service.whoami(fresh);
        // Until the cooldown is over the key is unknown: the token's fault, not ours.
        assert.ok([200, 401].includes(status), `status ${status}`);
        return status === 200;
      },
    );

    assertRefused(await service.whoami(old), 401, 'invalid_token');
  });

  test('unknown keys buy at most one fetch per cooldown', async (t) => {
    const env = { ...settings(issuer), RESOURCE_SERVER_ISSUER__COOLDOWN: '1m' };
    const service = await startService(env);
    t.after(() => service.stop());
    const token = await fetchToken(issuer);
    const fetchesBefore = await keyFetches(issuer);

    const junk = Array.from({ length: 20 }, (_, n) => service.whoami(withKeyId(token, `junk-${n}`)));
    for (const response of await Promise.all(junk)) assertRefused(response, 401, 'invalid_token');

    const fetches = (await keyFetches(issuer)) - fetchesBefore;
    assert.ok(fetches <= 1, `${fetches} fetches`);
    assert.equal((await service.whoami(token)).status, 200);
  });
});

test('an issuer out of reach closes only what needs it, and heals by itself', async (t) => {
  let issuer = await startIssuer();
  const token = await fetchToken(issuer);
  await issuer.stop();
  const env = { ...settings(issuer), RESOURCE_SERVER_ISSUER__COOLDOWN: '1s' };
  const service = await startService(env, { ready: 503 });
  t.after(() => service.stop());

  assert.equal((await service.hello()).status, 200);
  assert.equal((await call(`${service.url}/livez`)).status, 200);
  const refusal = await service.whoami(token);
  assert.equal(refusal.status, 503);
  assert.match(refusal.headers['retry-after'], /^\d+$/);
  assert.equal(refusal.headers['www-authenticate'], undefined, 'the token is not to blame');
  assertProblem(refusal);

  issuer = await startIssuer(issuer);
  t.after(() => issuer.stop());
  await service.ready(`${service.url}/readyz`);
  assert.equal((await service.whoami(token)).status, 200);

  await issuer.stop();
  assert.equal((await service.whoami(token)).status, 200, 'the keys are still held');
});

/** How often the issuer's key set was fetched so far. */
async function keyFetches(issuer) {
  // The log arrives in order: once the marker is there, so is all that came before it.
  const marker = `/marker-${performance.now()}`;
  await call(`${issuer.url}${marker}`);
  await eventually(
    () => marker,
    () => issuer.output.stdout.includes(marker),
  );
  return issuer.output.stdout.split('\n').filter((line) => line.endsWith('/jwks')).length;
}
