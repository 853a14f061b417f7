// `check`: its arguments, its formats, and an API of another framework.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { describe, test } from 'node:test';
import { checkWorld, client } from './check-world.mjs';
import { assertExample } from './example.mjs';
import { call, fetchToken, freePort, scratch, start, startService } from './harness.mjs';

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

describe('check, its arguments and formats', () => {
  const world = checkWorld();
  const { check } = world;

  test('requests no scope that only the document names', async () => {
    const file = path.join(scratch, 'greedy.yaml');
    fs.writeFileSync(file, [
      'openapi: 3.0.3',
      'paths: { /whoami: { get: { security: [{ o: [profile:read] }], responses: {} } } }',
      'components: { securitySchemes: { o: { type: oauth2, flows: {} } } }', '',
    ].join('\n'));
    const asked = (...args) => check(`${world.service.url}/api`, '--spec', file, ...client, ...args);

    const without = await asked();
    const consented = await asked('--document-scopes');
    const named = await asked('--scope', 'profile:read');

    assert.match(without.stderr, /^requests a token of http:\S+ with no scope, for its default\n/);
    assert.doesNotMatch(without.stderr, /profile:read/);
    assert.match(without.stdout, /No token has the scope `profile:read`\. Request it with --scope/);
    assert.match(
      consented.stderr,
      /^requests a token of http:\S+ with the scope `profile:read` \(the document requires it\)\n/,
    );
    assert.match(named.stderr, /^requests a token of http:\S+ with the scope `profile:read` \(--scope\)\n/);
    for (const { stdout } of [consented, named]) assert.match(stdout, /ok {6}good_token/);
  });

  test('sends no token by plain http to another machine, unless that is allowed', async () => {
    // No loopback address, though it leads to this machine.
    const url = `${world.service.url.replace('127.0.0.1', '0.0.0.0')}/api`;
    const args = [url, '--operation', 'GET /whoami', ...client];

    const refused = await check(...args);
    const allowed = await check(...args, '--plain-http');

    assert.equal(refused.code, 2);
    assert.match(refused.stderr, /`--url` sends tokens .* plain http, .*"http:\/\/0\.0\.0\.0:\d+\/api"; .*--plain-http/);
    assert.doesNotMatch(refused.stderr, /requests a token/);
    assert.equal(refused.stdout, '');
    // A listener for links in tokens is on loopback alone, so the examination is incomplete.
    assert.equal(allowed.code, 3, allowed.stdout + allowed.stderr);
    assert.match(allowed.stdout, /The API runs on another machine/);
    assert.match(allowed.stdout, /^ {2}warned {2}plain_http .*\n +http:\/\/0\.0\.0\.0:\d+\/api\/\n +fix: /m);
    assert.match(allowed.stdout, /0 faults, 1 warning in/);
  });

  test('ends with 3 and says so first where nothing was judged', async () => {
    const file = path.join(scratch, 'empty.json');
    fs.writeFileSync(file, '{"openapi": "3.0.3", "paths": {}}');
    const of = (format) => check(`${world.service.url}/api`, '--spec', file, ...client, '--format', format);

    const [text, json, junit] = [await of('text'), await of('json'), await of('junit')];

    for (const { code } of [text, json, junit]) assert.equal(code, 3);
    assert.match(text.stdout, /^INCOMPLETE: this does not show that the API is secure\. 1 of 1 check was not/);
    assert.match(text.stdout, /No protected operation can be called/);
    assert.equal(JSON.parse(json.stdout).verdict, 'incomplete');
    assert.match(junit.stdout, /<testsuite name="the whole check" .*errors="1"/);
  });

  test('a wrong base path gives one sentence', async () => {
    const spec = path.join(scratch, 'served.json');
    fs.writeFileSync(spec, (await call(`${world.service.url}/openapi.json`)).text);

    const { code, stdout } = await check(`${world.service.url}/nowhere`, '--spec', spec, ...client);

    assert.equal(code, 3, stdout);
    assert.match(stdout.replace(/\s+/g, ' '), /The API answers 404 to all of its first 2 operations, so nothing was checked: first to GET http:\S+\/nowhere\S+\. Give --url as the URL that the document's paths are below\./);
    assert.match(stdout, /0 faults/);
    assert.ok(stdout.split('\n').length < 12, stdout);
  });

  test('finds no fault in a correct API of another framework', async () => {
    const express = await startExpress(world.issuer, { HARDENED: '1' });

    const { code, stdout, stderr } = await check(`${express.url}/api`, ...client);

    await express.stop();
    assert.equal(code, 3, stdout + stderr);
    assert.match(stdout, /\nINCOMPLETE: 0 faults/);
  });

  test('finds what that framework leaves open by itself', async () => {
    const express = await startExpress(world.issuer);

    const { code, stdout, stderr } = await check(`${express.url}/api`, ...client, '--format', 'json');
    const text = await check(`${express.url}/api`, ...client);

    await express.stop();
    assertExample('faulty', text.stdout);
    const faults = JSON.parse(stdout).outcomes.flatMap((it) => it.faults);
    const found = new Set(faults.filter((it) => it.severity === 'fault').map((it) => it.check));
    assert.equal(code, 1, stderr);
    assert.deepEqual([...found].sort(), ['token_in_query', 'two_headers']);
  });

  test('writes a report that CI servers read', async () => {
    const file = path.join(scratch, 'whoami.yaml');
    fs.writeFileSync(file, 'openapi: 3.1.0\npaths:\n  /whoami:\n    get:\n      security: []\n');

    const { code, stdout } = await check(`${world.service.url}/api`, '--spec', file, ...client, '--format', 'junit');

    assert.equal(code, 1);
    assert.match(stdout, /^<\?xml version="1.0" encoding="UTF-8"\?>\n<testsuites name="poem-resource-server check" tests="\d+"/);
    assert.match(stdout, /<failure message="open_operation: 401, although the document requires no credentials">/);
  });

  test('reads a token, and shows none', async () => {
    const token = await fetchToken(world.issuer, { scope: 'profile:read' });
    const file = path.join(scratch, 'token');
    fs.writeFileSync(file, `${token}\n`);

    const { code, stdout, stderr } = await check(
      `${world.service.url}/api`, '--token', `@${file}`, '--operation', 'GET /whoami', '--anonymous', 'GET /hello',
    );

    assert.equal(code, 3, stdout + stderr);
    assert.match(stdout, /ok {6}good_token/);
    for (const segment of token.split('.')) assert.ok(!(stdout + stderr).includes(segment));
  });

  test('is incomplete without a token, whatever the reason', async () => {
    const stale = await fetchToken(world.issuer, { client: 'stale' });
    const dev = `127.0.0.1:${await freePort()}`;
    const embedded = await startService({ RESOURCE_SERVER_DEV__LISTEN: dev });
    const scope = [
      '--issuer', `http://${dev}/oauth2/default`, '--client-id', 'dev-client', '--client-secret', 'dev-secret',
      '--scope', 'orders:read',
    ];
    const wrong = ['--client-id', 'svc', '--client-secret', 'expired-secret'];
    const nobody = `http://127.0.0.1:${await freePort()}/oauth2/default`;
    for (const [name, args, expected, message] of [
      ['no client', [], 3, /There is no good token, because no client is set\. Add a token with --token @FILE/],
      ['a wrong secret', wrong, 3, /There is no good token: .*invalid_client.* Correct that, or add a token/],
      ['a wrong scope', scope, 3, /There is no good token: .*invalid_scope.* Correct that, or add a token/],
      ['an expired token', ['--token', stale], 3, /The given token expired \d+ min ago\. Get a new one/],
      ['an issuer out of reach', ['--issuer', nobody, ...client], 69, /There is no good token: .* cannot be used: .*cannot connect/],
    ]) {
      const { code, stdout, stderr } = await check(`${world.service.url}/api`, ...args);

      assert.equal(code, expected, name + stdout + stderr);
      assert.match(stdout, /^INCOMPLETE: this does not show that the API is secure\./, name);
      assert.match(stdout.replace(/\s+/g, ' '), message, name);
    }
    await embedded.stop();
  });

  test('leaves an operation out on request, and names it', async () => {
    const { stdout } = await check(`${world.service.url}/api`, ...client, '--skip', 'GET /api/hello');

    assert.match(stdout, /Left out with --skip, and not part of the verdict: GET \/api\/hello\./);
    assert.doesNotMatch(stdout, /hello, open/);
  });

  const failures = [
    ['nobody listens', async () => [`http://127.0.0.1:${await freePort()}/api`], 69, /cannot connect/],
    ['there is no document', async () => [`${world.issuer.url}/nowhere`], 69, /no OpenAPI document was found .*--spec/],
    ['the URL is none', async () => ['whoami'], 2, /`--url` must be an http or https URL, found "whoami"/],
    ['a parameter is unknown', async () => [`${world.service.url}/api`, '--param', 'tenant=acme'], 2, /`--param` names `tenant`, which the document does not have; it has none/],
    ['a parameter has no value', async () => [`${world.service.url}/api`, '--param', 'tenant'], 2, /`--param` must be a name and a value, found "tenant"; write it as in `--param tenant=acme`/],
    ['an operation to skip is unknown', async () => [`${world.service.url}/api`, '--skip', 'GET /x'], 2, /`--skip` names `GET \/x`, .* it has GET \/api\/hello, GET \/api\/whoami/],
    ['an operation is none', async () => [world.service.url, '--operation', 'whoami'], 2, /`whoami` is not an operation/],
  ];
  for (const [name, args, expected, message] of failures) {
    test(`${name}: it says so`, async () => {
      const { code, stderr } = await check(...(await args()));

      assert.equal(code, expected, stderr);
      assert.match(stderr, message);
    });
  }
});
