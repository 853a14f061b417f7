// A storm of tokens that name keys nobody has, while others call with good ones: what the good
// ones feel, and what the issuer does. Prints figures and asserts what does not depend on the
// machine. `node storm.mjs [SECONDS]` for each of the four phases; needs `hey` (Debian).
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { call, fetchToken, freePort, settings, startIssuer, startService, withKeyId } from './harness.mjs';

const seconds = Number(process.argv[2] ?? 20);
const exec = promisify(execFile);

/** Runs `hey` at a fixed rate, or at full speed, and yields its percentiles and statuses. */
async function load(url, token, { callers, rate }) {
  const args = ['-z', `${seconds}s`, '-c', callers, '-H', `Authorization: Bearer ${token}`];
  if (rate) args.push('-q', rate / callers);
  const { stdout } = await exec('hey', [...args.map(String), url]);
  const number = (pattern) => Number(pattern.exec(stdout)?.[1] ?? NaN);
  const statuses = [...stdout.matchAll(/\[(\d{3})\]\s+(\d+) responses/g)];
  return {
    p50: number(/50%+ in ([\d.]+) secs/) * 1000,
    p99: number(/99%+ in ([\d.]+) secs/) * 1000,
    statuses: Object.fromEntries(statuses.map(([, status, count]) => [status, Number(count)])),
  };
}

const issuer = await startIssuer();
const admin = `127.0.0.1:${await freePort()}`;
const service = await startService({
  ...settings(issuer),
  RESOURCE_SERVER_ADMIN__LISTEN: admin,
  RUST_LOG: 'warn',
});
const metric = async (name) =>
  Number(new RegExp(`^${name} (\\S+)$`, 'm').exec((await call(`http://${admin}/metrics`)).text)[1]);
const url = `${service.url}/api/whoami`;
const good = await fetchToken(issuer);
const junk = withKeyId(good, 'nobody');

const phases = [
  ['no storm', false, () => {}],
  ['storm, issuer up', true, () => {}],
  ['storm, issuer silent', true, () => issuer.signal('SIGSTOP')],
  ['storm, issuer down', true, () => issuer.signal('SIGKILL')],
];
console.log(`| phase (${seconds} s, 200 good calls/s) | p50 ms | p99 ms | refused | fetches a minute |`);
console.log('| --- | --- | --- | --- | --- |');
for (const [name, storm, prepare] of phases) {
  prepare();
  const before = await metric('jwks_fetches_total{issuer="default"}');
  const [calls, refused] = await Promise.all([
    load(url, good, { callers: 4, rate: 200 }),
    storm ? load(url, junk, { callers: 4, rate: 2000 }) : { statuses: {} },
  ]);
  const perMinute = (((await metric('jwks_fetches_total{issuer="default"}')) - before) * 60) / seconds;
  const hostile = refused.statuses[401] ?? 0;
  console.log(
    `| ${name} | ${calls.p50.toFixed(2)} | ${calls.p99.toFixed(2)} | ${hostile} | ${perMinute} |`,
  );
  assert.deepEqual(Object.keys(calls.statuses), ['200'], `${name}: ${JSON.stringify(calls.statuses)}`);
  assert.ok(
    Object.keys(refused.statuses).every((status) => status === '401'),
    `${name}: ${JSON.stringify(refused.statuses)}`,
  );
  // A phase shorter than a minute may hold the whole minute's share.
  assert.ok(perMinute * Math.min(seconds / 60, 1) <= 4, `${name}: ${perMinute} fetches a minute`);
}
await service.stop();
process.exit(0);
