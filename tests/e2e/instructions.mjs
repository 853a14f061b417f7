// How many instructions a request costs the program, under valgrind's callgrind: the same
// whatever else the machine does. Needs `valgrind` (Debian).
//
//   node instructions.mjs                prints them
//   node instructions.mjs --check FILE   fails when one grew by more than 3 % of what FILE says
//   node instructions.mjs --store FILE   writes FILE
//
// The issuer is a second process, not counted. Of two runs that differ in the number of calls
// alone the difference is taken, so that what happens once counts nothing.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import { once } from 'node:events';
import { BIN, eventually, freePort, run, scratch, startService } from './harness.mjs';

const [FEW, MANY] = [500, 4500];
const MOST_GROWTH = 0.03;
const [mode, file] = process.argv.slice(2);
// The program that is measured. `BIN` is the issuer, and the same program by default.
const { MEASURED = BIN } = process.env;

const devPort = await freePort();
const dev = { RESOURCE_SERVER_DEV__LISTEN: `127.0.0.1:${devPort}` };
const issuer = await startService(dev);
const token = (await run(['token', '--scope', 'profile:read'], dev)).stdout.trim();
const bearer = (token) => `Authorization: Bearer ${token}\r\n`;

const rows = [
  ['hello', '/api/hello', '', 200],
  ['hello, with a token', '/api/hello', bearer(token), 200],
  ['whoami, token held', '/api/whoami', bearer(token), 200],
  [
    'whoami, token new',
    '/api/whoami',
    bearer(token),
    200,
    { RESOURCE_SERVER_CACHE__ENABLED: 'false' },
  ],
  ['whoami, no token', '/api/whoami', '', 401],
  ['whoami, no JWT', '/api/whoami', bearer(token.replace('.', 'x')), 401],
];

/** Instructions of a whole run with so many calls, one after the other. */
async function count(calls, target, fields, status, settings = {}) {
  const port = await freePort();
  const args = ['--tool=callgrind', '--callgrind-out-file=/dev/null', MEASURED];
  const env = {
    PATH: process.env.PATH,
    OKTA_OAUTH2_ISSUER: `http://127.0.0.1:${devPort}/oauth2/default`,
    RESOURCE_SERVER_HTTP__LISTEN: `127.0.0.1:${port}`,
    RESOURCE_SERVER_ADMIN__LISTEN: 'off',
    RUST_LOG: 'error',
    // As operators run it: profile `dev` also looks at the host of each request.
    RESOURCE_SERVER_PROFILE: 'production',
    TOKIO_WORKER_THREADS: '1',
    ...settings,
  };
  const program = spawn('valgrind', args, {
    cwd: scratch,
    env,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let output = '';
  program.stderr.setEncoding('utf8').on('data', (text) => (output += text));
  const connect = () =>
    new Promise((resolve) => {
      const socket = net.connect(port, '127.0.0.1', () => resolve(socket));
      socket.on('error', () => resolve(undefined));
    });
  const socket = await eventually(() => `port ${port}\n${output}`, connect);
  const answers = socket.setEncoding('utf8')[Symbol.asyncIterator]();
  for (let call = 0; call < calls; call += 1) {
    socket.write(`GET ${target} HTTP/1.1\r\nHost: localhost\r\n${fields}\r\n`);
    const { value } = await answers.next();
    assert.match(value, new RegExp(`^HTTP/1.1 ${status} `));
  }
  socket.destroy();
  program.kill('SIGTERM');
  await once(program, 'close');
  return Number(/Collected : (\d+)/.exec(output)[1]);
}

/** Each row's instructions, beside the compiler that they depend on. */
async function measure() {
  const instructions = {};
  for (const [name, ...request] of rows) {
    const both = await Promise.all([MANY, FEW].map((calls) => count(calls, ...request)));
    instructions[name] = Math.round((both[0] - both[1]) / (MANY - FEW));
  }
  return { rustc: execFileSync('rustc', ['--version'], { encoding: 'utf8' }).trim(), instructions };
}

/** What grew too much, in words. */
function growth(found, stored) {
  return Object.entries(found.instructions).flatMap(([name, now]) => {
    const before = stored.instructions[name];
    if (now <= before * (1 + MOST_GROWTH)) return [];
    const grown = before
      ? `${((now / before - 1) * 100).toFixed(1)} %, from ${before}`
      : 'not stored';
    return [`${name}: ${now} instructions (${grown})`];
  });
}

const found = await measure();
await issuer.stop();
console.log('| request | instructions |\n| --- | --- |');
for (const [name, count] of Object.entries(found.instructions)) {
  console.log(`| ${name} | ${count.toLocaleString('en')} |`);
}
if (mode === '--store') fs.writeFileSync(file, `${JSON.stringify(found, null, 2)}\n`);
if (mode === '--check') {
  const stored = JSON.parse(fs.readFileSync(file, 'utf8'));
  const grown = growth(found, stored);
  if (grown.length) {
    console.error(`requests cost more than ${file} says:\n${grown.join('\n')}`);
    console.error(`stored by ${stored.rustc}, now it is ${found.rustc}`);
    console.error('if that is the price of what was done: scripts/bench instructions-store');
    process.exit(1);
  }
}
