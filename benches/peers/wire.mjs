// HTTP/2, TLS and idle streams, beside hyper, nginx and axum: `scripts/bench wire`.
//
//   node wire.mjs [--quick] [http2] [tls] [streams]      by default all three
//
// As in run.mjs, a server answers on one core and the load comes from the other, and what is
// compared takes turns. The results of each part go to wire.json, beside those of earlier runs.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import https from 'node:https';
import net from 'node:net';
import path from 'node:path';
import { newCertificate } from '../../tests/e2e/bound.mjs';
import { BIN, bearer, eventually, freePort, scratch } from '../../tests/e2e/harness.mjs';
import { startIssuer } from './issuer.mjs';
import {
  LOAD, SERVER, about, cpuMicros, has, output, pinned, rounded, rounds, summary,
} from './machine.mjs';
import { answers, ours, serve } from './systems.mjs';
import { openStreams } from './streams.mjs';

const isQuick = process.argv.includes('--quick');
const [ROUNDS, SECONDS] = isQuick ? [2, 1] : [6, 2];
const [STREAMS, IDLE_SECONDS] = isQuick ? [1_000, 20] : [10_000, 60];
const HANDSHAKES = isQuick ? 200 : 1_000;
const { PEERS: peers, FOLDER: folder } = process.env;
const here = (name) => path.join(import.meta.dirname, name);
const nginx = '/usr/sbin/nginx';

const issuer = await startIssuer(peers, folder);
const headers = bearer(issuer.token);
const { cert: certificate, key } = newCertificate('wire');
// The load opens 100 streams before it knows the limit of a server.
const streamsAtOnce = { RESOURCE_SERVER_HTTP__MAX_STREAMS: '100' };
const plain = await ours(BIN, issuer, streamsAtOnce);
const answersFile = await answers(plain, headers);

/** Waits until a server accepts connections, for one that speaks no plain HTTP/1.1. */
const listens = (port) => (what) =>
  eventually(
    what,
    () =>
      new Promise((resolve) => {
        const socket = net.connect(port, '127.0.0.1', () => resolve(true));
        socket.on('error', () => resolve(false)).on('connect', () => socket.destroy());
      }),
  );

/** Waits until a server with TLS answers a call with the token. */
const answersTls = (port) => (what) =>
  eventually(
    what,
    () =>
      new Promise((resolve) => {
        const url = `https://127.0.0.1:${port}/api/whoami`;
        https
          .get(url, { headers, rejectUnauthorized: false, agent: false }, (response) => {
            response.resume().on('end', () => resolve(response.statusCode === 200));
          })
          .on('error', () => resolve(false));
      }),
  );

/** One slice of load by `h2load`: 100 streams at a time on one connection. */
async function http2Load({ url, pids, headers = {}, connections = 1 }, seconds) {
  const fields = Object.entries(headers).flatMap(([name, value]) => ['-H', `${name}: ${value}`]);
  const [command, ...args] = pinned(
    ...[LOAD, 'h2load', '-t1', `-c${connections}`, '-m100', `-D${seconds}`, ...fields, url],
  );
  const before = cpuMicros(pids);
  const report = await output(command, args);
  const spent = cpuMicros(pids) - before;
  const number = (pattern) => Number(pattern.exec(report)?.[1] ?? 0);
  const answered = number(/status codes: (\d+) 2xx/);
  const others = number(/2xx, (\d+) 3xx/) + number(/(\d+) 4xx/) + number(/(\d+) 5xx/);
  if (!answered || others) throw new Error(`${url} did not answer 200 throughout:\n${report}`);
  return { rate: answered / seconds, cpu: spent / answered };
}

/** So many connections one after the other, each with one call of hello. */
function handshakes(isResumed) {
  return async ({ url, pids }) => {
    const way = isResumed ? 'resume' : 'full';
    const script = [here('handshakes.mjs'), url, String(HANDSHAKES), way];
    const [command, ...args] = pinned(LOAD, process.execPath, ...script);
    const before = cpuMicros(pids);
    const { seconds, resumed } = JSON.parse(await output(command, args));
    const cpu = (cpuMicros(pids) - before) / HANDSHAKES;
    assert.equal(resumed, isResumed ? HANDSHAKES : 0, `${url}: resumed sessions`);
    return { rate: HANDSHAKES / seconds, cpu };
  };
}

const hello = (server, more) => ({ ...server, url: `${server.url}/api/hello`, ...more });
const whoami = (server, more) => ({ ...server, url: `${server.url}/api/whoami`, headers, ...more });

/** Ours and another, by request. The ratio says how many calls of ours the CPU time of one of the other pays for. */
async function compare(cells) {
  const slices = await rounds(cells, ROUNDS, SECONDS);
  const requests = new Set(Object.keys(cells).map((name) => name.split('|')[0]));
  return [...requests].map((request) => ({
    request,
    ours: summary(slices[`${request}|ours`], slices[`${request}|other`]),
    other: summary(slices[`${request}|other`]),
  }));
}

async function measureHttp2() {
  console.error('== HTTP/2');
  const port = await freePort();
  const bare = await serve(port, [peers, 'hyper-http2', port], { ANSWERS: answersFile }, { at: listens(port) });
  const load = http2Load;
  const found = await compare({
    'hello|ours': hello(plain, { load }),
    'hello|other': hello(bare, { load }),
    'whoami, token held|ours': whoami(plain, { load }),
    'whoami, token held|other': whoami(bare, { load }),
  });
  await bare.stop();
  return found;
}

async function measureTls() {
  if (!fs.existsSync(nginx)) return { skipped: 'nginx is not installed' };
  console.error('== TLS');
  const tls = {
    ...streamsAtOnce,
    RESOURCE_SERVER_HTTP__TLS__CERT: certificate,
    RESOURCE_SERVER_HTTP__TLS__KEY: key,
  };
  const port = await freePort();
  const secure = await ours(BIN, issuer, tls, { port, at: answersTls(port) });
  const other = await startNginx();
  secure.url = secure.url.replace('http:', 'https:');
  const load = http2Load;
  const found = await compare({
    'hello, HTTP/1.1|ours': hello(secure),
    'hello, HTTP/1.1|other': hello(other),
    'whoami, token held, HTTP/1.1|ours': whoami(secure),
    'whoami, token held, HTTP/1.1|other': whoami(other),
    'hello, HTTP/2|ours': hello(secure, { load }),
    'hello, HTTP/2|other': hello(other, { load }),
    'whoami, token held, HTTP/2|ours': whoami(secure, { load }),
    'whoami, token held, HTTP/2|other': whoami(other, { load }),
    'full handshake and hello|ours': hello(secure, { load: handshakes(false) }),
    'full handshake and hello|other': hello(other, { load: handshakes(false) }),
    'resumed session and hello|ours': hello(secure, { load: handshakes(true) }),
    'resumed session and hello|other': hello(other, { load: handshakes(true) }),
  });
  await Promise.all([secure.stop(), other.stop()]);
  return { version: /nginx\/([\d.]+)/.exec(execFileSync('sh', ['-c', `${nginx} -v 2>&1`]))[1], rows: found };
}

async function startNginx() {
  const port = await freePort();
  const known = JSON.parse(fs.readFileSync(answersFile, 'utf8'));
  const location = ([target, { headers, body }]) => {
    const { 'content-type': type, ...fields } = headers;
    const lines = Object.entries(fields).map(([name, value]) => `add_header ${name} ${JSON.stringify(value)};`);
    const text = body.replaceAll(/[\\']/g, '\\$&');
    return `location = ${target} { default_type ${JSON.stringify(type)}; ${lines.join(' ')} return 200 '${text}'; }`;
  };
  const values = {
    ...{ PORT: port, FOLDER: scratch, CERTIFICATE: certificate, KEY: key },
    LOCATIONS: Object.entries(known).map(location).join('\n    '),
  };
  const file = path.join(scratch, 'nginx.conf');
  const text = fs.readFileSync(here('servers/nginx.conf'), 'utf8');
  fs.writeFileSync(file, text.replace(/\$\{(\w+)\}/g, (_, name) => values[name]));
  const server = await serve(port, [nginx, '-c', file], {}, { at: answersTls(port) });
  const children = fs.readFileSync(`/proc/${server.pids[0]}/task/${server.pids[0]}/children`, 'utf8');
  const pids = children.trim().split(' ').map(Number);
  return { ...server, url: server.url.replace('http:', 'https:'), pids };
}

/** Many connections that carry an open stream each: memory, and CPU time while nothing happens. */
async function measureStreams() {
  console.error('== streams');
  const found = [];
  for (const kind of ['events', 'sockets']) {
    for (const [name, start] of Object.entries(streaming)) {
      const server = await start();
      const before = memory(server.pids);
      const client = await openStreams(server.url, kind, STREAMS);
      const opened = memory(server.pids);
      const cpu = cpuMicros(server.pids);
      await new Promise((resolve) => setTimeout(resolve, IDLE_SECONDS * 1_000));
      const spent = cpuMicros(server.pids) - cpu;
      assert.equal(client.open(), STREAMS, `${name}: every stream is still open`);
      found.push({
        ...{ kind, name, streams: STREAMS, seconds: IDLE_SECONDS },
        kib_each: rounded((opened - before) / STREAMS / 1024),
        cpu_us_each_second: rounded(spent / STREAMS / IDLE_SECONDS),
      });
      client.stop();
      await server.stop();
    }
  }
  return found;
}

const streaming = {
  async ours() {
    const port = await freePort();
    const more = {
      RESOURCE_SERVER_HTTP__MAX_CONNECTIONS: String(STREAMS + 100),
      RESOURCE_SERVER_HTTP__MAX_UPGRADED: String(STREAMS),
      RESOURCE_SERVER_HTTP__MEMORY: '1GiB',
    };
    return ours(peers, issuer, more, { port });
  },
  async axum() {
    const port = await freePort();
    return serve(port, [peers, 'streams', port], {}, { at: listens(port) });
  },
};

const memory = (pids) =>
  pids
    .map((pid) => Number(/VmRSS:\s+(\d+)/.exec(fs.readFileSync(`/proc/${pid}/status`, 'utf8'))[1]))
    .reduce((sum, kib) => sum + kib * 1024, 0);

const file = isQuick ? path.join(folder, 'wire.json') : here('wire.json');
const measures = {
  http2: async () => (has('h2load') ? measureHttp2() : []),
  tls: measureTls,
  streams: measureStreams,
};
const named = process.argv.slice(2).filter((it) => it in measures);
for (const part of named.length ? named : Object.keys(measures)) {
  const found = await measures[part]();
  const earlier = fs.existsSync(file) ? JSON.parse(fs.readFileSync(file, 'utf8')) : {};
  const made = { made: new Date().toISOString().slice(0, 10), quick: isQuick, machine: await about() };
  const results = { ...earlier, ...made, rounds: ROUNDS, seconds: SECONDS, [part]: found };
  fs.writeFileSync(file, `${JSON.stringify(results, null, 2)}\n`);
  console.error(`results: ${file}`);
}
await plain.stop();
issuer.stop();
