// A storm of opaque tokens that nobody issued, each another one, beside calls with a good opaque
// token: what the good calls feel, how often the issuer is asked, and what it takes in memory.
// Prints figures and asserts what does not depend on the machine.
// `node opaque-storm.mjs [SECONDS]` for each of the two phases.
import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import fs from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { Worker, isMainThread, parentPort, workerData } from 'node:worker_threads';
import { call, fetchToken, freePort, settings, startIssuer, startService } from './harness.mjs';

const JUNK_PER_SECOND = 10_000;
const GOOD_PER_SECOND = 200;
// `introspection.max_calls` by default, and how many calls an idle service may make at once.
const [CALLS_PER_SECOND, BURST] = [5, 16];
const TICK_MS = 10;

/** Sends tokens at a fixed rate, in a thread of its own, and counts the statuses. */
async function junk({ port, seconds }) {
  const statuses = {};
  const connect = () => new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1', () => resolve(socket));
    let rest = '';
    socket.setEncoding('latin1').on('data', (text) => {
      const lines = (rest + text).split('\r\n');
      rest = lines.pop();
      for (const line of lines) {
        const status = /^HTTP\/1\.1 (\d{3})/.exec(line)?.[1] ?? /\}HTTP\/1\.1 (\d{3})/.exec(line)?.[1];
        if (status) statuses[status] = (statuses[status] ?? 0) + 1;
      }
    });
  });
  const sockets = await Promise.all(Array.from({ length: 8 }, connect));
  const request = () =>
    `GET /api/whoami HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${crypto.randomBytes(32).toString('base64url')}\r\n\r\n`;
  const started = performance.now();
  let sent = 0;
  while (performance.now() < started + seconds * 1000) {
    const due = Math.floor(((performance.now() - started) / 1000) * JUNK_PER_SECOND);
    for (; sent < due; sent += 1) sockets[sent % sockets.length].write(request());
    await wait(TICK_MS);
  }
  const answered = () => Object.values(statuses).reduce((sum, count) => sum + count, 0);
  for (let patience = 0; patience < 1000 && answered() < sent; patience += 1) await wait(TICK_MS);
  sockets.forEach((socket) => socket.destroy());
  return { sent, statuses };
}

/** Calls with a token at a fixed rate; the times in milliseconds, in order. */
async function good(url, token, seconds) {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 4 });
  const times = [];
  const one = () => new Promise((resolve, reject) => {
    const begun = performance.now();
    http.get(url, { agent, headers: { authorization: `Bearer ${token}` } }, (response) => {
      assert.equal(response.statusCode, 200);
      response.resume().on('end', () => resolve(times.push(performance.now() - begun)));
    }).on('error', reject);
  });
  const started = performance.now();
  const calls = [];
  while (performance.now() < started + seconds * 1000) {
    calls.push(one());
    await wait(1000 / GOOD_PER_SECOND);
  }
  await Promise.all(calls);
  return times.sort((one, other) => one - other);
}

async function main() {
  const seconds = Number(process.argv[2] ?? 20);
  const issuer = await startIssuer();
  const admin = `127.0.0.1:${await freePort()}`;
  const service = await startService({
    ...settings(issuer),
    RESOURCE_SERVER_ISSUER__INTROSPECTION__MODE: 'opaque',
    RESOURCE_SERVER_ISSUER__INTROSPECTION__CLIENT_ID: 'api',
    RESOURCE_SERVER_ISSUER__INTROSPECTION__CLIENT_SECRET: 'api-secret',
    RESOURCE_SERVER_ISSUERS__DEFAULT__SUBJECT_CLAIM: 'client_id',
    RESOURCE_SERVER_ADMIN__LISTEN: admin,
    RUST_LOG: 'error',
  });
  const asked = async () => {
    const { text } = await call(`http://${admin}/metrics`);
    const counts = [...text.matchAll(/^introspection_calls_total\{.*\} (\d+)$/gm)];
    return counts.reduce((sum, [, count]) => sum + Number(count), 0);
  };
  const resident = () =>
    Number(/VmRSS:\s+(\d+) kB/.exec(fs.readFileSync(`/proc/${service.pid}/status`, 'utf8'))[1]) / 1024;
  const url = `${service.url}/api/whoami`;
  const token = await fetchToken(issuer, { resource: 'urn:e2e:opaque', scope: 'profile:read' });
  assert.equal((await service.whoami(token)).status, 200);

  console.log(`| phase (${seconds} s, ${GOOD_PER_SECOND} good calls/s) | p50 ms | p99 ms | junk tokens/s | calls to the issuer | MiB |`);
  console.log('| --- | --- | --- | --- | --- | --- |');
  for (const storm of [false, true]) {
    const before = await asked();
    const worker = storm && new Worker(new URL(import.meta.url), {
      workerData: { port: new URL(url).port, seconds },
    });
    const stormed = storm && new Promise((resolve) => worker.once('message', resolve));
    const times = await good(url, token, seconds);
    const { sent, statuses } = (await stormed) || { sent: 0, statuses: {} };
    const calls = (await asked()) - before;
    const at = (share) => times[Math.floor(times.length * share)].toFixed(2);
    const rate = Math.round(sent / seconds);
    console.log(`| ${storm ? 'storm' : 'no storm'} | ${at(0.5)} | ${at(0.99)} | ${rate} | ${calls} | ${resident().toFixed(0)} |`);
    // The storm ends a little after the good calls.
    assert.ok(calls <= BURST + (seconds + 1) * CALLS_PER_SECOND, `${calls} calls to the issuer`);
    assert.ok(Object.keys(statuses).every((status) => ['401', '503'].includes(status)), JSON.stringify(statuses));
    if (storm) console.log(`\n${JSON.stringify(statuses)} of ${sent} junk tokens`);
  }
  await service.stop();
  process.exit(0);
}

if (isMainThread) await main();
else parentPort.postMessage(await junk(workerData));
