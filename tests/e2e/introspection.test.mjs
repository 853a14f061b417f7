// Introspection with an issuer that nobody here wrote: `oidc-provider` with opaque tokens.
import assert from 'node:assert/strict';
import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { assertExample } from './example.mjs';
import { call, eventually, fetchToken, run, scratch, settings, startIssuer, startService } from './harness.mjs';
import { assertProblem, assertRefused } from './refusals.mjs';

const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const publicJwk = { ...createPublicKey(privateKey).export({ format: 'jwk' }), kid: 'one', alg: 'ES256', use: 'sig' };
const keyFile = path.join(scratch, 'introspection.pem');
fs.writeFileSync(keyFile, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });

let issuer;
before(async () => (issuer = await startIssuer({ apiKey: publicJwk })));
after(() => issuer?.stop());

const opaqueToken = (more = {}) => fetchToken(issuer, { resource: 'urn:e2e:opaque', ...more });

/** The environment of a service that introspects opaque tokens. A program has no user, so no `sub`. */
const introspecting = (more = {}) => ({
  ...settings(issuer),
  RESOURCE_SERVER_ISSUER__INTROSPECTION__MODE: 'opaque',
  RESOURCE_SERVER_ISSUER__INTROSPECTION__CLIENT_ID: 'api',
  RESOURCE_SERVER_ISSUER__INTROSPECTION__CLIENT_SECRET: 'api-secret',
  RESOURCE_SERVER_ISSUERS__DEFAULT__SUBJECT_CLAIM: 'client_id',
  ...more,
});

/** How often the issuer was asked about a token. */
const asked = () => issuer.output.stdout.split('POST /oauth2/default/token/introspection').length - 1;

async function revoke(token) {
  const response = await call(`${issuer.url}/token/revocation`, {
    method: 'POST',
    headers: {
      authorization: `Basic ${btoa('svc:svc-secret')}`,
      'content-type': 'application/x-www-form-urlencoded',
    },
    body: new URLSearchParams({ token }).toString(),
  });
  assert.equal(response.status, 200);
}

describe('a service that introspects opaque tokens', () => {
  let service;
  before(async () => {
    service = await startService(introspecting());
  });
  after(() => service?.stop());

  test('accepts an opaque token with its claims, and asks about it once', async () => {
    const token = await opaqueToken({ scope: 'profile:read' });
    assert.ok(!token.includes('.'), 'the token is opaque');
    const before = asked();

    const responses = await Promise.all(Array.from({ length: 200 }, () => service.whoami(token)));

    for (const response of responses) assert.equal(response.status, 200);
    const caller = responses[0].json();
    assert.equal(caller.subject, 'svc');
    assert.equal(caller.client_id, 'svc');
    assert.equal(caller.issuer, issuer.url);
    assert.deepEqual(caller.audience, ['api://default']);
    assert.deepEqual(caller.scopes, ['profile:read']);
    await eventually(() => 'the call', () => asked() === before + 1);
  });

  test('still verifies a JWT with the keys, without a call', async () => {
    const token = await fetchToken(issuer);
    const before = asked();

    assert.equal((await service.whoami(token)).status, 200);

    assert.equal(asked(), before);
  });

  test('refuses a token that nobody issued, and one for another API', async () => {
    const junk = await service.whoami('junk-token-that-nobody-issued');
    assertRefused(junk, 401, 'invalid_token');
    assert.equal(junk.json().reason, 'inactive');
    const good = await opaqueToken();
    assert.equal((await service.whoami(good)).status, 200);
  });

  test('refuses a revoked token after max_age', async (context) => {
    const service = await startService(introspecting({ RESOURCE_SERVER_ISSUER__INTROSPECTION__MAX_AGE: '1s' }));
    context.after(() => service.stop());
    const token = await opaqueToken();
    assert.equal((await service.whoami(token)).status, 200);
    await revoke(token);

    await eventually(
      () => 'the refusal',
      async () => (await service.whoami(token)).status === 401,
    );
    assert.equal((await service.whoami(token)).json().reason, 'inactive');
  });
});

test('a client can authenticate with a key', async (t) => {
  const env = introspecting({
    RESOURCE_SERVER_ISSUER__INTROSPECTION__CLIENT_ID: 'api-key',
    RESOURCE_SERVER_ISSUER__INTROSPECTION__CLIENT_SECRET: '',
    RESOURCE_SERVER_ISSUER__INTROSPECTION__CLIENT_KEY: keyFile,
    RESOURCE_SERVER_ISSUER__INTROSPECTION__CLIENT_KEY_ID: 'one',
  });
  for (const audience of ['endpoint', 'issuer']) {
    const service = await startService({ ...env, RESOURCE_SERVER_ISSUER__INTROSPECTION__ASSERTION_AUDIENCE: audience });
    t.after(() => service.stop());

    const response = await service.whoami(await opaqueToken());

    assert.equal(response.status, 200, `${audience}: ${response.text}`);
  }
});

test('signed answers are verified', async (t) => {
  const env = introspecting({
    RESOURCE_SERVER_ISSUER__INTROSPECTION__CLIENT_ID: 'api-signed',
    RESOURCE_SERVER_ISSUER__INTROSPECTION__CLIENT_SECRET: 'api-signed-secret',
    RESOURCE_SERVER_ISSUER__INTROSPECTION__SIGNED: 'true',
  });
  const service = await startService(env);
  t.after(() => service.stop());

  const response = await service.whoami(await opaqueToken());

  assert.equal(response.status, 200, response.text);
});

test('a wrong secret is our failure, is logged once, and is shown nowhere', async (t) => {
  const secret = 'wrong-secret-4711';
  const env = introspecting({
    RESOURCE_SERVER_ISSUER__INTROSPECTION__CLIENT_SECRET: secret,
    RESOURCE_SERVER_ADMIN__LISTEN: '127.0.0.1:0',
    RESOURCE_SERVER_LOG__FORMAT: 'json',
  });
  const service = await startService(env);
  t.after(() => service.stop());
  const token = await opaqueToken();

  for (let number = 0; number < 20; number += 1) {
    const response = await service.whoami(token);
    assert.equal(response.status, 503);
    assert.match(response.headers['retry-after'], /^\d+$/);
    assert.equal(response.headers['www-authenticate'], undefined, 'the token is not to blame');
    assertProblem(response);
    assert.equal(response.json().reason, 'introspection_refused');
  }

  const verbose = await call(`${service.url}/readyz?verbose`);
  assert.match(verbose.text, /introspection: fails: introspection_refused/);
  const config = await run(['config'], env);
  const output = service.output.stdout + service.output.stderr + config.stdout + config.stderr + verbose.text;
  assert.equal(output.split('tokens cannot be introspected').length - 1, 1, output);
  assert.ok(!output.includes(secret), 'the secret is shown');
  assert.ok(!output.includes(token), 'the token is shown');
});

describe('check with opaque tokens', () => {
  const env = (more = {}) => introspecting({ RESOURCE_SERVER_CLIENT__RESOURCE: 'urn:e2e:opaque', ...more });
  const check = async (service, ...args) => run(
    ['check', '--url', `${service.url}/api`, '--client-id', 'svc', '--client-secret', 'svc-secret', '--scope', 'profile:read', ...args],
    env(),
  );
  const other = async () => `other_audience=${await opaqueToken({ resource: 'urn:e2e:opaque-other' })}`;
  let service;
  before(async () => {
    service = await startService(introspecting({ RESOURCE_SERVER_ISSUER__INTROSPECTION__MAX_AGE: '2s' }));
  });
  after(() => service?.stop());

  test('calls the service secure once its token is revoked at the end', async () => {
    const { code, stdout, stderr } = await check(service, '--refuse', await other(), '--revoke', '--revoked-within', '10');

    assert.equal(code, 0, stdout + stderr);
    assert.match(stderr, /^revokes the good token$/m);
    assert.match(stdout, /^ {2}ok {6}not_issued +8$/m);
    assert.match(stdout, /^ {2}ok {6}other_audience +1$/m);
    assert.match(stdout, /^ {2}ok {6}revoked +1$/m);
    assertExample('opaque', stdout);
  });

  test('finds that a revoked token is accepted for longer than the user allows', async () => {
    const slow = await startService(introspecting({ RESOURCE_SERVER_ISSUER__INTROSPECTION__MAX_AGE: '1h' }));

    const { code, stdout } = await check(slow, '--refuse', await other(), '--revoke', '--revoked-within', '1');

    await slow.stop();
    assert.equal(code, 1, stdout);
    assert.match(stdout, /^ {2}FAILED {2}revoked +1 of 1$/m);
    assert.match(stdout, /200: the caller is served, 1 s after the token was revoked/);
  });

  test('says what is missing without them', async () => {
    const { code, stdout } = await check(service, '--format', 'json');
    const wrongWord = await check(service, '--refuse', 'stale=abc');
    // The client may not revoke the token of another client.
    const foreign = await run(
      ['check', '--url', `${service.url}/api`, '--token', await opaqueToken(), '--revoke', '--client-id', 'post', '--client-secret', 'post-secret', '--format', 'json'],
      introspecting(),
    );

    assert.equal(code, 3, stdout);
    assert.deepEqual(JSON.parse(stdout).not_made.flatMap((it) => it.checks), ['other_audience', 'revoked']);
    assert.equal(wrongWord.code, 2);
    assert.match(wrongWord.stderr, /--refuse.*stale.*refresh_token/s);
    const { why } = JSON.parse(foreign.stdout).not_made.find((it) => it.checks.includes('revoked'));
    assert.match(why, /^The token was not revoked: .*\. Name the client that it was granted to/);
  });
});

test('explain and doctor ask the issuer', async () => {
  const token = await opaqueToken();

  const explained = await run(['explain', token], introspecting());
  assert.equal(explained.code, 0, explained.stdout + explained.stderr);
  assert.match(explained.stdout, /Accepted/);
  assert.match(explained.stdout, /client_id +"svc"/);
  assert.match(explained.stdout, /^Claims, as the issuer states them$/m);
  assert.match(explained.stdout, /^ {2}passed +introspection +active$/m);
  for (const rule of ['issuer', 'audience', 'expires']) {
    assert.match(explained.stdout, new RegExp(`^ {2}passed +${rule} `, 'm'));
  }
  const elsewhere = await run(['explain', token], introspecting({ OKTA_API_AUDIENCE: 'api://other' }));
  assert.equal(elsewhere.code, 1);
  assert.match(elsewhere.stdout, /^ {2}reason {2}wrong_audience$/m);
  assert.match(elsewhere.stdout, /^ {2}passed +introspection +active$/m);
  assert.match(elsewhere.stdout, /^ {2}FAILED +audience +"api:\/\/default"$/m);
  const junk = await run(['explain', 'junk-token-that-nobody-issued'], introspecting());
  assert.equal(junk.code, 1);
  assert.match(junk.stdout, /inactive/);

  const before = asked();
  const offline = await run(['explain', token, '--offline'], introspecting());
  assert.equal(offline.code, 3, offline.stdout + offline.stderr);
  assert.match(offline.stdout, /^Undecided: the token is opaque, so only its issuer knows what it is\.$/m);
  assert.match(offline.stdout, /Offline: no request was sent\./);
  assert.match(offline.stdout, /^ {2}- +introspection +not examined: only the issuer knows/m);
  assert.match(offline.stdout, /^ {2}whoami +unknown, only the issuer knows its rights$/m);
  assert.match(offline.stderr, /run `explain` without --offline/);
  assert.equal(asked(), before);

  const healthy = await run(['doctor', '--token', token], introspecting());
  assert.equal(healthy.code, 0, healthy.stdout + healthy.stderr);
  assert.match(healthy.stdout, /ok +introspection /);
  assert.match(healthy.stdout, /ok +introspected /);
  const refused = await run(['doctor', '--token', token], introspecting({
    RESOURCE_SERVER_ISSUER__INTROSPECTION__CLIENT_SECRET: 'wrong-secret-4711',
  }));
  assert.equal(refused.code, 1);
  assert.match(refused.stdout, /FAILED +introspection /);
  assert.match(refused.stdout, /introspection_refused/);
  assert.ok(!refused.stdout.includes('4711'));
});

test('settings that do not fit together end with exit code 78', async () => {
  const org = 'https://dev-1.okta.com';
  const base = { OKTA_OAUTH2_ISSUER: org, OKTA_API_AUDIENCE: org };
  const always = {
    RESOURCE_SERVER_ISSUER__INTROSPECTION__MODE: 'always',
    RESOURCE_SERVER_ISSUER__INTROSPECTION__CLIENT_ID: 'api',
    RESOURCE_SERVER_ISSUER__INTROSPECTION__CLIENT_SECRET: 'api-secret',
  };
  const clients = { RESOURCE_SERVER_ISSUERS__DEFAULT__CLIENTS: 'shop' };
  for (const [row, env, code, pattern] of [
    ['an org server', base, 78, /Okta org authorization server/],
    ['an org server in mode opaque', { ...base, ...always, ...clients, RESOURCE_SERVER_ISSUER__INTROSPECTION__MODE: 'opaque' }, 78, /Okta org authorization server/],
    ['an org server without clients', { ...base, ...always }, 78, /every app of the organization/],
    ['an org server with both', { ...base, ...always, ...clients }, 0, /^/],
    ['no client', { ...base, ...always, ...clients, RESOURCE_SERVER_ISSUER__INTROSPECTION__CLIENT_ID: '' }, 78, /introspection.client_id/],
  ]) {
    const { code: found, stdout, stderr } = await run(['config'], env);
    assert.equal(found, code, `${row}: ${stdout}${stderr}`);
    assert.match(stderr, pattern, row);
  }
});
