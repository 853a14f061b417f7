// What a protected call costs beside an open one: `wrk` (Debian) on one core against the program
// on another, in slices that take turns, so that all rows meet the same machine.
// `node load.mjs [ROUNDS]`.
import { execFile } from 'node:child_process';
import os from 'node:os';
import { promisify } from 'node:util';
import { BIN, bearer, fetchToken, freePort, settings, start, startIssuer } from './harness.mjs';

const rounds = Number(process.argv[2] ?? 8);
const exec = promisify(execFile);
const isPinned = os.cpus().length > 1;
const pinned = (core, ...command) => (isPinned ? ['taskset', '-c', core, ...command] : command);

const issuer = await startIssuer();
const token = await fetchToken(issuer, { scope: 'profile:read' });
const port = await freePort();
const [command, ...args] = pinned('0', BIN);
const program = start(command, args, {
  ...settings(issuer),
  RESOURCE_SERVER_HTTP__LISTEN: `127.0.0.1:${port}`,
  RESOURCE_SERVER_ADMIN__LISTEN: 'off',
  RUST_LOG: 'warn',
  TOKIO_WORKER_THREADS: '1',
});
const url = `http://127.0.0.1:${port}`;
await program.ready(`${url}/readyz`);

const rows = {
  'hello, with a token': ['/api/hello', bearer(token)],
  'hello, without': ['/api/hello', {}],
  'whoami, token held': ['/api/whoami', bearer(token)],
  'whoami, no token': ['/api/whoami', {}],
  'whoami, no JWT': ['/api/whoami', bearer(token.replace('.', 'x'))],
};
const rates = Object.fromEntries(Object.keys(rows).map((name) => [name, []]));
for (let round = 0; round < rounds; round += 1) {
  for (const [name, [target, headers]] of Object.entries(rows)) {
    const fields = Object.entries(headers).flatMap(([key, value]) => ['-H', `${key}: ${value}`]);
    const [wrk, ...rest] = pinned('1', 'wrk', '-t1', '-c32', '-d2s', ...fields, url + target);
    const { stdout } = await exec(wrk, rest);
    rates[name].push(Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)[1]));
  }
}
const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
const open = median(rates['hello, with a token']);
console.log(`| request, median of ${rounds} slices | requests/s | of hello |\n| --- | --- | --- |`);
for (const [name, values] of Object.entries(rates)) {
  const rate = median(values);
  console.log(`| ${name} | ${Math.round(rate).toLocaleString('en')} | ${(rate / open).toFixed(2)} |`);
}
await program.stop();
await issuer.stop();
