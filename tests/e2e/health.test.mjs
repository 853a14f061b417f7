// The command `health`, which containers are checked with.
import assert from 'node:assert/strict';
import http from 'node:http';
import net from 'node:net';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { BIN, eventually, freePort, run, scratch, settings, start, startIssuer, startService } from './harness.mjs';

const OFF = { RESOURCE_SERVER_ADMIN__LISTEN: 'off' };
const listening = (server) =>
  new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server.address().port)));

describe('the command health', () => {
  let issuer;
  let service;
  let at;
  before(async () => {
    issuer = await startIssuer();
    const port = await freePort();
    at = { ...OFF, RESOURCE_SERVER_HTTP__LISTEN: `127.0.0.1:${port}` };
    service = await startService(settings(issuer), { port });
  });
  after(async () => {
    await service?.stop();
    await issuer?.stop();
  });

  test('reports a ready service in one line', async () => {
    const { code, stdout, stderr } = await run(['health'], at);

    assert.equal(stdout, `${service.url}/readyz: ready\n`);
    assert.equal(stderr, '');
    assert.equal(code, 0);
  });

  test('connects to this machine for an unspecified address', async () => {
    const everywhere = at.RESOURCE_SERVER_HTTP__LISTEN.replace('127.0.0.1', '0.0.0.0');

    const { code, stderr } = await run(['health'], { ...OFF, RESOURCE_SERVER_HTTP__LISTEN: everywhere });

    assert.equal(code, 0, stderr);
  });

  test('reports that a service without keys is not ready but alive', async () => {
    const port = await freePort();
    const env = { ...OFF, RESOURCE_SERVER_HTTP__LISTEN: `127.0.0.1:${port}` };
    const nobody = `http://127.0.0.1:${await freePort()}/oauth2/default`;
    const keyless = await startService({ OKTA_OAUTH2_ISSUER: nobody }, { port, ready: 503 });

    const ready = await run(['health'], env);
    const live = await run(['health', '--live'], env);
    await keyless.stop();

    assert.equal(ready.stderr, `error: ${keyless.url}/readyz: 503, no keys to verify tokens with\n`);
    assert.equal(ready.stdout, '');
    assert.equal(ready.code, 1);
    assert.equal(live.stdout, `${keyless.url}/livez: alive\n`);
    assert.equal(live.code, 0);
  });

  test('asks the admin listener, if there is one', async () => {
    const admin = `127.0.0.1:${await freePort()}`;
    const own = { ...settings(issuer), RESOURCE_SERVER_ADMIN__LISTEN: admin };
    const two = await startService(own);

    const { code, stdout } = await run(['health'], { RESOURCE_SERVER_ADMIN__LISTEN: admin });
    await two.stop();

    assert.equal(stdout, `http://${admin}/readyz: ready\n`);
    assert.equal(code, 0);
  });

  test('asks through a Unix socket, and reports that no process answers there', async () => {
    const env = { ...OFF, RESOURCE_SERVER_HTTP__LISTEN: `unix:${path.join(scratch, 'health.sock')}` };
    const process_ = start(BIN, [], { ...settings(issuer), ...env });
    await eventually(() => process_.output.stderr, async () => (await run(['health'], env)).code === 0);

    const up = await run(['health', '--live'], env);
    await process_.stop();
    const down = await run(['health', '--live'], env);

    assert.match(up.stdout, /^unix:.*health\.sock \/livez: alive\n$/);
    assert.match(down.stderr, /^error: unix:.*health\.sock \/livez: No such file.*\n$/);
    assert.equal(down.code, 1);
  });

  test('reports that no process listens', async () => {
    const listen = `127.0.0.1:${await freePort()}`;

    const { code, stderr } = await run(['health'], { ...OFF, RESOURCE_SERVER_HTTP__LISTEN: listen });

    assert.match(stderr, /^error: http:.*\/readyz: Connection refused.*\n$/);
    assert.equal(code, 1);
  });

  test('waits a few seconds, and no longer', async () => {
    const silent = net.createServer(() => {});
    const listen = `127.0.0.1:${await listening(silent)}`;

    const { code, stderr } = await run(['health'], { ...OFF, RESOURCE_SERVER_HTTP__LISTEN: listen });
    silent.close();

    assert.equal(stderr, `error: http://${listen}/readyz: no answer in 3s\n`);
    assert.equal(code, 1);
  });

  test('prints one line of another service, without control characters', async () => {
    const answers = { '/readyz': 'fine\u001b[2J\nsecond\n', '/livez': 'x'.repeat(1_000_000) };
    const other = http.createServer((request, response) => response.end(answers[request.url]));
    const env = { ...OFF, RESOURCE_SERVER_HTTP__LISTEN: `127.0.0.1:${await listening(other)}` };

    const ready = await run(['health'], env);
    const live = await run(['health', '--live'], env);
    other.closeAllConnections();
    other.close();

    assert.match(ready.stdout, /^http:.*\/readyz: fine\[2J\n$/);
    assert.equal(live.code, 1);
    assert.match(live.stderr, /none of ours\n$/);
  });

  test('says which setting it needs where the service speaks TLS or names no port', async () => {
    const files = { RESOURCE_SERVER_HTTP__TLS__CERT: 'a.pem', RESOURCE_SERVER_HTTP__TLS__KEY: 'a.pem' };

    const tls = await run(['health'], { ...OFF, ...files });
    const portless = await run(['health'], { ...OFF, RESOURCE_SERVER_HTTP__LISTEN: '127.0.0.1:0' });

    for (const { code, stderr } of [tls, portless]) {
      assert.match(stderr, /set .*"127\.0\.0\.1:9464"/);
      assert.equal(code, 78);
    }
  });
});
