// Where the processor time of a call goes, by sampling: `perf` and `wrk` (Debian), two cores, and
// a BIN that has its symbols. Shares are of samples, nanoseconds of the process's own account.
//
//   BIN=... node profile.mjs
import { execFileSync, spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { once } from 'node:events';
import { BIN, freePort, run, scratch, startService } from './harness.mjs';

const SECONDS = 8;
const TICKS_A_SECOND = 100;

/** The parts of the profile, recognized by image and symbol. The first that fits counts. */
const GROUPS = [
  ['the kernel', (image) => image.includes('kernel')],
  ['aws-lc: the signature', (_, symbol) => symbol.startsWith('aws_lc') || symbol.startsWith('bn_')],
  ['the allocator', (_, symbol) => /malloc|free|realloc|unlink_chunk|calloc|rust_(de)?alloc/.test(symbol)],
  ['copying and comparing', (_, symbol) => /mem(move|cpy|cmp|set|chr)/.test(symbol)],
  ['token, claims, JSON', (_, symbol) => /serde|[Ii]ndex[Mm]ap|UniqueNames|Claims|base64|Jws|token::|ToJSON|chrono|json|sip::|hash_one|reserve_rehash/.test(symbol)],
  ['hyper, http, bytes', (_, symbol) => /hyper|http::|httparse|HeaderMap|bytes::/.test(symbol)],
  ['tokio, clocks', (image, symbol) => image.includes('vdso') || /tokio|mio::|Timespec|clock_gettime/.test(symbol)],
  ['poem and ours', (_, symbol) => /poem/.test(symbol)],
  ['the rest', () => true],
];

const devPort = await freePort();
const dev = { RESOURCE_SERVER_DEV__LISTEN: `127.0.0.1:${devPort}` };
const issuer = await startService(dev);
const token = (await run(['token', '--scope', 'profile:read'], dev)).stdout.trim();
const at = token.length - 20;
const forged = token.slice(0, at) + (token[at] === 'A' ? 'B' : 'A') + token.slice(at + 1);

for (const [name, target, bearer, settings] of [
  ['hello, with a token', '/api/hello', token, {}],
  ['whoami, token held', '/api/whoami', token, {}],
  ['whoami, token new', '/api/whoami', token, { RESOURCE_SERVER_CACHE__ENABLED: 'false' }],
  ['whoami, signature forged', '/api/whoami', forged, {}],
]) {
  const { perCall, shares } = await profile(target, bearer, settings);
  console.log(`\n${name}: ${perCall.toFixed(0)} ns of CPU\n`);
  for (const [group, share] of shares) {
    console.log(`${String(Math.round((share / 100) * perCall)).padStart(8)} ns ${share.toFixed(1).padStart(6)} %  ${group}`);
  }
}
await issuer.stop();
process.exit(0);

async function profile(target, bearer, settings) {
  const port = await freePort();
  const service = await startService(
    {
      OKTA_OAUTH2_ISSUER: `http://127.0.0.1:${devPort}/oauth2/default`,
      RESOURCE_SERVER_ADMIN__LISTEN: 'off',
      RUST_LOG: 'error',
      TOKIO_WORKER_THREADS: '1',
      ...settings,
    },
    { port },
  );
  execFileSync('taskset', ['-acp', '0', service.pid], { stdio: 'ignore' });
  const wrk = spawn('taskset', ['-c', '1', 'wrk', '-t1', '-c32', `-d${SECONDS}s`, '-H', `Authorization: Bearer ${bearer}`,
    `http://127.0.0.1:${port}${target}`]);
  let output = '';
  wrk.stdout.setEncoding('utf8').on('data', (text) => (output += text));
  const before = cpu(service.pid);
  const data = path.join(scratch, 'perf.data');
  execFileSync('perf', ['record', '-q', '-e', 'cpu-clock', '-F', '1999', '-p', service.pid, '-o', data, '--', 'sleep', String(SECONDS - 1)],
    { stdio: 'ignore' });
  await once(wrk, 'close');
  const perCall = ((cpu(service.pid) - before) * 1e9) / Number(/(\d+) requests in/.exec(output)[1]);
  await service.stop();
  const report = execFileSync('perf', ['report', '-i', data, '--no-children', '--sort', 'dso,symbol', '--stdio'],
    { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'], maxBuffer: 1 << 28 });
  return { perCall, shares: grouped(report) };
}

/** Seconds of processor time that a process has used. */
function cpu(pid) {
  const fields = fs.readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_A_SECOND;
}

function grouped(report) {
  const shares = new Map(GROUPS.map(([name]) => [name, 0]));
  for (const line of report.split('\n')) {
    const found = /^\s*([\d.]+)%\s+(\S+)\s+\[.\] (.*)$/.exec(line);
    if (!found) continue;
    const [, share, image, symbol] = found;
    const [name] = GROUPS.find(([, fits]) => fits(image, symbol.trim()));
    shares.set(name, shares.get(name) + Number(share));
  }
  return [...shares].filter(([, share]) => share >= 0.05).sort(([, one], [, other]) => other - one);
}
