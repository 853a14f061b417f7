// The examples of the pages are what the program prints. `UPDATE_EXAMPLES=1` writes them:
// scripts/generate does.
//
// Times, durations, key ids and ports differ from run to run, so they are not compared.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { freePort, run, startService } from './harness.mjs';

const DOCS = path.resolve(import.meta.dirname, '../../docs');
const PROGRAM = 'poem-resource-server';

let service;
let env;
let ports;
let token;
before(async () => {
  ports = { http: await freePort(), dev: await freePort() };
  env = { RESOURCE_SERVER_DEV__LISTEN: `127.0.0.1:${ports.dev}` };
  service = await startService(env, { port: ports.http });
  const { code, stdout, stderr } = await run(['token', '--scope', 'profile:read'], env);
  assert.equal(code, 0, stderr);
  token = stdout.trim();
});
after(() => service?.stop());

const withToken = () => ({ OKTA_TOKEN: token });
const examples = [
  {
    page: 'troubleshooting.md',
    name: 'explain',
    command: `${PROGRAM} token --scope profile:read | ${PROGRAM} explain`,
    args: ['explain'],
    extra: withToken,
  },
  {
    page: 'troubleshooting.md',
    name: 'explain-other-issuer',
    command: `${PROGRAM} explain @token.txt --issuer https://dev-1.okta.com/oauth2/default --offline`,
    args: ['explain', '--issuer', 'https://dev-1.okta.com/oauth2/default', '--offline'],
    extra: withToken,
  },
  {
    page: 'troubleshooting.md',
    name: 'explain-scope',
    command: `RESOURCE_SERVER_ACCESS__OPERATIONS__WHOAMI__SCOPES=AccessAll ${PROGRAM} explain @token.txt | tail -n 4`,
    args: ['explain'],
    extra: () => ({ ...withToken(), RESOURCE_SERVER_ACCESS__OPERATIONS__WHOAMI__SCOPES: 'AccessAll' }),
    lines: -4,
  },
  { page: 'doctor.md', name: 'doctor', command: `${PROGRAM} doctor`, args: ['doctor'] },
  {
    page: 'doctor.md',
    name: 'doctor-org-server',
    command: `${PROGRAM} doctor --issuer https://dev-1.okta.com`,
    args: ['doctor', '--issuer', 'https://dev-1.okta.com'],
  },
  { page: 'doctor.md', name: 'token', command: `${PROGRAM} token`, args: ['token'] },
];

for (const { page, name, command, args, extra, lines } of examples) {
  test(`${page}: ${name}`, async () => {
    const { stdout, stderr } = await run(args, { ...env, ...extra?.() });
    let printed = stdout;
    if (lines) printed = stdout.trimEnd().split('\n').slice(lines).join('\n') + '\n';
    printed = `$ ${command}\n${printed}${stderr}`
      .replaceAll(`127.0.0.1:${ports.http}`, '127.0.0.1:3000')
      .replaceAll(`127.0.0.1:${ports.dev}`, '127.0.0.1:3001');

    const file = path.join(DOCS, page);
    const text = fs.readFileSync(file, 'utf8');
    const block = new RegExp(`(<!-- example: ${name} -->\n\`\`\`console\n)([^]*?)(\`\`\`\n<!-- /example -->)`);
    const [, , written] = block.exec(text) ?? assert.fail(`${page} has no example ${name}`);

    if (process.env.UPDATE_EXAMPLES && masked(written) !== masked(printed)) {
      fs.writeFileSync(file, text.replace(block, (_, start, __, end) => start + printed + end));
      return;
    }
    assert.equal(masked(written), masked(printed), 'run scripts/generate');
  });
}

/** The text without what differs from run to run. */
function masked(text) {
  return text
    .replace(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC/g, 'TIME')
    .replace(/\d+ (d|h|min|s)\b( \d+ (h|min|s)\b)?/g, 'DURATION')
    .replace(/"(AT\.)?[\w-]{16,}"/g, '"ID"')
    .replace(/[\w-]{40,}/g, 'ID')
    .replace(/\b1\d{9}\b/g, 'SECONDS')
    .replace(/\d+ bytes/g, 'N bytes');
}

test('what is masked is only what differs from run to run', () => {
  assert.equal(masked('in 59 min 58 s, at 2026-11-21 18:00:12 UTC'), 'in DURATION, at TIME');
  assert.equal(masked('kid "a" alg "RS256" scp ["profile:read"]'), 'kid "a" alg "RS256" scp ["profile:read"]');
});
