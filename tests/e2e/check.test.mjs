// `check`: does an API verify tokens correctly, in any language? Here: its verdict on our service.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { describe, test } from 'node:test';
import { checkWorld, client } from './check-world.mjs';
import { assertExample } from './example.mjs';
import {
  fetchToken, freePort, run, scratch, settings, startIssuer, startService,
} from './harness.mjs';

describe('check', () => {
  const world = checkWorld();
  const { check } = world;

  /** Arguments with the tokens that only an issuer can make. */
  async function wrongTokens() {
    const other = await startIssuer();
    const tokens = [
      await fetchToken(world.issuer, { client: 'stale' }),
      await fetchToken(world.issuer, { resource: 'urn:e2e:other' }),
      await fetchToken(other),
    ];
    await other.stop();
    return tokens.flatMap((token) => ['--refuse', token]);
  }

  test('calls the service secure once all tokens are given', async () => {
    const wrong = await wrongTokens();

    const { code, stdout, stderr } = await check(
      `${world.service.url}/api`, ...client, '--scope', 'profile:read', ...wrong,
    );

    assert.equal(code, 0, stdout + stderr);
    assert.match(stdout, /^SECURE: all \d+ checks that the document calls for were made, and none failed\.\n/);
    assert.match(stdout, /\nSECURE: 0 faults, 0 warnings in \d+ requests\.\n$/);
    assert.match(stdout, /^ {2}ok {6}public_key_as_secret {2}5$/m);
    for (const made of ['expired', 'other_audience', 'other_issuer']) {
      assert.match(stdout, new RegExp(`^ {2}ok {6}${made} +1$`, 'm'));
    }
    assert.match(stderr, /at most \d+ requests to 127\.0\.0\.1\ntokens and keys of /);
    for (const line of stdout.split('\n')) assert.ok(line.length <= 80, line);
  });

  test('says first what it could not try with a real issuer, and how to supply it', async () => {
    const { code, stdout, stderr } = await check(`${world.service.url}/api`, ...client, '--format', 'json');
    const text = await check(`${world.service.url}/api`, ...client);

    const { verdict, not_made: gaps } = JSON.parse(stdout);
    assert.equal(code, 3, stderr);
    assert.equal(verdict, 'incomplete');
    assert.deepEqual(gaps.flatMap((it) => it.checks), ['expired', 'other_audience', 'other_issuer']);
    for (const { why } of gaps) assert.match(why, /^No .* was given\. .* --refuse @FILE\.$/);
    assert.match(text.stdout, /^INCOMPLETE: this does not show that the API is secure\. 3 of \d+ checks/);
    assert.match(text.stderr, /error: the examination is incomplete/);
    assertExample('incomplete', text.stdout);
  });

  test('examines the service of profile dev with the one command of the docs', async () => {
    const dev = `127.0.0.1:${await freePort()}`;
    const env = { RESOURCE_SERVER_DEV__LISTEN: dev };
    const own = await startService(env);
    const wrong = await startService({ ...env, RESOURCE_SERVER_DEV__LISTEN: `127.0.0.1:${await freePort()}` });

    const plain = await run(['check', '--url', `${own.url}/api`], env);
    const flagged = await run(['check', '--url', `${own.url}/api`, '--with-embedded-issuer'], env);
    // It trusts an embedded issuer elsewhere.
    const foreign = await run(['check', '--url', `${wrong.url}/api`, '--with-embedded-issuer'], env);

    await Promise.all([own.stop(), wrong.stop()]);
    assertExample('secure', flagged.stdout);
    for (const { code, stdout, stderr } of [plain, flagged]) {
      assert.equal(code, 0, stdout + stderr);
      for (const made of [
        'expired', 'not_yet_valid', 'other_audience', 'other_issuer',
        // The service accepts bound tokens.
        'bound_token', 'missing_proof', 'proof_replayed', 'proof_for_other_url', 'proof_for_other_method',
        'proof_for_other_token', 'old_proof',
      ]) {
        assert.match(stdout, new RegExp(`^ {2}ok {6}${made} +1$`, 'm'));
      }
      assert.match(stdout, /^ {2}ok {6}bound_as_bearer +2$/m);
      assert.match(stdout, /^ {2}ok {6}proof_of_other_key +2$/m);
    }
    assert.equal(foreign.code, 1, foreign.stdout);
    assert.match(foreign.stdout, /FAILED {2}good_token/);
    assert.match(foreign.stdout, /The API refuses the good token too, so a refusal shows nothing\./);
  });

  test('another server at the address of the embedded issuer is reported', async () => {
    const port = await freePort();
    const other = http.createServer((_, response) => response.end('{}')).listen(port, '127.0.0.1');
    await new Promise((resolve) => other.on('listening', resolve));

    const { code, stderr } = await run(
      ['check', '--url', `${world.service.url}/api`, '--with-embedded-issuer'],
      { RESOURCE_SERVER_DEV__LISTEN: `127.0.0.1:${port}` },
    );

    other.close();
    assert.equal(code, 78, stderr);
    assert.match(stderr, /what listens on `dev\.listen` \(127\.0\.0\.1:\d+\) is not the embedded issuer of this version: it answers 200 OK to a request for a token with `test_claims`; stop it, or set another address/);
  });

  test('the embedded issuer adds scopes of the document and claims of the command line', async () => {
    const dev = `127.0.0.1:${await freePort()}`;
    const env = { RESOURCE_SERVER_DEV__LISTEN: dev };
    const file = path.join(scratch, 'sales.toml');
    fs.writeFileSync(file, '[access.operations.whoami]\nscopes = ["orders:read"]\nclaims.department = ["sales"]\n');
    const own = await startService(env, { args: ['--config', file] });
    const of = (...args) => run(['check', '--url', `${own.url}/api`, '--with-embedded-issuer', ...args], env);

    const lacking = await of();
    const complete = await of('--claim', 'department=sales');

    await own.stop();
    assert.equal(lacking.code, 3, lacking.stdout + lacking.stderr);
    assert.match(lacking.stdout, /403 for the good token: it (is valid, and )?lacks/);
    assert.doesNotMatch(lacking.stdout, /FAILED/);
    assert.equal(complete.code, 0, complete.stdout + complete.stderr);
    assert.match(complete.stdout, /ok {6}missing_scope/);
  });

  test('a good token that requires another sign-in makes the check incomplete, and not faulty', async () => {
    const dev = `127.0.0.1:${await freePort()}`;
    const own = await startService({
      RESOURCE_SERVER_DEV__LISTEN: dev,
      RESOURCE_SERVER_ACCESS__OPERATIONS__WHOAMI__ACR: 'urn:example:strong',
    });
    const of = (...args) =>
      run(['check', '--url', `${own.url}/api`, '--with-embedded-issuer', '--format', 'json', ...args], {
        RESOURCE_SERVER_DEV__LISTEN: dev,
      });

    const lacking = await of();
    const complete = await of('--claim', 'acr=urn:example:strong');

    await own.stop();
    assert.equal(lacking.code, 3, lacking.stdout + lacking.stderr);
    const result = JSON.parse(lacking.stdout);
    const good = result.not_made.find((it) => it.checks.includes('good_token'));
    assert.equal(
      good.why,
      '401 for the good token: it is valid, but the operation requires a stronger or more recent sign-in. Pass the token of a user who signed in as the challenge describes, with --token @FILE.',
    );
    assert.deepEqual(result.outcomes.flatMap((it) => it.faults), []);
    assert.equal(complete.code, 0, complete.stdout + complete.stderr);
    const made = JSON.parse(complete.stdout).outcomes.filter((it) => it.check === 'good_token');
    assert.ok(made.some((it) => it.status === 200), complete.stdout);
  });

  test('requests a single scope where the issuer grants none without', async () => {
    const dev = `127.0.0.1:${await freePort()}`;
    const own = await startService({
      RESOURCE_SERVER_DEV__LISTEN: dev,
      RESOURCE_SERVER_ACCESS__OPERATIONS__WHOAMI__SCOPES: 'profile:read',
    });
    const args = [
      '--issuer', `http://${dev}/oauth2/default`, '--client-id', 'dev-client', '--client-secret', 'dev-secret',
      '--scope', 'profile:read',
    ];

    const one = await run(['check', '--url', `${own.url}/api`, ...args]);
    const two = await run(['check', '--url', `${own.url}/api`, ...args, '--scope', 'AccessAll']);

    await own.stop();
    assert.match(one.stdout, /not made: missing_scope of GET \/api\/whoami\n +The issuer grants no token without the scope\. Add another scope/);
    assert.match(two.stderr, /with the scope `AccessAll` \(fewer rights\)\n/);
    assert.match(two.stdout, /ok {6}missing_scope +1/);
  });

  test('finds no fault in the service where scopes and origins are set', async () => {
    const own = await startService({
      ...settings(world.issuer),
      RESOURCE_SERVER_CORS__ALLOWED_ORIGINS: 'https://app.example.org',
      RESOURCE_SERVER_ACCESS__OPERATIONS__WHOAMI__SCOPES: 'profile:read',
    });

    const { code, stdout } = await check(
      `${own.url}/api`, '--origin', 'https://app.example.org', ...client, '--scope', 'profile:read',
      '--format', 'json',
    );

    await own.stop();
    const { outcomes } = JSON.parse(stdout);
    const made = new Set(outcomes.filter((it) => it.not_made === undefined).map((it) => it.check));
    assert.equal(code, 3, stdout);
    assert.ok(made.has('allowed_origin'));
    assert.ok(made.has('good_token'));
    assert.ok(made.has('missing_scope'));
  });
});
