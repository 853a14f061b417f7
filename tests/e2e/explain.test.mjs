// `explain`: what a token says, and why it is accepted or refused.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { after, before, describe, test } from 'node:test';
import { BIN, fetchToken, freePort, run, scratch, settings, startIssuer, tampered } from './harness.mjs';

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

  test('a good token passes every check', async () => {
    const { code, stdout, stderr } = await explain(token);

    assert.equal(code, 0, stderr);
    assert.match(stdout, /Accepted\.\n$/);
    assert.doesNotMatch(stdout, /FAILED/);
    assert.match(stdout, /sub +"svc"/);
  });

  const rows = [
    ['another audience', (it) => it, { OKTA_API_AUDIENCE: 'api://other' }, 'audience', 'wrong_audience'],
    ['an altered signature', tampered, {}, 'signature', 'bad_signature'],
    ['an opaque token', () => 'opaque', {}, 'parts', 'not_three_segments'],
  ];
  for (const [name, change, env, check, reason] of rows) {
    test(`${name} is told by its check, its reason and a fix`, async () => {
      const { code, stdout, stderr } = await explain(change(token), env);

      assert.equal(code, 1, stderr);
      assert.match(stdout, new RegExp(`^  FAILED +${check}`, 'm'));
      assert.match(stdout, new RegExp(`^Refused: ${reason},`, 'm'));
      assert.ok(!stdout.includes(token.split('.')[2]), 'it shows the signature');
      assert.ok(stdout.split('\n').every((line) => line.trimEnd() === line));
    });
  }

  test('offline it asks nobody, and says that it does not know', async () => {
    const gone = { OKTA_OAUTH2_ISSUER: `http://127.0.0.1:${await freePort()}/oauth2/default` };

    const offline = await explain(token, gone, '--offline');
    const asking = await explain(token, gone);

    assert.equal(offline.code, 0, offline.stderr);
    assert.match(offline.stdout, /Undecided: no_keys/);
    assert.equal(asking.code, 69, asking.stderr);
  });

  test('standard input is read where nothing else is given', () => {
    const env = { PATH: process.env.PATH, ...settings(issuer) };
    const options = { cwd: scratch, env, input: `${token}\n`, encoding: 'utf8' };

    const { status, stdout } = spawnSync(BIN, ['explain'], options);

    assert.equal(status, 0);
    assert.match(stdout, /Accepted/);
  });
});
