// Ours beside others, on one machine in one run: `scripts/bench peers [--quick]`.
//
// Every server is started once and answers on the same core; the load comes from the other.
// What is compared takes turns, slice by slice. The results go to results.json, of which
// report.mjs makes the tables and charts.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { BIN, bearer, call, freePort, tampered } from '../../tests/e2e/harness.mjs';
import { startIssuer } from './issuer.mjs';
import { latencies } from './latency.mjs';
import {
  BOTH,
  SERVER,
  about,
  has,
  median,
  output,
  pinned,
  rounded,
  rounds,
  slice,
  summary,
} from './machine.mjs';
import { answers, findEnvoy, immediately, others, ours, pinnedVersions } from './systems.mjs';

const isQuick = process.argv.includes('--quick');
const [ROUNDS, SECONDS] = isQuick ? [2, 1] : [5, 2];
// Most goals are ratios of these rows, and some are missed or met by a few percent.
const OWN_ROUNDS = isQuick ? 2 : 11;
const MANY = 10_000;
const GROWTH = [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000].slice(0, isQuick ? 5 : 7);
const REFERENCE = 'axum + jwt-authorizer';
const { PEERS: peers, FOLDER: folder } = process.env;

const issuer = await startIssuer(peers, folder);
const { token } = issuer;
assert.equal(token.length, 900, 'the token has 900 bytes');
const many = await issuer.requests(MANY);
const inTurn = ({ file, bytes }, atOnce = 1) => ['requests.lua', file, bytes, atOnce];
const small = { RESOURCE_SERVER_CACHE__MAX_SIZE: '1MiB' };
const wide = { RESOURCE_SERVER_CACHE__MAX_SIZE: '64MiB' };
const program = {
  default: await ours(BIN, issuer),
  small: await ours(BIN, issuer, small),
  wide: await ours(BIN, issuer, wide),
  logging: await ours(
    BIN,
    issuer,
    { RUST_LOG: undefined, RESOURCE_SERVER_LOG__FORMAT: 'json' },
    { pipe: true },
  ),
};

/** Starts those that the machine has what they need for, and checks one answer of each kind. */
async function startOthers() {
  const all = others({
    peers,
    issuer,
    answersFile: await answers(program.default, bearer(token)),
    versions: await pinnedVersions(),
    envoy: await findEnvoy(folder),
  });
  const servers = {};
  for (const [name, { needs, start, is, version }] of Object.entries(all)) {
    if (needs) {
      console.error(`skipped: ${name}: ${needs}`);
      servers[name] = { is, skipped: needs };
    } else {
      servers[name] = { is, version, ...(await start()) };
      await check(name, servers[name]);
    }
  }
  return servers;
}

async function check(name, { url, is }) {
  const whoami = (headers) => call(`${url}/api/whoami`, { headers }).then(({ status }) => status);
  assert.equal((await call(`${url}/api/hello`)).status, 200, `${name}: hello`);
  if (is === 'open') return;
  assert.equal(await whoami(bearer(token)), 200, `${name}: a good token`);
  assert.equal(await whoami({}), 401, `${name}: no token`);
  assert.equal(await whoami(bearer(tampered(token))), 401, `${name}: a bent signature`);
}

const hello = (server, more) => ({ ...server, url: `${server.url}/api/hello`, ...more });
const whoami = (server, more) => ({ ...server, url: `${server.url}/api/whoami`, ...more });
const held = { headers: bearer(token) };
const summaries = (slices, reference) =>
  Object.fromEntries(Object.entries(slices).map(([name, its]) => [name, summary(its, reference)]));

async function measurePeers(servers) {
  console.error('== peers');
  const cells = {};
  for (const [name, server] of Object.entries({ ours: program.default, ...servers })) {
    if (server.skipped) continue;
    cells[`${name}|hello`] = hello(server);
    if (name === 'poem alone') continue;
    cells[`${name}|held`] = whoami(server, held);
    if (server.is !== 'open') cells[`${name}|many`] = whoami(server, { script: inTurn(many) });
  }
  const slices = await rounds(cells, ROUNDS, SECONDS);
  const found = summaries(slices, slices[`${REFERENCE}|held`]);
  return Object.entries({ ours: program.default, ...servers }).map(([name, server]) => ({
    name,
    is: server.is ?? 'ours',
    version: server.version,
    skipped: server.skipped,
    hello: found[`${name}|hello`],
    held: found[`${name}|held`],
    many: found[`${name}|many`],
  }));
}

async function measureOurs(servers) {
  console.error('== ours');
  const { default: plain, logging } = program;
  const slices = await rounds(
    {
      'hello, with a token': hello(plain, held),
      'hello, without': hello(plain),
      'hyper alone, the same hello': hello(servers['hyper alone'], held),
      'hyper alone, the same whoami': whoami(servers['hyper alone'], held),
      'whoami, token held': whoami(plain, held),
      'whoami, 10,000 tokens in turn': whoami(plain, { script: inTurn(many) }),
      'whoami, 10,000 in turn, `cache.max_size` 64MiB': whoami(program.wide, {
        script: inTurn(many),
      }),
      'whoami, token new': whoami(program.small, { script: inTurn(many) }),
      'whoami, no token': whoami(plain, { status: 401 }),
      'whoami, no JWT': whoami(plain, { headers: bearer(token.replace('.', 'x')), status: 401 }),
      'whoami, signature forged': whoami(plain, { headers: bearer(tampered(token)), status: 401 }),
      'hello, with a token, access log': hello(logging, held),
      'one verification (RS256), no request': {
        load: () => verification(servers['hyper alone']),
      },
      'hello, 16 in a pipeline': hello(plain, { script: inTurn(await pipeline(), 16) }),
    },
    OWN_ROUNDS,
    SECONDS,
  );
  return summaries(slices, slices['hello, with a token']);
}

/** Requests for hello, to be sent many at once. */
async function pipeline() {
  const text = 'GET /api/hello HTTP/1.1\r\nHost: localhost\r\n\r\n';
  const file = path.join(folder, 'hello.requests');
  fs.writeFileSync(file, text.repeat(64));
  return { file, bytes: text.length };
}

async function measureGrowth() {
  console.error('== tokens in turn');
  const cells = {};
  for (const count of GROWTH) {
    cells[count] = whoami(program.default, { script: inTurn(await issuer.requests(count)) });
  }
  return summaries(await rounds(cells, isQuick ? 1 : 3, SECONDS));
}

/** The same work on one worker, on two, and by two processes that share a port. */
async function measureWorkers() {
  console.error('== workers');
  const on =
    (core, workers, more = {}) =>
    async (cache) =>
      ours(BIN, issuer, { ...cache, ...more, TOKIO_WORKER_THREADS: workers }, { core });
  const processes = async (cache) => {
    const port = await freePort();
    const shared = { ...cache, RESOURCE_SERVER_HTTP__REUSE_PORT: 'true' };
    const all = [];
    for (const core of ['0', '1']) all.push(await ours(BIN, issuer, shared, { core, port }));
    return {
      url: all[0].url,
      pids: all.flatMap(({ pids }) => pids),
      stop: () => Promise.all(all.map(({ stop }) => stop())),
    };
  };
  const ways = {
    'one worker': on(BOTH, '1'),
    'two workers': on(BOTH, '2'),
    'two processes, a worker each': processes,
  };
  const cells = {};
  for (const [name, start] of Object.entries(ways)) {
    const measured = {
      'token held': [await start({}), held],
      'token new': [await start(small), { script: inTurn(many) }],
    };
    for (const [kind, [server, what]] of Object.entries(measured)) {
      cells[`${name}|${kind}`] = whoami(server, { ...what, on: BOTH });
    }
  }
  const slices = await rounds(cells, ROUNDS, SECONDS);
  await Promise.all(Object.values(cells).map(({ stop }) => stop()));
  const one = (name) => `one worker|${name.split('|')[1]}`;
  return Object.entries(slices).map(([name, its]) => ({
    way: name.split('|')[0],
    kind: name.split('|')[1],
    ...summary(its, slices[one(name)]),
    cpu_ratio: rounded(median(its.map(({ cpu }, round) => cpu / slices[one(name)][round].cpu))),
  }));
}

/** Bare verifications beside the same load: cores that share a chip slow each other. */
async function verification(server) {
  const [printed] = await Promise.all([
    output(...split(pinned(SERVER, peers, 'verify', issuer.key))),
    slice(hello(server), SECONDS),
  ]);
  const micros = Number(printed) / 1000;
  return { rate: 1e6 / micros, cpu: micros, own: micros };
}

const split = ([command, ...args]) => [command, args];

/** From the start of the process to its first 200 at /readyz, in milliseconds. */
async function measureStart() {
  console.error('== start');
  const took = [];
  for (let time = 0; time < (isQuick ? 5 : 15); time += 1) {
    const port = await freePort();
    const started = performance.now();
    const { stop } = await ours(BIN, issuer, {}, { port, at: immediately });
    took.push(performance.now() - started);
    await stop();
  }
  return { milliseconds: rounded(median(took)), slowest: rounded(Math.max(...took)) };
}

const servers = await startOthers();
await check('ours', program.default);
const results = {
  made: new Date().toISOString().slice(0, 10),
  quick: isQuick,
  machine: await about(),
  rounds: ROUNDS,
  own_rounds: OWN_ROUNDS,
  seconds: SECONDS,
  reference: REFERENCE,
  binary_bytes: fs.statSync(BIN).size,
  start: await measureStart(),
  peers: await measurePeers(servers),
  ours: await measureOurs(servers),
  growth: await measureGrowth(),
  workers: await measureWorkers(),
  latency:
    has('oha') || process.env.OHA
      ? await latencies(
          {
            ours: program.default,
            'Fastify + fast-jwt': servers['Fastify + fast-jwt'],
            [REFERENCE]: servers[REFERENCE],
          },
          token,
          isQuick,
        )
      : [],
};
const file = isQuick
  ? path.join(folder, 'quick.json')
  : path.join(import.meta.dirname, 'results.json');
fs.writeFileSync(file, `${JSON.stringify(results, null, 2)}\n`);
console.error(`results: ${file}`);
const running = [...Object.values(program), ...Object.values(servers)].filter(({ stop }) => stop);
await Promise.all(running.map(({ stop }) => stop()));
issuer.stop();
