// Compares the output of a command with an example in the docs, or writes the example.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';

const PAGE = path.resolve(import.meta.dirname, '../../docs/check.md');

/**
 * The output is the example of this name in docs/check.md. With UPDATE_DOCS=1, it becomes the
 * example. The number of requests may differ, because slow answers are requested again.
 */
export function assertExample(name, stdout) {
  const page = fs.readFileSync(PAGE, 'utf8');
  const [begin, end] = [`<!-- example ${name} -->\n`, `<!-- /example ${name} -->`];
  const block = `\`\`\`text\n${stdout}\`\`\`\n`;
  const [before_, rest] = page.split(begin);
  const [example, after_] = rest.split(end);
  if (process.env.UPDATE_DOCS) {
    fs.writeFileSync(PAGE, `${before_}${begin}${block}${end}${after_}`);
    return;
  }
  const plain = (text) => text.replace(/in \d+ requests/, 'in N requests');
  assert.equal(plain(example), plain(block), 'run UPDATE_DOCS=1 node --test check*.test.mjs');
}
