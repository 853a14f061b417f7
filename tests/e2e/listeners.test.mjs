// Where the program listens, and how it leaves.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import http from 'node:http';
import http2 from 'node:http2';
import net from 'node:net';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { BIN, fetchToken, call, eventually, freePort, run, scratch, settings, start, startIssuer, startService } from './harness.mjs';

describe('the listeners', () => {
  let issuer;
  before(async () => {
    issuer = await startIssuer();
  });
  after(() => issuer?.stop());
  const quiet = () => ({ ...settings(issuer), RESOURCE_SERVER_ADMIN__LISTEN: 'off' });

  /** The status of one call by a Unix socket; 0 when nobody answers there. */
  const callSocket = (socketPath, target) =>
    new Promise((resolve) => {
      const request = http.get({ socketPath, path: target, agent: false }, (response) => {
        response.resume().on('end', () => resolve(response.statusCode));
      });
      request.on('error', () => resolve(0));
    });

  test('a Unix socket is served, taken over from the dead, and removed at the end', async () => {
    const socket = path.join(scratch, 'http.sock');
    const env = { ...quiet(), RESOURCE_SERVER_HTTP__LISTEN: `unix:${socket}` };
    const serve = async () => {
      const process_ = start(BIN, [], env);
      await eventually(() => process_.output.stderr, async () => (await callSocket(socket, '/readyz')) === 200);
      return process_;
    };

    const first = await serve();
    assert.equal(await callSocket(socket, '/api/hello'), 200);
    assert.equal(await callSocket(socket, '/api/whoami'), 401);
    await first.stop('SIGKILL');
    assert.ok(fs.existsSync(socket), 'a killed process leaves its socket behind');

    const second = await serve();
    assert.equal(await second.stop(), 0);
    assert.ok(!fs.existsSync(socket));
  });

  test('operators may have a Unix socket, which only this user can write to and so revoke by', async () => {
    const socketPath = path.join(scratch, 'admin.sock');
    const service = await startService({ ...quiet(), RESOURCE_SERVER_ADMIN__LISTEN: `unix:${socketPath}` });
    const denial = JSON.stringify({ sub: 'svc', exp: Math.floor(Date.now() / 1000) + 60 });
    const token = await fetchToken(issuer, { scope: 'profile:read' });
    assert.equal((await service.whoami(token)).status, 200);

    const status = await new Promise((resolve, reject) => {
      const options = { socketPath, path: '/denylist', method: 'POST', agent: false };
      http.request(options, (response) => resolve(response.statusCode)).on('error', reject).end(denial);
    });

    assert.equal(status, 204);
    assert.equal((await service.whoami(token)).status, 401);
    assert.equal(await callSocket(socketPath, '/metrics'), 200);
    assert.equal(fs.statSync(socketPath).mode & 0o777, 0o600);
    await service.stop();
    assert.ok(!fs.existsSync(socketPath));
  });

  const skip = process.getuid() !== 0 && 'only root can start processes of other users';
  test('a process of another user is refused by the socket of operators, whatever its mode', { skip }, async (t) => {
    fs.chmodSync(scratch, 0o711);
    const socketPath = path.join(scratch, 'open.sock');
    const service = await startService({ ...quiet(), RESOURCE_SERVER_ADMIN__LISTEN: `unix:${socketPath}` });
    t.after(() => service.stop());
    fs.chmodSync(socketPath, 0o666);
    const script = `require('http')
      .get(${JSON.stringify({ socketPath, path: '/metrics' })}, (response) => console.log(response.statusCode))
      .on('error', (error) => console.log(error.code))`;
    const callAs = (uid) =>
      spawnSync(process.execPath, ['-e', script], { uid, cwd: '/', env: {}, encoding: 'utf8' }).stdout.trim();

    assert.match(callAs(65_534), /^(ECONNRESET|EPIPE)$/);
    await eventually(
      () => service.output.stderr,
      () => service.output.stderr.includes('connection of another user refused'),
    );
    assert.equal(callAs(0), '200');
  });

  test('a socket that somebody serves is not taken from him', async () => {
    const socket = path.join(scratch, 'taken.sock');
    const server = http.createServer().listen(socket);

    const { code, stderr } = await run([], { ...quiet(), RESOURCE_SERVER_HTTP__LISTEN: `unix:${socket}` });
    server.close();

    assert.equal(code, 78, stderr);
    assert.match(stderr, /http\.listen.*taken\.sock/s);
  });

  test('two processes share a port only if both are configured to', async () => {
    const port = await freePort();
    const shared = { ...quiet(), RESOURCE_SERVER_HTTP__REUSE_PORT: 'true' };
    const first = await startService(shared, { port });

    const second = await startService(shared, { port });
    const { code, stderr } = await run([], {
      ...quiet(),
      RESOURCE_SERVER_HTTP__LISTEN: `127.0.0.1:${port}`,
    });

    assert.equal(code, 78, stderr);
    assert.match(stderr, /cannot listen/);
    await first.stop();
    assert.equal((await second.hello()).status, 200);
    await second.stop();
  });

  test('every listener that cannot be opened is reported at once', async () => {
    const ports = [await freePort(), await freePort(), await freePort()];
    const taken = ports.map((port) => net.createServer().listen(port, '127.0.0.1'));
    await Promise.all(taken.map((server) => new Promise((resolve) => server.on('listening', resolve))));
    const [http, admin, dev] = ports;

    const { code, stderr } = await run([], {
      RESOURCE_SERVER_HTTP__LISTEN: `127.0.0.1:${http}`,
      RESOURCE_SERVER_ADMIN__LISTEN: `127.0.0.1:${admin}`,
      RESOURCE_SERVER_DEV__LISTEN: `127.0.0.1:${dev}`,
    });
    taken.forEach((server) => server.close());

    assert.equal(code, 78, stderr);
    const error = (key, port) => `error: \`${key}\`: cannot listen on 127.0.0.1:${port}. `
      + 'Stop the process that listens there, or set another address\n  because Address already in use (os error 98)\n';
    assert.equal(stderr, error('http.listen', http) + error('admin.listen', admin) + error('dev.listen', dev));
  });

  test('while it drains it serves, says that it is not ready, and keeps no connection', async () => {
    const service = await startService({ ...quiet(), RESOURCE_SERVER_HTTP__DRAIN_DELAY: '2s' });
    const agent = new http.Agent({ keepAlive: true });
    const kept = () =>
      new Promise((resolve, reject) => {
        const request = http.get(`${service.url}/api/hello`, { agent }, (response) => {
          response.resume().on('end', () => resolve(response));
        });
        request.on('error', reject);
      });
    assert.notEqual((await kept()).headers.connection, 'close');

    service.signal('SIGTERM');
    const ready = () => call(`${service.url}/readyz`);
    await eventually(() => 'still ready', async () => (await ready()).status === 503);
    const answer = await kept();

    assert.equal((await ready()).text, 'stopping\n');
    assert.equal(answer.statusCode, 200);
    assert.equal(answer.headers.connection, 'close');
    assert.equal(await service.exit(), 0);
    agent.destroy();
  });

  test('a client of HTTP/2 may send 32 calls with long tokens at once, and a long body', async () => {
    const service = await startService(quiet());
    const session = http2.connect(service.url);
    const answer = (stream) =>
      new Promise((resolve, reject) => {
        stream.on('error', reject).on('response', (it) => resolve(it[':status'])).resume();
      });
    const authorization = `Bearer ${'a'.repeat(6_000)}`;

    const calls = Array.from({ length: 32 }, () =>
      answer(session.request({ ':path': '/api/whoami', authorization })));
    assert.deepEqual(new Set(await Promise.all(calls)), new Set([401]));
    const upload = session.request({ ':path': '/api/hello', ':method': 'POST' });
    upload.end(Buffer.alloc(60_000));
    assert.equal(await answer(upload), 405);

    session.close();
    await service.stop();
  });

  test('a certificate that cannot be read is reported with its setting, and ends the start', async () => {
    const env = {
      ...quiet(),
      RESOURCE_SERVER_HTTP__LISTEN: `127.0.0.1:${await freePort()}`,
      RESOURCE_SERVER_HTTP__TLS__CERT: '/nowhere/cert.pem',
      RESOURCE_SERVER_HTTP__TLS__KEY: '/nowhere/key.pem',
    };

    const { code, stderr } = await run([], env);

    assert.equal(code, 78, stderr);
    assert.match(stderr, /`http\.tls\.cert`.*\/nowhere\/cert\.pem/s);
  });
});
