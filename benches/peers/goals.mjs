// The goals and what a run measured: ratios of CPU time within one run on one machine.
const MOST_INSTRUCTIONS = 23_000;
const VERIFICATION = 'one verification (RS256), no request';

/** Each goal with what is wanted, what was measured, and whether the goal is met. */
export function goals(results, instructions, wire) {
  const { ours, peers, workers } = results;
  const micros = (name) => ours[name].cpu_us;
  // Both are relative to hello in the same round.
  const ratio = (name, to) => ours[name].ratio / ours[to].ratio;
  const least = (goal, wanted, found) => ({
    goal,
    wanted: `at least ${wanted.toFixed(2)}`,
    found: found.toFixed(2),
    isMet: found >= wanted,
  });
  const most = (goal, wanted, found, unit = '', digits = 0) => ({
    goal,
    wanted: `at most ${wanted.toLocaleString('en')}${unit}`,
    found: `${found.toLocaleString('en', { maximumFractionDigits: digits })}${unit}`,
    isMet: found <= wanted,
  });
  const hello = 'hello, with a token';
  const own = peers.find(({ is }) => is === 'ours').held.cpu_us;
  const best = (is) =>
    Math.min(...peers.filter((it) => it.is === is && !it.skipped).map((it) => it.held.cpu_us));
  // With and without the kernel, which takes longer if the callers' core sleeps between two calls.
  const verified = (what, wanted, name) =>
    Object.entries({ cpu_us: '', own_us: ', outside of the kernel' }).map(([time, part]) => {
      const parts = ours[hello][time] + ours[VERIFICATION][time];
      return least(`hello and one verification, relative to ${what}${part}`, wanted, parts / ours[name][time]);
    });
  const two = (kind) =>
    workers.find((it) => it.way === 'two workers' && it.kind === kind).cpu_ratio;
  const by = (rows, request) => rows.find((it) => it.request === request).ours.ratio;
  const tls = wire.tls.skipped
    ? []
    : [
        least('HTTP/2 over TLS, hello, relative to nginx', 1, by(wire.tls.rows, 'hello, HTTP/2')),
        least('HTTP/1.1 over TLS, hello, relative to nginx', 1, by(wire.tls.rows, 'hello, HTTP/1.1')),
        least('full TLS handshakes, relative to nginx', 1.2, by(wire.tls.rows, 'full handshake and hello')),
      ];
  return [
    least('whoami with a remembered token, relative to our hello', 0.95, ratio('whoami, token held', hello)),
    least(
      'the same, relative to hyper alone with the same bytes',
      0.87,
      ratio('whoami, token held', 'hyper alone, the same whoami'),
    ),
    least(
      '10,000 tokens in turn, relative to our hello',
      0.93,
      ratio('whoami, 10,000 tokens in turn', hello),
    ),
    most(
      'instructions of whoami with a remembered token',
      MOST_INSTRUCTIONS,
      instructions['whoami, token held'],
    ),
    ...verified('a new token', 0.85, 'whoami, token new'),
    least(
      'hello, relative to hyper alone with the same bytes',
      0.9,
      ratio(hello, 'hyper alone, the same hello'),
    ),
    most(
      'CPU time of the access log for a call',
      1.5,
      ours['hello, with a token, access log'].cpu_us - ours[hello].cpu_us,
      ' us',
      1,
    ),
    least('remembered token, relative to the best other system that remembers tokens', 2, best('caching') / own),
    least('remembered token, relative to the best that does not', 3, best('plain') / own),
    least('refused before the signature, relative to hello', 0.95, ratio('whoami, no JWT', hello)),
    ...verified('a forged signature', 0.9, 'whoami, signature forged'),
    most('time from start to ready', 20, results.start.milliseconds, ' ms'),
    most('size of the program', 16, results.binary_bytes / 1e6, ' MB', 1),
    most('CPU time on two workers, relative to one worker, remembered token', 1.05, two('token held'), '', 2),
    most('the same, new token', 1.05, two('token new'), '', 2),
    least('HTTP/2, hello, relative to hyper with the same bytes', 0.85, by(wire.http2, 'hello')),
    least(
      'HTTP/2, whoami with a remembered token, the same',
      0.85,
      by(wire.http2, 'whoami, token held'),
    ),
    ...tls,
  ];
}
