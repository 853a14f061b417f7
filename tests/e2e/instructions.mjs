// How many instructions a request costs the program, under valgrind's callgrind: the same
// whatever else the machine does. Needs `valgrind` (Debian).
//
//   node instructions.mjs                prints them
//   node instructions.mjs --check FILE   fails when one grew by more than 3 % of what FILE says
//   node instructions.mjs --store FILE   writes FILE
//   node instructions.mjs --workers      prints those of calls on 8 connections at once, with one
//                                        worker and with two; these depend on how threads are run
//
// The issuer is a second process, not counted. Of two runs that differ in the number of calls
// alone the difference is taken, so that what happens once counts nothing.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import fs from 'node:fs';
import http2 from 'node:http2';
import net from 'node:net';
import path from 'node:path';
import { once } from 'node:events';
import { newKey, proof, startBoundIssuer } from './bound.mjs';
import {
  BIN, eventually, fetchToken, freePort, run, scratch, startIssuer, startService,
} from './harness.mjs';

const [FEW, MANY] = [500, 4500];
const MOST_GROWTH = 0.03;
const [mode, file] = process.argv.slice(2);
// The program that is measured. `BIN` is the issuer, and the same program by default.
const { MEASURED = BIN } = process.env;

const devPort = await freePort();
const dev = { RESOURCE_SERVER_DEV__LISTEN: `127.0.0.1:${devPort}` };
const issuer = await startService(dev);
const boundIssuer = await startBoundIssuer();
const provider = await startIssuer();
const token = (await run(['token', '--scope', 'profile:read'], dev)).stdout.trim();
const opaque = await fetchToken(provider, { resource: 'urn:e2e:opaque', scope: 'profile:read' });
const key = newKey();
const bound = boundIssuer.mint({ jkt: key.thumbprint });
const caller = JSON.parse(Buffer.from(token.split('.')[1], 'base64url'));

const bearer = (token) => () => ({ authorization: `Bearer ${token}` });
const withProof = () => ({
  authorization: `DPoP ${bound}`,
  dpop: proof(key, 'GET', 'http://localhost/api/whoami', bound),
});
const rules = path.join(scratch, 'rules.toml');
fs.writeFileSync(rules, `[access.operations.whoami]
scopes = ["profile:read"]
clients = ["${caller.cid}"]
claims.sub = ["${caller.sub}"]
`);

// The headers of each call, and what differs from a service with one issuer.
const rows = [
  { name: 'hello', target: '/api/hello' },
  { name: 'hello, with a token', target: '/api/hello', headers: bearer(token) },
  { name: 'whoami, token held', headers: bearer(token) },
  { name: 'whoami, token new', headers: bearer(token), env: { RESOURCE_SERVER_CACHE__ENABLED: 'false' } },
  { name: 'whoami, no token', status: 401 },
  { name: 'whoami, no JWT', headers: bearer(token.replace('.', 'x')), status: 401 },
  {
    name: 'whoami, token held, two issuers',
    headers: bearer(token),
    env: {
      RESOURCE_SERVER_ISSUERS__PARTNERS__URL: boundIssuer.url,
      RESOURCE_SERVER_ISSUERS__PARTNERS__AUDIENCES: 'api://default',
    },
  },
  {
    name: 'whoami, token held, rules of scope, claim and client',
    headers: bearer(token),
    args: ['--config', rules],
  },
  {
    name: 'whoami, token held, with a new proof',
    headers: withProof,
    env: { OKTA_OAUTH2_ISSUER: boundIssuer.url },
  },
  {
    name: 'whoami, opaque token held',
    headers: bearer(opaque),
    env: {
      OKTA_OAUTH2_ISSUER: provider.url,
      RESOURCE_SERVER_ISSUER__INTROSPECTION__MODE: 'opaque',
      RESOURCE_SERVER_ISSUER__INTROSPECTION__CLIENT_ID: 'api',
      RESOURCE_SERVER_ISSUER__INTROSPECTION__CLIENT_SECRET: 'api-secret',
      RESOURCE_SERVER_ISSUERS__DEFAULT__SUBJECT_CLAIM: 'client_id',
    },
  },
  { name: 'hello, HTTP/2', target: '/api/hello', client: overHttp2 },
  { name: 'whoami, token held, HTTP/2', headers: bearer(token), client: overHttp2 },
];

// Threads run in another order each time, so these are not compared with a file.
const AT_ONCE = 8;
const workers = ['1', '2'].map((workers) => ({
  name: `whoami, token held, ${AT_ONCE} connections at once, workers: ${workers}`,
  headers: bearer(token),
  env: { TOKIO_WORKER_THREADS: workers },
  client: overMany,
  atOnce: AT_ONCE,
}));

/** Calls over one connection, one after the other. Each answers its status. */
async function overHttp1(port) {
  const connect = () =>
    new Promise((resolve) => {
      const socket = net.connect(port, '127.0.0.1', () => resolve(socket));
      socket.on('error', () => resolve(undefined));
    });
  const socket = await connect();
  if (!socket) return undefined;
  const answers = socket.setEncoding('utf8')[Symbol.asyncIterator]();
  return {
    async call(target, headers) {
      const fields = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
      socket.write(`GET ${target} HTTP/1.1\r\nHost: localhost\r\n${fields.join('')}\r\n`);
      return Number(/^HTTP\/1.1 (\d+) /.exec((await answers.next()).value)[1]);
    },
    close: () => socket.destroy(),
  };
}

/** As `overHttp1`, with HTTP/2 from the first byte. */
async function overHttp2(port) {
  const probe = await overHttp1(port);
  if (!probe) return undefined;
  probe.close();
  const session = http2.connect(`http://127.0.0.1:${port}`);
  return {
    async call(target, headers) {
      const stream = session.request({ ':path': target, ':authority': 'localhost', ...headers });
      const [answer] = await once(stream, 'response');
      stream.resume();
      await once(stream, 'end');
      return answer[':status'];
    },
    close: () => session.destroy(),
  };
}

/** The same call over several connections at once. */
async function overMany(port) {
  const all = await Promise.all(Array.from({ length: AT_ONCE }, () => overHttp1(port)));
  if (all.includes(undefined)) return undefined;
  return {
    async call(target, headers) {
      const answers = new Set(await Promise.all(all.map((one) => one.call(target, headers))));
      return answers.size === 1 ? [...answers][0] : answers;
    },
    close: () => all.forEach((one) => one.close()),
  };
}

/** Instructions of a whole run with so many calls, one after the other. */
async function count(calls, row) {
  const { target = '/api/whoami', headers = () => ({}), status = 200, env = {}, args = [] } = row;
  const { client = overHttp1 } = row;
  const port = await freePort();
  const callgrind = ['--tool=callgrind', '--callgrind-out-file=/dev/null', MEASURED];
  const program = spawn('valgrind', [...callgrind, ...args], {
    cwd: scratch,
    env: {
      PATH: process.env.PATH,
      OKTA_OAUTH2_ISSUER: `http://127.0.0.1:${devPort}/oauth2/default`,
      RESOURCE_SERVER_HTTP__LISTEN: `127.0.0.1:${port}`,
      RESOURCE_SERVER_ADMIN__LISTEN: 'off',
      RUST_LOG: 'error',
      // As operators run it: profile `dev` also looks at the host of each request.
      RESOURCE_SERVER_PROFILE: 'production',
      TOKIO_WORKER_THREADS: '1',
      ...env,
    },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let output = '';
  program.stderr.setEncoding('utf8').on('data', (text) => (output += text));
  const connection = await eventually(() => `port ${port}\n${output}`, () => client(port));
  for (let call = 0; call < calls; call += 1) {
    assert.equal(await connection.call(target, headers()), status, `${row.name}\n${output}`);
  }
  connection.close();
  program.kill('SIGTERM');
  await once(program, 'close');
  return Number(/Collected : (\d+)/.exec(output)[1]);
}

/** Instructions of one call. */
async function perCall(row) {
  const both = await Promise.all([MANY, FEW].map((calls) => count(calls, row)));
  return Math.round((both[0] - both[1]) / (MANY - FEW) / (row.atOnce ?? 1));
}

/**
 * Each row's instructions, beside the compiler that they depend on. A start with introspection or TLS needs
 * a random number, which takes 400 million, a little more or less each time. So a row that seems to have
 * grown is the median of five.
 */
async function measure(stored) {
  const instructions = {};
  for (const row of mode === '--workers' ? workers : rows) {
    const counted = [await perCall(row)];
    if (stored && counted[0] > stored.instructions[row.name] * (1 + MOST_GROWTH)) {
      while (counted.length < 5) counted.push(await perCall(row));
      console.error(`${row.name}: counted again: ${counted.join(', ')}`);
    }
    instructions[row.name] = counted.sort((one, other) => one - other)[(counted.length - 1) / 2];
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

const stored = mode === '--check' ? JSON.parse(fs.readFileSync(file, 'utf8')) : undefined;
const found = await measure(stored);
await Promise.all([issuer, boundIssuer, provider].map((it) => it.stop()));
console.log('| request | instructions |\n| --- | --- |');
for (const [name, count] of Object.entries(found.instructions)) {
  console.log(`| ${name} | ${count.toLocaleString('en')} |`);
}
if (mode === '--store') fs.writeFileSync(file, `${JSON.stringify(found, null, 2)}\n`);
if (stored) {
  const grown = growth(found, stored);
  if (grown.length) {
    console.error(`requests cost more than ${file} says:\n${grown.join('\n')}`);
    console.error(`stored by ${stored.rustc}, now it is ${found.rustc}`);
    console.error('if that is the price of what was done: scripts/bench instructions-store');
    process.exit(1);
  }
}
