// `explain`: what a token says, why it is accepted or refused, and what it may call.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { BIN, eventually, fetchToken, freePort, run, scratch, settings, start, startIssuer, tampered } from './harness.mjs';

const redis = spawnSync('redis-server', ['--version']).status === 0;
const python = spawnSync('python3', ['--version']).status === 0;

describe('explain', () => {
  let issuer;
  let token;
  before(async () => {
    issuer = await startIssuer();
    token = await fetchToken(issuer, { scope: 'profile:read' });
  });
  after(() => issuer?.stop());

  const explain = (token, env = {}, ...args) =>
    run(['explain', ...args], { ...settings(issuer), OKTA_TOKEN: token, ...env });

  test('a good token keeps every rule, and the page ends with what it may call', async () => {
    const { code, stdout, stderr } = await explain(token);

    assert.equal(code, 0, stderr);
    assert.match(stdout, /^Accepted: /);
    assert.doesNotMatch(stdout, /FAILED|would fail|not examined/);
    assert.match(stdout, /sub +"svc"/);
    assert.match(stdout, /\nMay call\n\n {2}hello +yes, with or without a token\n {2}whoami +yes\n$/);
  });

  const rows = [
    ['another audience', (it) => it, { OKTA_API_AUDIENCE: 'api://other' }, 'audience', 'wrong_audience'],
    ['an altered signature', tampered, {}, 'signature', 'bad_signature'],
    ['an opaque token', () => 'opaque', {}, 'parts', 'not_three_segments'],
  ];
  for (const [name, change, env, rule, reason] of rows) {
    test(`${name} is shown by its rule, its reason and a fix`, async () => {
      const { code, stdout, stderr } = await explain(change(token), env);

      assert.equal(code, 1, stderr);
      assert.match(stdout, /^Refused: /);
      assert.match(stdout, new RegExp(`^  reason  ${reason}$`, 'm'));
      assert.match(stdout, /^ {2}fix +\S/m);
      assert.match(stdout, new RegExp(`^  FAILED +${rule}`, 'm'));
      assert.match(stdout, /whoami +no, the token is refused/);
      assert.ok(!stdout.includes(token.split('.')[2]), 'it shows the signature');
      assert.ok(stdout.split('\n').every((line) => line.trimEnd() === line));
    });
  }

  describe('a token of another issuer', () => {
    let other;
    before(async () => {
      other = await startIssuer();
    });
    after(() => other?.stop());

    test('is refused for its issuer, and its key and audience are examined too', async () => {
      const { code, stdout } = await explain(await fetchToken(other));

      assert.equal(code, 1);
      assert.match(stdout, /^ {2}reason {2}unknown_issuer$/m);
      assert.match(stdout, new RegExp(`^  found   "${other.url}"\n  wanted  "${issuer.url}"$`, 'm'));
      assert.match(stdout, /^ {2}FAILED +issuer /m);
      assert.match(stdout, /^ {2}would fail +key /m);
      assert.match(stdout, /^ {2}passed +audience /m);
    });
  });

  test('scopes and claims that the settings require are in the table', async () => {
    const whoami = (key, value) => ({ [`RESOURCE_SERVER_ACCESS__OPERATIONS__WHOAMI__${key}`]: value });

    const lacks = await explain(token, whoami('SCOPES', 'AccessAll'));
    const has = await explain(token, whoami('SCOPES', 'profile:read'));
    const config = path.join(scratch, 'claims.toml');
    fs.writeFileSync(config, '[access.operations.whoami.claims]\ngroups = ["Admins"]\n');
    const claim = await explain(token, {}, '--config', config);

    assert.equal(lacks.code, 1);
    assert.match(lacks.stdout, /^Accepted, but /);
    assert.match(lacks.stdout, /\n {2}whoami +no, lacks `AccessAll`\n$/);
    assert.match(lacks.stderr, /may not call any protected operation/);
    assert.equal(has.code, 0, has.stderr);
    assert.match(has.stdout, /\n {2}whoami +yes\n$/);
    assert.match(claim.stdout, /\n {2}whoami +no, lacks the claim `groups` with "Admins"\n$/);
  });

  test('a token on the denylist is refused', async () => {
    const file = path.join(scratch, 'denylist.json');
    const exp = Math.floor(Date.now() / 1000) + 600;
    const denylist = { RESOURCE_SERVER_DENYLIST__FILE: file };

    fs.writeFileSync(file, JSON.stringify([{ sub: 'svc', exp }]));
    const denied = await explain(token, denylist);
    fs.writeFileSync(file, JSON.stringify([{ sub: 'someone-else', exp }]));
    const other = await explain(token, denylist);

    assert.equal(denied.code, 1);
    assert.match(denied.stdout, /^ {2}reason {2}revoked$/m);
    assert.equal(other.code, 0, other.stderr);
    assert.match(other.stdout, /^ {2}passed +denylist +1 denial is known$/m);
  });

  describe('the denylist that replicas share', { skip: !redis && 'redis-server is not installed' }, () => {
    let server;
    let url;
    const deny = (port) => {
      const denial = JSON.stringify({ sub: 'svc', exp: Math.floor(Date.now() / 1000) + 600 });
      return spawnSync('redis-cli', ['-p', String(port), 'XADD', 'poem-resource-server:denylist', '*', 'deny', denial]);
    };
    before(async () => {
      const port = await freePort();
      server = start('redis-server', ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no']);
      await eventually(() => server.output.stdout, () => server.output.stdout.includes('Ready to accept connections'));
      assert.equal(deny(port).status, 0);
      url = { RESOURCE_SERVER_DENYLIST__REDIS_URL: `redis://127.0.0.1:${port}` };
    });
    after(() => server?.stop());

    test('is read from Redis, but not offline', async () => {
      const denied = await explain(token, url);
      const offline = await explain(token, url, '--offline');

      assert.equal(denied.code, 1, denied.stdout);
      assert.match(denied.stdout, /^ {2}reason {2}revoked$/m);
      assert.equal(offline.code, 0, offline.stdout);
    });

    test('is reported as unknown if Redis does not answer', async () => {
      const gone = { RESOURCE_SERVER_DENYLIST__REDIS_URL: `redis://127.0.0.1:${await freePort()}`, RESOURCE_SERVER_DENYLIST__MAX_AGE: '1s' };

      const { code, stdout } = await explain(token, gone);

      assert.equal(code, 0, stdout);
      assert.match(stdout, /The denylist that replicas share could not be read from Redis/);
    });
  });

  test('offline no request is sent, and everything but the key is examined', async () => {
    const gone = { OKTA_OAUTH2_ISSUER: `http://127.0.0.1:${await freePort()}/oauth2/default` };
    const stale = await fetchToken(issuer, { client: 'stale' });

    const good = await explain(token, { OKTA_OAUTH2_ISSUER: issuer.url }, '--offline');
    const otherIssuer = await explain(token, gone, '--offline');
    const otherAudience = await explain(token, { OKTA_API_AUDIENCE: 'api://other' }, '--offline');
    const expired = await explain(stale, {}, '--offline');

    assert.equal(good.code, 0, good.stderr);
    assert.match(good.stdout, /^Undecided: /);
    assert.match(good.stdout, /whoami +yes, if the issuer signed the token/);
    for (const [{ code, stdout }, reason] of [
      [otherIssuer, 'unknown_issuer'],
      [otherAudience, 'wrong_audience'],
      [expired, 'expired'],
    ]) {
      assert.equal(code, 1, stdout);
      assert.match(stdout, new RegExp(`^  reason  ${reason}$`, 'm'));
    }
    assert.match(expired.stdout, /^ {2}found +(1 h|59 min).* ago, at \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC$/m);
  });

  test('an issuer out of reach has its own exit code, unless the token is refused in any case', async () => {
    const gone = { OKTA_OAUTH2_ISSUER: `http://127.0.0.1:${await freePort()}/oauth2/default` };
    const claims = { ...JSON.parse(Buffer.from(token.split('.')[1], 'base64url')), iss: gone.OKTA_OAUTH2_ISSUER };
    const [header, , signature] = token.split('.');
    const itsOwn = [header, Buffer.from(JSON.stringify(claims)).toString('base64url'), signature].join('.');

    const undecided = await explain(itsOwn, gone);
    const refused = await explain(token, gone);

    assert.equal(undecided.code, 69, undecided.stderr);
    assert.match(undecided.stderr, /keys of the issuer .* cannot be fetched/);
    assert.equal(refused.code, 1, refused.stderr);
    assert.match(refused.stdout, /^ {2}reason {2}unknown_issuer$/m);
  });

  test('a token is read from a file, and from standard input where nothing else is given', () => {
    const env = { PATH: process.env.PATH, ...settings(issuer) };
    const file = path.join(scratch, 'token');
    fs.writeFileSync(file, `${token}\n`);
    const spawned = (args, input) => spawnSync(BIN, ['explain', ...args], { cwd: scratch, env, input, encoding: 'utf8' });

    for (const { status, stdout, stderr } of [
      spawned([], `${token}\n`),
      spawned(['-'], `Bearer ${token}\n`),
      spawned([`@${file}`]),
    ]) {
      assert.equal(status, 0, stderr);
      assert.match(stdout, /^Accepted/);
      assert.equal(stderr, '');
    }
    const missing = spawned(['@gone']);
    assert.equal(missing.status, 2);
    assert.match(missing.stderr, /cannot read gone/);
  });

  test('on a terminal it prompts, and uses colour unless NO_COLOR is set', { skip: !python && 'Python is not installed' }, () => {
    const env = { PATH: process.env.PATH, ...settings(issuer), TERM: 'xterm' };
    const script = path.join(import.meta.dirname, 'typing.py');
    const typed = (extra) =>
      spawnSync('python3', [script, BIN, 'explain'], { cwd: scratch, env: { ...env, ...extra }, input: `${token}\n`, encoding: 'utf8' });

    const colour = typed({});
    const plain = typed({ NO_COLOR: '1' });

    for (const { status, stdout, stderr } of [colour, plain]) {
      assert.equal(status, 0, stdout + stderr);
      assert.match(stdout, /Paste the access token and press Enter: /);
    }
    assert.match(colour.stdout, /\u001b\[32mAccepted:/);
    assert.match(plain.stdout, /^Accepted:/m);
    assert.doesNotMatch(plain.stdout, /\u001b\[3/);
  });
});
