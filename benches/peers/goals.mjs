// What was wanted, and what a run found: ratios of CPU within one run on one machine.
const MOST_INSTRUCTIONS = 23_000;

/** Each goal with what is wanted, what was found, and whether that will do. */
export function goals(results, instructions) {
  const { ours, peers, workers } = results;
  const micros = (name) => ours[name].cpu_us;
  const ratio = (name, to) => micros(to) / micros(name);
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
  const sum = micros(hello) + results.verify_ns / 1000;
  const two = (kind) =>
    workers.find((it) => it.way === 'two workers' && it.kind === kind).cpu_ratio;
  return [
    least('whoami with a held token, of our hello', 0.95, ratio('whoami, token held', hello)),
    least(
      'the same, of hyper alone with the same bytes',
      0.9,
      ratio('whoami, token held', 'hyper alone, the same whoami'),
    ),
    least(
      '10,000 tokens in turn, of our hello',
      0.85,
      ratio('whoami, 10,000 tokens in turn', hello),
    ),
    most(
      'instructions of whoami with a held token',
      MOST_INSTRUCTIONS,
      instructions['whoami, token held'],
    ),
    least(
      'a new token: hello and one bare verification, of what it takes',
      0.9,
      sum / micros('whoami, token new'),
    ),
    least(
      'hello, of hyper alone with the same bytes',
      0.9,
      ratio(hello, 'hyper alone, the same hello'),
    ),
    most(
      'the access log, in CPU of a call',
      1.5,
      ours['hello, with a token, access log'].cpu_us - ours[hello].cpu_us,
      ' us',
      1,
    ),
    least('held token, of the best that remembers tokens', 2, best('caching') / own),
    least('held token, of the best that does not', 3, best('plain') / own),
    least('refused before the signature, of hello', 0.95, ratio('whoami, no JWT', hello)),
    least(
      'a forged signature: hello and one bare verification, of what it takes',
      0.9,
      sum / micros('whoami, signature forged'),
    ),
    most('start to ready', 50, results.start.milliseconds, ' ms'),
    most('the program', 15, results.binary_bytes / 1e6, ' MB', 1),
    most("CPU of a call on two workers, of one worker's, held", 1.05, two('token held'), '', 2),
    most('the same, new', 1.05, two('token new'), '', 2),
  ];
}
