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

test('files that cannot be used are reported with every other problem, each with its key, value, source and fix', async () => {
  const { code, stdout, stderr } = await run(['serve'], {
    RESOURCE_SERVER_HTTP__TLS__CERT: '/nowhere/cert.pem',
    RESOURCE_SERVER_HTTP__TLS__KEY: '/nowhere/key.pem',
    RESOURCE_SERVER_AUDIT__SALT_FILE: '/nowhere/salt',
    RESOURCE_SERVER_DENYLIST__FILE: '/nowhere/denylist.json',
    RESOURCE_SERVER_ISSUER__CA: '/nowhere/ca.pem',
    RESOURCE_SERVER_CORS__ALLOWED_ORIGINS: 'https://a.example/,*',
    RESOURCE_SERVER_HTTP__KEEP_ALIVE: 'long',
    RESOURCE_SERVER_HTTP__LISTNE: '127.0.0.1:3000',
    RESOURCE_SERVER_ACCESS__OPERATIONS__WHOMAI__SCOPES: 'a',
  });

  assert.equal(code, 78, stderr);
  assert.equal(stdout, '');
  const lines = stderr.trimEnd().split('\n');
  for (const [key, value] of [
    ['http.tls.cert', '/nowhere/cert.pem'],
    ['http.tls.key', '/nowhere/key.pem'],
    ['audit.salt_file', '/nowhere/salt'],
    ['denylist.file', '/nowhere/denylist.json'],
    ['issuer.ca', '/nowhere/ca.pem'],
    ['cors.allowed_origins', 'https://a.example/'],
    ['cors.allowed_origins', '*'],
    ['http.keep_alive', 'long'],
    ['http.listne', ''],
    ['access.operations.whomai', ''],
  ]) {
    const line = lines.find((it) => it.startsWith(`error: \`${key}`) && it.includes(value ? `found "${value}"` : ''));
    assert.ok(line, `no line for ${key} ${value} in:\n${stderr}`);
    assert.match(line, /environment variable RESOURCE_SERVER_/, line);
    assert.match(line, /\. [A-Z][^.]*.*[.?]$/, line);
  }
  assert.equal(lines.length, 10, stderr);
  assert.doesNotMatch(stderr, /\\n|because.*because|Error\(|Other\(/);
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

test('`token` without a scope says in profile `dev` which to add', async () => {
  const env = { RESOURCE_SERVER_DEV__LISTEN: `127.0.0.1:${await freePort()}` };
  const service = await startService(env);

  const without = await run(['token'], env);
  const [scope] = /--scope \S+/.exec(without.stderr) ?? [''];
  const twin = await run(['token', ...scope.split(' ')], env);
  await service.stop();

  assert.equal(without.code, 1, without.stderr);
  assert.equal(without.stdout, '');
  assert.match(without.stderr, /^error: no token was granted: no scope was requested\n/);
  assert.match(without.stderr, /\n  fix: add --scope profile:read\n$/);
  assert.equal(twin.code, 0, twin.stderr);
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
