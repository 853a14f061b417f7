// The shop as a process, with its embedded issuer. It is stopped by the handle it was started with.
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const WAIT_MS = 20_000;
const PACKAGE = path.resolve(import.meta.dirname, '../..');
const TARGET = path.resolve(PACKAGE, process.env.CARGO_TARGET_DIR ?? 'target');
const BIN = process.env.BIN ?? path.join(TARGET, 'debug/shop');

async function freePort() {
  const server = net.createServer().listen(0, '127.0.0.1');
  await new Promise((resolve, reject) => server.on('listening', resolve).on('error', reject));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Starts a shop with a database of its own and waits until it is ready. */
export async function startShop() {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'shop-e2e-'));
  const url = `http://127.0.0.1:${await freePort()}`;
  const env = {
    PATH: process.env.PATH,
    RESOURCE_SERVER_HTTP__LISTEN: new URL(url).host,
    RESOURCE_SERVER_DEV__LISTEN: `127.0.0.1:${await freePort()}`,
    RESOURCE_SERVER_ADMIN__LISTEN: 'off',
  };
  let output = '';
  const start = (args) => {
    const child = spawn(BIN, args, { cwd: directory, env, stdio: ['ignore', 'pipe', 'pipe'] });
    child.stderr.on('data', (data) => (output += data));
    return child;
  };
  const exit = (child) =>
    new Promise((resolve, reject) => child.on('close', resolve).on('error', reject));

  const shop = start([]);
  shop.stdout.resume();
  const ended = exit(shop);
  process.on('exit', () => shop.kill('SIGKILL'));
  const deadline = performance.now() + WAIT_MS;
  const isReady = () => fetch(`${url}/readyz`).then((it) => it.ok, () => false);
  while (!(await isReady())) {
    if (performance.now() > deadline) throw new Error(`the shop is not ready\n${output}`);
    await sleep(50);
  }

  return {
    url,
    directory,
    issuer: `http://${env.RESOURCE_SERVER_DEV__LISTEN}/oauth2/default`,

    /** Runs a command of the shop to its end and yields what it printed. */
    async run(...args) {
      const child = start(args);
      let text = '';
      child.stdout.on('data', (data) => (text += data));
      const code = await exit(child);
      if (code !== 0) throw new Error(`${args[0]}: exit code ${code}\n${output}`);
      return text.trim();
    },

    /** Yields the exit code. */
    async stop() {
      shop.kill('SIGTERM');
      const code = await ended;
      fs.rmSync(directory, { recursive: true, force: true });
      return code;
    },
  };
}
