// The program towards its operator: exit codes, and what it says of mistakes.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { freePort, run, settings, startService } from './harness.mjs';

test('all problems with the settings are reported at once, with exit code 78', async () => {
  const { code, stdout, stderr } = await run([], {
    OKTA_OAUTH2_ISSUER: 'http://id.example',
    RESOURCE_SERVER_HTTP__LISTEN: 'nowhere',
    RESOURCE_SERVER_HTTP__LISTNE: '127.0.0.1:3000',
  });

  assert.equal(code, 78, stderr);
  assert.equal(stdout, '');
  for (const key of ['issuer.url', 'http.listen', 'listne']) {
    assert.ok(stderr.toLowerCase().includes(key), `no word of ${key} in:\n${stderr}`);
  }
});

test('outside profile `dev` an issuer must be named', async () => {
  const { code, stderr } = await run([], { RESOURCE_SERVER_PROFILE: 'production' });

  assert.equal(code, 78, stderr);
  assert.match(stderr, /issuer\.url/);
});

test('`token` says by its exit code that the issuer is out of reach', async () => {
  const issuer = { url: `http://127.0.0.1:${await freePort()}/oauth2/default` };
  const args = ['token', '--client-id', 'svc', '--client-secret', 'svc-secret'];
  const { code, stdout, stderr } = await run(args, settings(issuer));

  assert.equal(code, 69, stderr);
  assert.equal(stdout, '');
  assert.doesNotMatch(stderr, /svc-secret/);
});

test('an unknown command is a usage error', async () => {
  const { code } = await run(['no-such-command']);

  assert.equal(code, 2);
});

for (const signal of ['SIGTERM', 'SIGINT']) {
  test(`${signal} stops it with exit code 0`, async () => {
    const listen = `127.0.0.1:${await freePort()}`;
    const service = await startService({ RESOURCE_SERVER_DEV__LISTEN: listen });

    assert.equal(await service.stop(signal), 0);
  });
}
