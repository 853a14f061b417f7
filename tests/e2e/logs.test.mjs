// Log lines: one for each request with what an operator needs, and nothing that opens anything.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { bearer, call, eventually, fetchToken, freePort, scratch, settings, startIssuer, startService, tampered } from './harness.mjs';

describe('log lines', () => {
  let issuer;
  before(async () => (issuer = await startIssuer()));
  after(() => issuer?.stop());

  test('are one JSON object for each request', async (t) => {
    const service = await startService({ ...settings(issuer), RESOURCE_SERVER_LOG__FORMAT: 'json' });
    t.after(() => service.stop());
    const { headers } = await service.whoami(tampered(await fetchToken(issuer)));

    const id = headers['x-request-id'];
    const find = () => service.output.stderr.split('\n').find((line) => line.includes(id));
    const line = JSON.parse(await eventually(() => `a line for ${id}`, find));

    assert.equal(line.target, 'access');
    assert.equal(line.level, 'INFO');
    assert.equal(line.method, 'GET');
    assert.equal(line.route, '/api/whoami');
    assert.equal(line.status, 401);
    assert.equal(line.reason, 'bad_signature');
    assert.equal(typeof line.latency_us, 'number');
  });

  test('as JSON are all that is written, the addresses at the start too', async () => {
    for (const [format, expected] of [['json', 1], ['text', 0]]) {
      const service = await startService({
        RESOURCE_SERVER_DEV__LISTEN: `127.0.0.1:${await freePort()}`,
        RESOURCE_SERVER_LOG__FORMAT: format,
      });
      await service.hello();
      assert.equal(await service.stop(), 0);

      const { stdout, stderr } = service.output;
      if (format === 'json') {
        assert.equal(stdout, '');
        const lines = stderr.trim().split('\n').map((line) => JSON.parse(line));
        const started = lines.filter((line) => line.message === 'service started');
        assert.deepEqual(started.map((line) => [line.url, line.embedded_issuer]), [[service.url, true]]);
      } else {
        assert.match(stdout, /profile dev/);
      }
      assert.equal(stderr.split('service started').length - 1, expected);
    }
  });

  test('of the audit log are silenced by nothing that does not name it', async () => {
    const saltFile = path.join(scratch, 'salt');
    fs.writeFileSync(saltFile, '0123456789abcdef0123456789abcdef');
    const audit = { RESOURCE_SERVER_LOG__FORMAT: 'json', RESOURCE_SERVER_AUDIT__SALT_FILE: saltFile };
    for (const [filter, expected] of [['error', ['audit']], ['off', ['audit']], ['', ['audit']], ['error,audit=off', []]]) {
      const service = await startService({ ...settings(issuer), ...audit, RUST_LOG: filter });
      await service.whoami(await fetchToken(issuer));
      assert.equal(await service.stop(), 0);

      const lines = service.output.stderr.trim().split('\n').filter(Boolean);
      assert.deepEqual(lines.map((line) => JSON.parse(line).target), expected, filter);
    }
  });

  test('hold no token, header value, query or secret at any level', async (t) => {
    const service = await startService({
      ...settings(issuer),
      RUST_LOG: 'trace',
      RESOURCE_SERVER_CLIENT__SECRET: 'canary-secret',
    });
    t.after(() => service.stop());
    const token = await fetchToken(issuer);
    const bad = tampered(token);
    const statuses = [
      await service.whoami(token),
      await service.whoami(bad),
      await service.hello({ authorization: 'Basic canary-basic', cookie: 'a=canary-cookie' }),
      await call(`${service.url}/api/hello?access_token=canary-query`),
      await call(`${service.url}/canary-path`, { headers: bearer(token) }),
      await call(`${service.url}/api/hello`, { method: 'CANARYMETHOD' }).catch(() => ({ status: 400 })),
    ].map(({ status }) => status);
    assert.deepEqual(statuses.slice(0, 5), [200, 401, 200, 200, 404]);

    assert.equal(await service.stop(), 0);
    const output = service.output.stderr + service.output.stdout;
    assert.match(output, /TRACE/, 'nothing was traced');
    const canaries = [token, bad, token.split('.')[2], bad.split('.')[2], token.split('.')[1]];
    for (const canary of [...canaries, 'canary-', 'CANARYMETHOD']) {
      const at = output.indexOf(canary);
      assert.equal(at, -1, output.slice(Math.max(0, at - 200), at + 60));
    }
  });
});
