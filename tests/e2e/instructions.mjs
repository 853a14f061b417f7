// How many instructions a request costs the program, under valgrind's callgrind: the same
// whatever else the machine does. `node instructions.mjs`; needs `valgrind` (Debian).
//
// The issuer is a second process, not counted. Of two runs that differ in the number of calls
// alone the difference is taken, so that what happens once counts nothing.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import net from 'node:net';
import path from 'node:path';
import { once } from 'node:events';
import { BIN, eventually, freePort, run, scratch, startService } from './harness.mjs';

const [FEW, MANY] = [500, 4500];

const devPort = await freePort();
const dev = { RESOURCE_SERVER_DEV__LISTEN: `127.0.0.1:${devPort}` };
const issuer = await startService(dev);
const token = (await run(['token', '--scope', 'profile:read'], dev)).stdout.trim();
const bearer = (token) => `Authorization: Bearer ${token}\r\n`;

const rows = [
  ['hello', '/api/hello', '', 200],
  ['hello, with a token', '/api/hello', bearer(token), 200],
  ['whoami, token held', '/api/whoami', bearer(token), 200],
  ['whoami, no token', '/api/whoami', '', 401],
  ['whoami, no JWT', '/api/whoami', bearer(token.replace('.', 'x')), 401],
];

/** Instructions of a whole run with so many calls, one after the other. */
async function count(calls, target, fields, status) {
  const port = await freePort();
  const args = ['--tool=callgrind', `--callgrind-out-file=${path.join(scratch, 'callgrind')}`, BIN];
  const env = {
    PATH: process.env.PATH,
    OKTA_OAUTH2_ISSUER: `http://127.0.0.1:${devPort}/oauth2/default`,
    RESOURCE_SERVER_HTTP__LISTEN: `127.0.0.1:${port}`,
    RESOURCE_SERVER_ADMIN__LISTEN: 'off',
    RUST_LOG: 'error',
    TOKIO_WORKER_THREADS: '1',
  };
  const program = spawn('valgrind', args, { cwd: scratch, env, stdio: ['ignore', 'ignore', 'pipe'] });
  let told = '';
  program.stderr.setEncoding('utf8').on('data', (text) => (told += text));
  const connect = () =>
    new Promise((resolve) => {
      const socket = net.connect(port, '127.0.0.1', () => resolve(socket));
      socket.on('error', () => resolve(undefined));
    });
  const socket = await eventually(() => `port ${port}\n${told}`, connect);
  const answers = socket.setEncoding('utf8')[Symbol.asyncIterator]();
  for (let call = 0; call < calls; call += 1) {
    socket.write(`GET ${target} HTTP/1.1\r\nHost: x\r\n${fields}\r\n`);
    const { value } = await answers.next();
    assert.match(value, new RegExp(`^HTTP/1.1 ${status} `));
  }
  socket.destroy();
  program.kill('SIGTERM');
  await once(program, 'close');
  return Number(/Collected : (\d+)/.exec(told)[1]);
}

console.log('| request | instructions |\n| --- | --- |');
for (const [name, ...request] of rows) {
  const cost = ((await count(MANY, ...request)) - (await count(FEW, ...request))) / (MANY - FEW);
  console.log(`| ${name} | ${Math.round(cost).toLocaleString('en')} |`);
}
await issuer.stop();
