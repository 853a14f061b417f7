// Writes the tables of docs/evidence/performance.md, the comparison in README.md and the charts of
// docs/evidence/charts/ from results.json and instructions.json: `scripts/bench report`.
import fs from 'node:fs';
import path from 'node:path';
import { bars, lines } from './charts.mjs';
import { goals } from './goals.mjs';

const root = path.resolve(import.meta.dirname, '../..');
const read = (file) => JSON.parse(fs.readFileSync(path.join(root, file), 'utf8'));
const results = read(process.argv[2] ?? 'benches/peers/results.json');
const wire = read('benches/peers/wire.json');
const { instructions, rustc } = read('benches/instructions.json');
const count = (value) => Math.round(value).toLocaleString('en');
const fixed = (value, digits = 2) => (Number.isFinite(value) ? value.toFixed(digits) : '');

const table = (heads, rows) =>
  [heads, heads.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');

/** Rows of ours beside another server. */
function against(rows, other) {
  return table(
    ['request', `relative to ${other}`, 'by rate', 'CPU us', `CPU us of ${other}`, 'spread'],
    rows.map(({ request, ours, other }) => [
      request,
      fixed(ours.ratio),
      fixed(ours.rate_ratio),
      fixed(ours.cpu_us, 1),
      fixed(other.cpu_us, 1),
      [ours, other].map(({ spread }) => `${Math.round(spread * 100)} %`).join(' / '),
    ]),
  );
}

const { machine } = results;
const [{ hello: own }] = results.peers;
const tables = {
  run:
    `Measured on ${results.made} with ${machine.cores} cores of ${machine.processor} (${machine.system}), ${machine.rustc}, ` +
    `Node ${machine.node}: medians of ${results.rounds} slices of ${results.seconds} s, and ` +
    `${results.own_rounds} for our own requests, 32 connections. "Spread" is the difference between the ` +
    `fastest and the slowest slice. Our hello reaches ${count(own.rate)} calls per second.`,
  goals: table(
    ['goal', 'wanted', 'measured', ''],
    goals(results, instructions, wire).map(({ goal, wanted, found, isMet }) => [
      goal,
      wanted,
      found,
      isMet ? 'met' : '**not met**',
    ]),
  ),
  peers: table(
    ['system', 'version', 'hello', 'token remembered', '10,000 tokens', 'CPU us', 'spread'],
    results.peers.map(({ name, version = '', skipped, hello, held, many }) =>
      skipped
        ? [name, `skipped: ${skipped}`, '', '', '', '', '']
        : [
            name === 'ours' ? '**ours**' : name,
            version,
            ...[hello, held, many].map((it) => fixed(it?.ratio)),
            [hello, held, many]
              .map((it) => fixed(it?.cpu_us, 1))
              .filter(Boolean)
              .join(' / '),
            [hello, held, many]
              .map((it) => it && `${Math.round(it.spread * 100)} %`)
              .filter(Boolean)
              .join(' / '),
          ],
    ),
  ),
  ours: table(
    ['request', 'relative to hello', 'by rate', 'CPU us', 'outside of the kernel', 'spread'],
    Object.entries(results.ours).map(([name, { ratio, rate_ratio, cpu_us, own_us, spread }]) => [
      name,
      fixed(ratio),
      fixed(rate_ratio),
      fixed(cpu_us, 1),
      fixed(own_us, 1),
      `${Math.round(spread * 100)} %`,
    ]),
  ),
  growth: table(
    ['tokens in turn', 'relative to one token', 'CPU us'],
    Object.entries(results.growth).map(([tokens, { cpu_us }]) => [
      count(Number(tokens)),
      fixed(results.growth[1].cpu_us / cpu_us),
      fixed(cpu_us, 1),
    ]),
  ),
  workers: table(
    ['', 'token', 'calls, relative to one worker', 'CPU us', 'CPU, relative to one worker'],
    results.workers.map(({ way, kind, rate_ratio, cpu_us, cpu_ratio }) => [
      way,
      kind,
      fixed(rate_ratio),
      fixed(cpu_us, 1),
      fixed(cpu_ratio),
    ]),
  ),
  latency: results.latency.length
    ? table(
        ['system', 'calls per second', 'p50 ms', 'p90', 'p99', 'p99.9'],
        results.latency.map(({ name, rate, achieved, ...its }) => [
          name,
          achieved < 0.95 * rate ? `${count(rate)} (${count(achieved)} reached)` : count(rate),
          ...[its.p50_ms, its.p90_ms, its.p99_ms, its.p999_ms].map((it) => fixed(it)),
        ]),
      )
    : 'Skipped: `oha` is not installed.',
  wire:
    `Measured on ${wire.made} with ${wire.machine.cores} cores of ${wire.machine.processor}: medians of ` +
    `${wire.rounds} slices of ${wire.seconds} s.`,
  http2: against(wire.http2, 'hyper'),
  tls: wire.tls.skipped
    ? `Skipped: ${wire.tls.skipped}.`
    : against(wire.tls.rows, `nginx ${wire.tls.version}`),
  streams: !wire.streams.length ? 'Not measured.' : table(
    ['streams', 'server', 'open', 'KiB each', 'CPU of all, share of a core'],
    wire.streams.map(({ kind, name, streams, kib_each, cpu_us_each_second }) => [
      kind === 'events' ? 'server-sent events' : 'WebSockets',
      name,
      count(streams),
      fixed(kib_each, 1),
      `${fixed((cpu_us_each_second * streams) / 1e4, 2)} %`,
    ]),
  ),
  start: `The time from the start of the process to the first 200 of \`/readyz\`, with the issuer on loopback, is ${fixed(results.start.milliseconds, 0)} ms (slowest run: ${fixed(results.start.slowest, 0)} ms). The program has a size of ${fixed(results.binary_bytes / 1e6, 1)} MB.`,
  instructions: `${table(
    ['request', 'instructions'],
    Object.entries(instructions).map(([name, its]) => [name, count(its)]),
  )}\n\nCompiled by ${rustc}.`,
};

/** Prose is at most 125 columns wide. Tables are left as they are. */
const wrapped = (text) =>
  text.startsWith('|') ? text : text.replaceAll(/(?=.{126})(.{1,125}) /g, '$1\n');

/** Writes tables between their marks in a page. */
function write(page, tables) {
  const file = path.join(root, page);
  let content = fs.readFileSync(file, 'utf8');
  for (const [name, text] of Object.entries(tables)) {
    const marks = new RegExp(`(<!-- ${name} -->\n)[^]*?(<!-- /${name} -->)`);
    if (!marks.test(content)) throw new Error(`${page} has no place for ${name}`);
    content = content.replace(marks, (_, start, end) => `${start}${wrapped(text)}\n${end}`);
  }
  fs.writeFileSync(file, content);
}
write('docs/evidence/performance.md', tables);

const COMPARED = ['ours', 'Envoy jwt_authn', 'Fastify + fast-jwt', results.reference];
write('README.md', {
  compared: table(
    ['system', 'one token, used again', '10,000 tokens in turn'],
    COMPARED.map((name) => results.peers.find((peer) => peer.name === name))
      .filter((peer) => peer && !peer.skipped)
      .map(({ name, held, many }) => [
        name === 'ours' ? '**poem-resource-server**' : name,
        fixed(held.ratio),
        fixed(many.ratio),
      ]),
  ),
});

const drawn = results.peers.filter(({ skipped }) => !skipped);
const byName = (pick) =>
  Object.fromEntries(
    [...new Set(results.latency.map(({ name }) => name))].map((name) => [
      name,
      results.latency.filter((it) => it.name === name).map(pick),
    ]),
  );
const charts = {
  peers: bars(
    `Calls for the CPU time of one whoami of ${results.reference}`,
    ['hello', 'whoami, token remembered', 'whoami, 10,000 tokens'],
    drawn.map(({ name, hello, held, many }) => ({
      name,
      values: [hello, held, many].map((it) => it?.ratio ?? NaN),
    })),
    'ours',
  ),
  growth: lines('CPU time of one whoami, by number of tokens', ['tokens in turn', 'microseconds'], {
    ours: Object.entries(results.growth).map(([tokens, { cpu_us }]) => [Number(tokens), cpu_us]),
  }),
  ...(results.latency.length && {
    latency: lines(
      'whoami at fixed rates, 99th percentile',
      ['calls per second', 'milliseconds'],
      byName(({ rate, p99_ms }) => [rate, p99_ms]),
      true,
    ),
  }),
};
fs.mkdirSync(path.join(root, 'docs/evidence/charts'), { recursive: true });
for (const [name, chart] of Object.entries(charts)) {
  fs.writeFileSync(path.join(root, `docs/evidence/charts/${name}.svg`), chart);
}
