// What packagers take from the command line: manual pages and shell completions.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { run, scratch } from './harness.mjs';

const COMMANDS = ['serve', 'openapi', 'health', 'token', 'proof', 'explain', 'check', 'doctor', 'config', 'denylist', 'completions'];
const DENYLIST = ['deny', 'allow', 'list'];

test('there is a page for each command, a completion for each shell, and none for packagers', async () => {
  const directory = path.join(scratch, 'generated');

  const { code, stderr } = await run(['generate', directory]);

  assert.equal(code, 0, stderr);
  const pages = ['', ...COMMANDS.map((name) => `-${name}`), ...DENYLIST.map((name) => `-denylist-${name}`)].map((it) => `poem-resource-server${it}.1`);
  assert.deepEqual(fs.readdirSync(path.join(directory, 'man')).sort(), pages.sort());
  const completions = path.join(directory, 'completions');
  const shells = ['_poem-resource-server', 'poem-resource-server.bash', 'poem-resource-server.fish'];
  assert.deepEqual(fs.readdirSync(completions).sort(), shells);
  for (const shell of shells) {
    const text = fs.readFileSync(path.join(completions, shell), 'utf8');
    for (const name of COMMANDS) assert.match(text, new RegExp(name), shell);
    assert.doesNotMatch(text, /generate/, shell);
  }
  const bash = path.join(completions, 'poem-resource-server.bash');
  const { status, stderr: fault } = spawnSync('bash', ['-n', bash]);
  assert.equal(status, 0, fault);
});

test('a directory that cannot be made is reported', async () => {
  const file = path.join(scratch, 'file');
  fs.writeFileSync(file, '');

  const { code, stderr } = await run(['generate', path.join(file, 'below')]);

  assert.equal(code, 1);
  assert.match(stderr, /cannot write .*below/);
});
