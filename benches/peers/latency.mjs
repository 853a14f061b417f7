// How long callers wait at fixed rates, by `oha`, corrected for coordinated omission: a request
// counts from when it should have been sent.
import { bearer } from '../../tests/e2e/harness.mjs';
import { LOAD, output, pinned, rounded } from './machine.mjs';

const RATES = [1_000, 2_000, 5_000, 10_000, 20_000, 40_000];

/** Percentiles of whoami with a held token, for each server at each rate, until one cannot keep up. */
export async function latencies(servers, token, isQuick) {
  console.error('== latency');
  const found = [];
  for (const [name, server] of Object.entries(servers)) {
    if (!server || server.skipped) continue;
    for (const rate of RATES) {
      const measured = await measure(server, token, rate, isQuick ? 1 : 4);
      found.push({ name, rate, ...measured });
      if (measured.achieved < 0.95 * rate) break;
    }
  }
  return found;
}

async function measure({ url }, token, rate, seconds) {
  const [command, ...args] = pinned(
    LOAD,
    process.env.OHA ?? 'oha',
    ...['--no-tui', '--output-format', 'json', '--latency-correction', '-c', '32'],
    ...[
      '-q',
      String(rate),
      '-z',
      `${seconds}s`,
      '-H',
      `authorization: ${bearer(token).authorization}`,
    ],
    `${url}/api/whoami`,
  );
  const { summary, latencyPercentiles } = JSON.parse(await output(command, args));
  const milliseconds = (seconds) => rounded(seconds * 1000);
  return {
    achieved: Math.round(summary.requestsPerSec),
    p50_ms: milliseconds(latencyPercentiles.p50),
    p90_ms: milliseconds(latencyPercentiles.p90),
    p99_ms: milliseconds(latencyPercentiles.p99),
    p999_ms: milliseconds(latencyPercentiles['p99.9']),
  };
}
