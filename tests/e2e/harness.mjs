// Processes, ports and requests for the end-to-end tests. Everything stays on loopback, every
// wait has a limit, and a process is stopped by the handle it was started with.
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const WAIT_MS = 20_000;
const ROOT = path.resolve(import.meta.dirname, '../..');
/** The program. */
export const BIN =
  process.env.BIN ??
  path.resolve(ROOT, process.env.CARGO_TARGET_DIR ?? 'target', 'debug/poem-resource-server');

/** A directory of the test's own, gone when the test process ends. */
export const scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'poem-resource-server-e2e-'));

const running = new Set();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
  fs.rmSync(scratch, { recursive: true, force: true });
});
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(1));

const handedOut = new Set();

/** A port nobody listens on, never the same one twice. */
export async function freePort() {
  for (;;) {
    const server = net.createServer().listen(0, '127.0.0.1');
    await new Promise((resolve, reject) => server.on('listening', resolve).on('error', reject));
    const { port } = server.address();
    await new Promise((resolve) => server.close(resolve));
    if (!handedOut.has(port)) {
      handedOut.add(port);
      return port;
    }
  }
}

/** Tries until `probe` yields something truthy, and returns that. `what` describes what was awaited. */
export async function eventually(what, probe) {
  const deadline = performance.now() + WAIT_MS;
  for (;;) {
    const found = await probe();
    if (found) return found;
    if (performance.now() > deadline) throw new Error(`gave up waiting: ${what()}`);
    await sleep(50);
  }
}

/**
 * One request, one connection. `headers` may hold an array to send a header more than once.
 * A connection that fails rejects; every status resolves.
 */
export function call(url, { method = 'GET', headers = {}, body } = {}) {
  return new Promise((resolve, reject) => {
    const request = http.request(url, { method, headers, agent: false, timeout: WAIT_MS });
    request.on('timeout', () => request.destroy(new Error(`no answer from ${url}`)));
    request.on('error', reject);
    request.on('response', async (response) => {
      try {
        let text = '';
        for await (const chunk of response.setEncoding('utf8')) text += chunk;
        const { statusCode: status, headers } = response;
        resolve({ status, headers, text, json: () => JSON.parse(text) });
      } catch (error) {
        reject(error);
      }
    });
    request.end(body);
  });
}

/**
 * Starts a process that sees none of our environment but PATH, in a directory without
 * configuration files.
 */
export function start(command, args, env) {
  const cwd = fs.mkdtempSync(path.join(scratch, 'run-'));
  const child = spawn(command, args, {
    cwd,
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.add(child);
  // One that a failed test forgot must not keep the run from ending; it is killed at the end.
  for (const handle of [child, child.stdout, child.stderr]) handle.unref();
  const output = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text) => (output.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text) => (output.stderr += text));
  // A program that cannot be started reports no exit code, only an error.
  child.on('error', (error) => (output.stderr += error.message));
  const exited = new Promise((resolve) =>
    child.on('close', (code, signal) => {
      running.delete(child);
      resolve(code ?? signal);
    }),
  );

  const exit = () =>
    new Promise((resolve, reject) => {
      const late = () => reject(new Error(`still running: ${command}\n${output.stderr}`));
      const limit = setTimeout(late, WAIT_MS);
      exited.then((code) => {
        clearTimeout(limit);
        resolve(code);
      });
    });
  return {
    pid: child.pid,
    output,
    exit,
    signal: (name) => child.kill(name),
    /** Asks it to stop and yields its exit code. */
    stop(signal = 'SIGTERM') {
      child.kill(signal);
      return exit();
    },
    /** Waits until `url` answers with one of `statuses`. */
    ready: (url, statuses = [200]) =>
      eventually(() => `${url} (${command})\n${output.stderr}`, async () => {
        if (!running.has(child)) throw new Error(`ended: ${command}\n${output.stderr}`);
        return call(url).then(
          ({ status }) => statuses.includes(status),
          () => false,
        );
      }),
  };
}

/** Starts `oidc-provider`. Keep `port` and `keysFile` across restarts to stay the same issuer. */
export async function startIssuer({ alg = 'RS256', port, keysFile, redirectUri, withoutAlg, dpop, apiKey, encryption } = {}) {
  port ??= await freePort();
  keysFile ??= path.join(scratch, `keys-${port}.json`);
  const env = { PORT: port, ALG: alg, KEYS_FILE: keysFile, NODE_ENV: 'production' };
  if (redirectUri) env.REDIRECT_URI = redirectUri;
  if (dpop) env.DPOP = dpop;
  if (withoutAlg) env.WITHOUT_ALG = 1;
  if (apiKey) env.API_KEY = JSON.stringify(apiKey);
  if (encryption) env.ENCRYPTION = JSON.stringify(encryption);
  const script = path.join(import.meta.dirname, 'issuer.mjs');
  const process_ = start(process.execPath, ['--no-warnings', script], env);
  const url = `http://127.0.0.1:${port}/oauth2/default`;
  await process_.ready(`${url}/.well-known/openid-configuration`);
  return { ...process_, url, port, keysFile };
}

/** An access token by the client-credentials grant, without the program's help. */
export async function fetchToken(issuer, { client = 'svc', ...form } = {}) {
  const metadata = (await call(`${issuer.url}/.well-known/openid-configuration`)).json();
  const response = await call(metadata.token_endpoint, {
    method: 'POST',
    headers: {
      authorization: `Basic ${btoa(`${client}:${client}-secret`)}`,
      'content-type': 'application/x-www-form-urlencoded',
    },
    body: new URLSearchParams({ grant_type: 'client_credentials', ...form }).toString(),
  });
  if (response.status !== 200) throw new Error(`no token: ${response.status} ${response.text}`);
  return response.json().access_token;
}

/**
 * Starts the service and waits until it answers; `ready: 503` does not wait for its keys. `health` is
 * the listener that is asked, if callers need TLS.
 */
export async function startService(env = {}, { ready = 200, args = [], port, health } = {}) {
  port ??= await freePort();
  const process_ = start(BIN, args, {
    RESOURCE_SERVER_HTTP__LISTEN: `127.0.0.1:${port}`,
    RESOURCE_SERVER_ADMIN__LISTEN: 'off',
    ...env,
  });
  const url = `http://127.0.0.1:${port}`;
  await process_.ready(`${health ?? url}/readyz`, [ready]);
  return {
    ...process_,
    url,
    hello: (headers) => call(`${url}/api/hello`, { headers }),
    whoami: (token) => call(`${url}/api/whoami`, { headers: token ? bearer(token) : {} }),
  };
}

/** Runs the program to its end. */
export async function run(args, env = {}) {
  const process_ = start(BIN, args, env);
  const code = await process_.exit();
  return { code, ...process_.output };
}

/** The environment that makes a service trust `issuer`. */
export const settings = (issuer) => ({
  OKTA_OAUTH2_ISSUER: issuer.url,
  OKTA_API_AUDIENCE: 'api://default',
});

export const bearer = (token) => ({ authorization: `Bearer ${token}` });

/** The same token with another signature: well-formed, and wrong in its first byte. */
export function tampered(token) {
  const [header, payload, signature] = token.split('.');
  const bytes = Buffer.from(signature, 'base64url');
  bytes[0] ^= 1;
  return [header, payload, bytes.toString('base64url')].join('.');
}

/** The same token naming a key nobody has. */
export function withKeyId(token, kid) {
  const [header, ...rest] = token.split('.');
  const changed = { ...JSON.parse(Buffer.from(header, 'base64url')), kid };
  return [Buffer.from(JSON.stringify(changed)).toString('base64url'), ...rest].join('.');
}
