// Envoy with the configuration of docs/binding.md, and with changes of it.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { freePort, scratch, start } from '../harness.mjs';
import { TRUSTED } from './world.mjs';

const PAGE = path.resolve(import.meta.dirname, '../../../docs/binding.md');

/** The configuration of the page. */
function published() {
  const section = fs.readFileSync(PAGE, 'utf8').split('\n### Envoy\n')[1];
  return /^```yaml\n(.*?)^```$/ms.exec(section)[1];
}

/** The text with each of these pieces replaced, of which the text has exactly one. */
function changed(text, changes) {
  return changes.reduce((changing, [from, to]) => {
    const [before, after, ...more] = changing.split(from);
    assert.ok(after !== undefined && more.length === 0, `not once in the configuration: ${from}`);
    return before + to + after;
  }, text);
}

/** Starts the program in front of the service at `target`. `changes` are pairs: a piece of the page, and another. */
export async function startEnvoy(world, program, target, changes = []) {
  const port = await freePort();
  const file = path.join(scratch, `envoy-${port}.yaml`);
  const here = [
    ['address: 0.0.0.0, port_value: 443', `address: 127.0.0.1, port_value: ${port}`],
    ['address: 10.0.0.7, port_value: 3000', `address: 127.0.0.1, port_value: ${new URL(target).port}`],
    ['domains: [api.example.com]', `domains: ["localhost:${port}", api.example.com]`],
    ['site.pem', world.server.cert],
    ['site.key', world.server.key],
    ['{ filename: ca.pem }', `{ filename: ${world.ca} }`],
  ];
  const source = `{ source_address: { address: ${TRUSTED.envoy}, port_value: 0 } }`;
  fs.writeFileSync(file, `${changed(published(), [...changes, ...here])}
cluster_manager: { upstream_bind_config: ${source} }
`);
  world.keep(start(program, ['-c', file, '--concurrency', '1', '-l', 'error', '--disable-hot-restart']));
  const url = `https://localhost:${port}`;
  await world.listening(url);
  return url;
}
