// A service on a terminal ends with it; SIGHUP by hand is a reload there too.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { describe, test } from 'node:test';
import { BIN, call, eventually, freePort, start } from './harness.mjs';

const python = spawnSync('python3', ['--version']).status === 0;

/** Starts the service with its embedded issuer in the foreground of a terminal. */
async function onTerminal() {
  const [port, issuer] = [await freePort(), await freePort()];
  const terminal = start('python3', [path.join(import.meta.dirname, 'terminal.py'), BIN], {
    RESOURCE_SERVER_HTTP__LISTEN: `127.0.0.1:${port}`,
    RESOURCE_SERVER_DEV__LISTEN: `127.0.0.1:${issuer}`,
    RESOURCE_SERVER_ADMIN__LISTEN: 'off',
  });
  const url = `http://127.0.0.1:${port}`;
  await terminal.ready(`${url}/readyz`);
  const pid = Number(/^pid (\d+)/.exec(terminal.output.stdout)[1]);
  return { ...terminal, url, pid };
}

describe('a service in the foreground of a terminal', { skip: !python && 'Python is not installed' }, () => {
  test('ends when the terminal is closed, and frees its port', async () => {
    const service = await onTerminal();

    service.signal('SIGUSR1');

    assert.equal(await service.exit(), 0);
    await assert.rejects(call(`${service.url}/livez`));
  });

  test('reloads by SIGHUP while the terminal is open', async () => {
    const service = await onTerminal();

    process.kill(service.pid, 'SIGHUP');

    await eventually(
      () => service.output.stdout,
      () => service.output.stdout.includes('settings and keys reloaded'),
    );
    assert.equal((await call(`${service.url}/livez`)).status, 200);
    process.kill(service.pid, 'SIGTERM');
    assert.equal(await service.exit(), 0);
  });
});
