// `check`: is an API secure, whoever wrote it?
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import {
  fetchToken, freePort, run, scratch, settings, start, startIssuer, startService,
} from './harness.mjs';

const client = ['--client-id', 'svc', '--client-secret', 'svc-secret'];

/** Express below `http://127.0.0.1:PORT/api`. */
async function startExpress(issuer, env = {}) {
  const port = await freePort();
  const script = path.join(import.meta.dirname, 'express.mjs');
  const process_ = start(process.execPath, [script], {
    PORT: port, ISSUER: issuer.url, AUDIENCE: 'api://default', NODE_ENV: 'production', ...env,
  });
  const url = `http://127.0.0.1:${port}`;
  await process_.ready(`${url}/openapi.json`);
  return { ...process_, url };
}

describe('check', () => {
  let issuer;
  let service;
  before(async () => {
    issuer = await startIssuer();
    // Profile `dev` would answer to no other host than this machine's own.
    service = await startService({ ...settings(issuer), RESOURCE_SERVER_PROFILE: 'production' });
  });
  after(async () => {
    await service?.stop();
    await issuer?.stop();
  });

  const check = (url, ...args) => run(['check', '--url', url, ...args], settings(issuer));

  test('finds nothing wrong with the service', async () => {
    const { code, stdout, stderr } = await check(`${service.url}/api`, ...client, '--scope', 'profile:read');

    assert.equal(code, 0, stdout + stderr);
    assert.match(stdout, /\n0 faults, 0 warnings in \d+ requests\.\n$/);
    assert.match(stdout, /^ {2}ok {6}public_key_as_secret {2}5$/m);
    assert.match(stderr, /at most \d+ requests to 127\.0\.0\.1\ntokens and keys of /);
    for (const line of stdout.split('\n')) assert.ok(line.length <= 80, line);
  });

  test('finds nothing wrong with the service where scopes and origins are set', async () => {
    const own = await startService({
      ...settings(issuer),
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
    assert.equal(code, 0, stdout);
    assert.ok(made.has('allowed_origin'));
    assert.ok(made.has('good_token'));
    assert.ok(made.has('missing_scope'));
  });

  test('asks for no scope that only the document names', async () => {
    const file = path.join(scratch, 'greedy.yaml');
    fs.writeFileSync(file, [
      'openapi: 3.0.3',
      'paths: { /whoami: { get: { security: [{ o: [profile:read] }], responses: {} } } }',
      'components: { securitySchemes: { o: { type: oauth2, flows: {} } } }', '',
    ].join('\n'));
    const asked = (...args) => check(`${service.url}/api`, '--spec', file, ...client, ...args);

    const without = await asked();
    const consented = await asked('--document-scopes');
    const named = await asked('--scope', 'profile:read');

    assert.match(without.stderr, /^asks http:\S+ for a token with no scope, for its default\n/);
    assert.doesNotMatch(without.stderr, /profile:read/);
    assert.match(without.stdout, /no token has the scope `profile:read`; --scope asks/);
    assert.match(
      consented.stderr,
      /^asks http:\S+ for a token with the scope `profile:read` \(what the document requires\)\n/,
    );
    assert.match(named.stderr, /^asks http:\S+ for a token with the scope `profile:read` \(--scope\)\n/);
    for (const { stdout } of [consented, named]) assert.match(stdout, /ok {6}good_token/);
  });

  test('sends no token by plain http to another machine, unless that is allowed', async () => {
    // No loopback address, though it leads to this machine.
    const url = `${service.url.replace('127.0.0.1', '0.0.0.0')}/api`;
    const args = [url, '--operation', 'GET /whoami', ...client];

    const refused = await check(...args);
    const allowed = await check(...args, '--plain-http');

    assert.equal(refused.code, 2);
    assert.match(refused.stderr, /`--url` sends tokens .* plain http, .*"http:\/\/0\.0\.0\.0:\d+\/api"; .*--plain-http/);
    assert.doesNotMatch(refused.stderr, /asks/);
    assert.equal(refused.stdout, '');
    assert.equal(allowed.code, 0, allowed.stdout + allowed.stderr);
    assert.match(allowed.stdout, /^ {2}warned {2}plain_http .*\n +http:\/\/0\.0\.0\.0:\d+\/api\/\n +fix: /m);
    assert.match(allowed.stdout, /0 faults, 1 warning in/);
  });

  test('ends with 3 and says so where nothing was judged', async () => {
    const file = path.join(scratch, 'empty.json');
    fs.writeFileSync(file, '{"openapi": "3.0.3", "paths": {}}');
    const of = (format) => check(`${service.url}/api`, '--spec', file, ...client, '--format', format);

    const [text, json, junit] = [await of('text'), await of('json'), await of('junit')];

    for (const { code } of [text, json, junit]) assert.equal(code, 3);
    assert.match(text.stdout, /\n0 faults, 0 warnings in 0 requests\.\nNothing was judged: /);
    assert.equal(JSON.parse(json.stdout).verdict, 'nothing_judged');
    assert.match(junit.stdout, /<testsuite name="the whole check" .*errors="1"/);
  });

  test('finds nothing wrong with a right API of another framework', async () => {
    const express = await startExpress(issuer, { HARDENED: '1' });

    const { code, stdout, stderr } = await check(`${express.url}/api`, ...client);

    await express.stop();
    assert.equal(code, 0, stdout + stderr);
    assert.match(stdout, /\n0 faults/);
  });

  test('finds what that framework leaves open by itself', async () => {
    const express = await startExpress(issuer);

    const { code, stdout, stderr } = await check(`${express.url}/api`, ...client, '--format', 'json');

    await express.stop();
    const faults = JSON.parse(stdout).outcomes.flatMap((it) => it.faults);
    const found = new Set(faults.filter((it) => it.severity === 'fault').map((it) => it.check));
    assert.equal(code, 1, stderr);
    assert.deepEqual([...found].sort(), ['token_in_query', 'two_headers']);
  });

  test('writes a report that CI servers read', async () => {
    const file = path.join(scratch, 'whoami.yaml');
    fs.writeFileSync(file, 'openapi: 3.1.0\npaths:\n  /whoami:\n    get:\n      security: []\n');

    const { code, stdout } = await check(`${service.url}/api`, '--spec', file, ...client, '--format', 'junit');

    assert.equal(code, 1);
    assert.match(stdout, /^<\?xml version="1.0" encoding="UTF-8"\?>\n<testsuites name="poem-resource-server check" tests="\d+"/);
    assert.match(stdout, /<failure message="open_operation: 401, though the document asks for nothing">/);
  });

  test('takes a token, and shows none', async () => {
    const token = await fetchToken(issuer, { scope: 'profile:read' });
    const file = path.join(scratch, 'token');
    fs.writeFileSync(file, `${token}\n`);

    const { code, stdout, stderr } = await check(
      `${service.url}/api`, '--token', `@${file}`, '--operation', 'GET /whoami', '--anonymous', 'GET /hello',
    );

    assert.equal(code, 0, stdout + stderr);
    for (const segment of token.split('.')) assert.ok(!(stdout + stderr).includes(segment));
  });

  test('says what it could not check without a token, and why', async () => {
    const { code, stdout } = await check(`${service.url}/api`);

    assert.equal(code, 0, stdout);
    assert.match(stdout, /good_token +not made\n +no token: no client is set/);
  });

  const failures = [
    ['nobody listens', async () => [`http://127.0.0.1:${await freePort()}/api`], 69, /cannot connect/],
    ['there is no document', async () => [`${issuer.url}/nowhere`], 69, /no OpenAPI document was found .*--spec/],
    ['the URL is none', async () => ['whoami'], 2, /`--url` must be an http or https URL, found "whoami"/],
    ['an operation is none', async () => [service.url, '--operation', 'whoami'], 2, /`whoami` is no operation/],
  ];
  for (const [name, args, expected, message] of failures) {
    test(`${name}: it says so`, async () => {
      const { code, stderr } = await check(...(await args()));

      assert.equal(code, expected, stderr);
      assert.match(stderr, message);
    });
  }
});
