// The document against the service, by Schemathesis: whatever is sent, the answers are those
// that the document describes. VENV is where it is installed.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import path from 'node:path';
import { describe, test } from 'node:test';
import { promisify } from 'node:util';
import {
  BIN, bearer, call, eventually, fetchToken, freePort, scratch, settings, start, startIssuer, startService,
} from './harness.mjs';

const VENV = process.env.VENV;
const here = path.join(import.meta.dirname, 'schemathesis');

/** Examines `document` of the service, and yields what it printed and whether it found a fault. */
async function examine(document, headers, more = []) {
  const args = ['--config-file', path.join(here, 'schemathesis.toml'), 'run', document];
  for (const [name, value] of Object.entries(headers)) args.push('--header', `${name}: ${value}`);
  args.push('--checks', 'all', '--max-examples', '50', '--seed', '1', '--no-color', ...more);
  const { PATH, HOME } = process.env;
  const options = { cwd: scratch, env: { PATH, HOME, COLUMNS: '100' } };
  return promisify(execFile)(path.join(VENV, 'bin/schemathesis'), args, options).then(
    ({ stdout }) => ({ stdout, isClean: true }),
    ({ stdout, stderr }) => ({ stdout: stdout + stderr, isClean: false }),
  );
}

describe('Schemathesis', { skip: VENV ? false : 'VENV names no Python' }, () => {
  const worlds = [
    ['with nothing set', {}],
    ['in mode `all`', { RESOURCE_SERVER_ACCESS__MODE: 'all', RESOURCE_SERVER_ACCESS__ANONYMOUS: '' }],
    ['with a scope by setting', { RESOURCE_SERVER_ACCESS__OPERATIONS__WHOAMI__SCOPES: 'admin' }],
    [
      'with alternatives, clients and issuers by setting',
      {
        RESOURCE_SERVER_ACCESS__OPERATIONS__WHOAMI__ANY_OF_SCOPES: 'admin,profile:read',
        RESOURCE_SERVER_ACCESS__OPERATIONS__WHOAMI__CLIENTS: 'svc,other',
        RESOURCE_SERVER_ACCESS__OPERATIONS__WHOAMI__ISSUERS: 'default',
      },
    ],
    [
      'with a strong and recent sign-in by setting',
      {
        RESOURCE_SERVER_ACCESS__ALL__ACR: 'urn:example:strong',
        RESOURCE_SERVER_ACCESS__ALL__MAX_AGE: '5m',
        RESOURCE_SERVER_ACCESS__MODE: 'all',
      },
    ],
    ['with limits', { RESOURCE_SERVER_RATE__CALLS: '3/1h', RESOURCE_SERVER_RATE__REFUSALS: '3/1h' }],
  ];
  for (const [name, env] of worlds) {
    test(`finds no fault ${name}, with a token and without`, async () => {
      const issuer = await startIssuer();
      const service = await startService({ ...settings(issuer), ...env });
      const document = `${service.url}/openapi.json`;
      const token = await fetchToken(issuer, { scope: 'profile:read' });

      for (const headers of [{ Authorization: `Bearer ${token}` }, {}]) {
        const { stdout, isClean } = await examine(document, headers);

        assert.ok(isClean, stdout);
        assert.match(stdout, /2 selected/);
      }
      await service.stop();
      await issuer.stop();
    });
  }

  test('finds no fault in an API with owners and checks in code, with a token and without', async () => {
    const issuer = await startIssuer();
    const address = `127.0.0.1:${await freePort()}`;
    // The claim `client_id` names the tenant.
    const api = start(path.join(path.dirname(BIN), 'examples/owners'), [issuer.url, address, 'client_id'], {});
    const get = (target, headers) => call(`http://${address}${target}`, { headers });
    await eventually(() => api.output.stderr, () => get('/openapi.json').catch(() => undefined));
    const token = await fetchToken(issuer, { scope: 'profile:read' });

    // Both sides of each rule, because generated values rarely name the tenant.
    for (const [target, status, reason] of [
      ['/api/tenants/svc/orders', 200],
      ['/api/tenants/other/orders', 403, 'not_owner'],
      ['/api/search?tenant=svc', 200],
      ['/api/search?tenant=other', 403, 'not_owner'],
      ['/api/shop', 200],
      ['/api/vault', 403, 'vault_is_closed'],
    ]) {
      const answer = await get(target, bearer(token));

      assert.equal(answer.status, status, target + answer.text);
      if (reason) assert.equal(answer.json().reason, reason);
    }
    // Poem itself answers other methods, without the header `Allow`.
    const more = ['--exclude-checks', 'unsupported_method'];
    for (const headers of [{ Authorization: `Bearer ${token}` }, {}]) {
      const { stdout, isClean } = await examine(`http://${address}/openapi.json`, headers, more);

      assert.ok(isClean, stdout);
      assert.match(stdout, /4 selected/);
    }
    await api.stop();
    await issuer.stop();
  });

  test('finds that a document of mode `all` is not true of a service in another', async () => {
    const issuer = await startIssuer();
    const [, [, all]] = worlds;
    const [strict, open] = [
      await startService({ ...settings(issuer), ...all }),
      await startService(settings(issuer)),
    ];
    const token = await fetchToken(issuer, { scope: 'profile:read' });
    const headers = { Authorization: `Bearer ${token}` };

    const { stdout, isClean } = await examine(`${strict.url}/openapi.json`, headers, ['--url', open.url]);

    assert.ok(!isClean, stdout);
    assert.match(stdout, /API accepts requests without authentication: 1/);
    for (const process_ of [strict, open, issuer]) await process_.stop();
  });
});
