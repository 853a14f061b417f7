// The commands of docs/okta.md and of README's chapter on Okta, as they are written there, with a
// client that must use DPoP: Okta creates such a client by default. In place of Okta, the embedded
// issuer grants the tokens, always with a nonce at the token endpoint, as Okta does.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { BIN, freePort, scratch, settings, start, startService } from './harness.mjs';

const page = (name) => fs.readFileSync(path.join(import.meta.dirname, '../..', name), 'utf8');
const blocks = (text) => [...text.matchAll(/^ *```sh\n([^]*?)^ *```$/gm)].map(([, code]) => code);

describe("the commands of the pages on Okta, with a client as Okta creates it", () => {
  let issuerService;
  let service;
  let env;

  before(async () => {
    const listen = `127.0.0.1:${await freePort()}`;
    issuerService = await startService({ RESOURCE_SERVER_DEV__LISTEN: listen });
    const issuer = settings({ url: `http://${listen}/oauth2/default` });
    service = await startService(issuer);
    env = {
      ...issuer,
      HOME: fs.mkdtempSync(path.join(scratch, 'home-')),
      RESOURCE_SERVER_CLIENT__ID: 'dev-dpop',
      RESOURCE_SERVER_CLIENT__SECRET: 'dev-secret',
    };
  });
  after(() => Promise.all([service, issuerService].map((it) => it?.stop())));

  /** Runs commands of a page with the program and the service of this test. */
  async function paste(commands) {
    const here = commands
      .replaceAll('target/release/poem-resource-server', BIN)
      .replaceAll('http://127.0.0.1:3000', service.url);
    const shell = start('bash', ['-c', here], env);
    const code = await shell.exit();
    return { code, ...shell.output };
  }

  for (const [name, text] of [
    ['docs/okta.md', page('docs/okta.md')],
    ['README.md', page('README.md').split('## With your Okta org')[1].split('### Other issuers')[0]],
  ]) {
    const commandsOf = (name) => {
      const lines = blocks(text).join('').split('\n').map((line) => line.trim());
      return lines.find((line) => line.startsWith(`target/release/poem-resource-server ${name} `));
    };

    test(`${name}: \`doctor\` says that the issuer requires bound tokens, and that all is well`, async () => {
      const { code, stdout, stderr } = await paste(commandsOf('doctor'));

      assert.equal(code, 0, stdout + stderr);
      assert.match(stdout, /bound_tokens +to a key \(DPoP\): [^]*requires it from\s+this client/);
      const last = 'All is well: the issuer grants a token, and the service accepts it.';
      assert.equal(stdout.trim().split('\n').at(-1), last);
    });

    test(`${name}: \`check\` makes the four calls with a bound token, and nothing fails`, async () => {
      const { code, stdout, stderr } = await paste(commandsOf('check'));

      assert.equal(code, 3, stdout + stderr);
      assert.match(stdout, /^INCOMPLETE/m);
      for (const row of ['good_token', 'no_credentials', 'open_operation', 'proof_replayed']) {
        assert.match(stdout, new RegExp(`^ +ok +${row} `, 'm'), row);
      }
      assert.doesNotMatch(stdout, /FAILED/);
    });
  }

  test('docs/okta.md: the four calls with curl have the statuses that the page names', async () => {
    const commands = blocks(page('docs/okta.md')).find((code) => code.startsWith('PROGRAM='));
    const named = [...commands.matchAll(/# (\d{3})$/gm)].map(([, status]) => status);

    const { code, stdout, stderr } = await paste(commands);

    assert.equal(code, 0, stderr);
    const found = [...stdout.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => status);
    assert.deepEqual(found, named);
    assert.deepEqual(named, ['200', '401', '200', '200']);
  });
});
