// `doctor`: what is wrong with an issuer. And `token`, which shares its messages.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import https from 'node:https';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { freePort, run, scratch, settings, startIssuer, startService } from './harness.mjs';

describe('doctor', () => {
  let issuer;
  before(async () => {
    issuer = await startIssuer();
  });
  after(() => issuer?.stop());

  const doctor = (...args) => run(['doctor', ...args], settings(issuer));
  const client = ['--client-id', 'svc', '--client-secret', 'svc-secret', '--scope', 'profile:read'];

  test('finds nothing that stops the service from working with another issuer', async () => {
    const { code, stdout, stderr } = await doctor(...client);

    assert.equal(code, 0, stdout + stderr);
    assert.match(stdout, /^ {2}ok {6}accepted +the service accepts the token$/m);
    // It warns of the documents of this issuer, so all is not said to be well.
    assert.match(stdout, /\nThe service can work with this issuer; the warnings above are no obstacle\.\n$/);
    assert.doesNotMatch(stdout, /FAILED|eyJ|svc-secret/);
    // A URL is not broken.
    for (const line of stdout.split('\n')) assert.ok(line.length <= 80 || !/\S \S/.test(line), line);
  });

  test('ends with one sentence that all is well', async () => {
    const [http, dev] = [await freePort(), await freePort()];
    const env = { RESOURCE_SERVER_DEV__LISTEN: `127.0.0.1:${dev}` };
    const service = await startService(env, { port: http });

    const { code, stdout } = await run(['doctor'], env);
    const refused = await run(['doctor', '--audience', 'api://other'], env);
    const ungranted = await run(['doctor', '--scope', 'unknown'], env);
    await service.stop();

    assert.equal(code, 0, stdout);
    assert.match(stdout, /\nAll is well: the issuer grants a token, and the service accepts it\.\n$/);
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, /^error: the service refuses the token that the issuer grants to this client\n$/);
    assert.equal(ungranted.code, 1);
    assert.match(ungranted.stderr, /^error: the service can verify the tokens of this issuer, but the client gets none\n$/);
  });

  test('and `token` and `explain` say that the embedded issuer runs with the service', async () => {
    const env = { RESOURCE_SERVER_DEV__LISTEN: `127.0.0.1:${await freePort()}` };
    const fix = 'fix: The embedded issuer runs only while the service runs. Start the service in another terminal.';
    const opened = (text) => text.replace(/\s+/g, ' ');
    const service = await startService(env, { port: await freePort() });
    const granted = await run(['token', '--scope', 'profile:read'], env);
    const accepted = await run(['explain', granted.stdout.trim()], env);
    await service.stop();

    const examined = await run(['doctor'], env);
    const ungranted = await run(['token', '--scope', 'profile:read'], env);
    const undecided = await run(['explain', granted.stdout.trim()], env);
    const other = await run(['doctor', '--issuer', `http://${env.RESOURCE_SERVER_DEV__LISTEN}/oauth2/other`], env);

    assert.deepEqual([granted.code, accepted.code], [0, 0], accepted.stdout);
    assert.equal(examined.code, 1);
    assert.ok(opened(examined.stdout).includes(` FAILED connect `), examined.stdout);
    assert.ok(opened(examined.stdout).includes(` ${fix} `), examined.stdout);
    assert.equal(ungranted.code, 69);
    assert.match(ungranted.stderr, /^error: the issuer http:\S+ cannot be used\n {2}because .*\n {2}fix: /);
    assert.ok(ungranted.stderr.endsWith(`\n  ${fix}\n`), ungranted.stderr);
    assert.equal(undecided.code, 69);
    assert.ok(undecided.stderr.endsWith(`\n  ${fix}\n`), undecided.stderr);
    assert.ok(opened(other.stdout).includes(' fix: Check whether a firewall '), other.stdout);
  });

  test('sends the secret as client.auth says', async () => {
    const post = ['--client-id', 'post', '--client-secret', 'post-secret', '--client-auth'];

    const right = await doctor(...post, 'client_secret_post');
    const unknown = await doctor(...post, 'private_key_jwt');
    const wrong = await run(['token', '--client-id', 'post', '--client-secret', 'not-it-1'], settings(issuer));

    assert.equal(right.code, 0, right.stdout);
    assert.equal(unknown.code, 78);
    assert.match(unknown.stderr, /`client\.auth` must be a method of client authentication/);
    assert.equal(wrong.code, 1);
    assert.match(wrong.stderr, /because the issuer refused: invalid_client/);
    assert.match(wrong.stderr, /^ {2}fix: Compare the client's id and secret .*`client\.auth`/m);
  });

  test('`token` and `check` send the secret and name the API in the same ways', async () => {
    const service = await startService(settings(issuer));
    const post = ['--client-id', 'post', '--client-secret', 'post-secret', '--client-auth'];
    const other = ['--resource', 'urn:e2e:other'];
    const token = (...args) => run(['token', ...args], settings(issuer));
    const check = (...args) => run(['check', '--url', `${service.url}/api`, ...args], settings(issuer));

    const posted = [await token(...post, 'client_secret_post'), await check(...post, 'client_secret_post')];
    const unknown = [await token(...post, 'private_key_jwt'), await check(...post, 'private_key_jwt')];
    const elsewhere = [await token(...client, ...other), await check(...client, ...other)];
    await service.stop();

    assert.equal(posted[0].code, 0, posted[0].stderr);
    assert.match(posted[1].stdout, /ok {6}good_token/);
    for (const { code, stderr } of unknown) {
      assert.equal(code, 78, stderr);
      assert.match(stderr, /`client\.auth` must be a method of client authentication \(flag --client-auth\)/);
    }
    assert.match(Buffer.from(elsewhere[0].stdout.split('.')[1], 'base64url').toString(), /"aud":"api:\/\/other"/);
    assert.match(elsewhere[1].stdout, /FAILED {2}good_token/);
  });

  test('names the API that the token is for with `resource` (RFC 8707)', async () => {
    const other = ['--resource', 'urn:e2e:other'];

    const here = await doctor(...client, ...other);
    const there = await doctor(...client, ...other, '--audience', 'api://other');
    const audience = await run(['token', ...client, '--client-audience', 'ignored'], settings(issuer));

    assert.equal(here.code, 1);
    assert.match(here.stdout.replace(/\s+/g, ' '), /FAILED accepted wrong_audience: .*Found "api:\/\/other", wanted "api:\/\/default"/);
    assert.equal(there.code, 0, there.stdout);
    assert.equal(audience.code, 0, audience.stderr);
  });

  test('finds a wrong secret, and shows none', async () => {
    const { code, stdout } = await doctor('--client-id', 'svc', '--client-secret', 'not-it-1', '--format', 'json');

    const { findings } = JSON.parse(stdout);
    const failed = findings.filter((it) => it.status === 'failed');
    assert.equal(code, 1);
    assert.deepEqual(failed.map((it) => it.check), ['token']);
    assert.match(failed[0].fix, /id and secret/);
    assert.doesNotMatch(stdout, /not-it-1/);
  });

  test('examines an issuer that no service would accept', async () => {
    const { code, stdout } = await run(['doctor', '--issuer', 'https://dev-1.okta.com']);

    assert.equal(code, 1);
    assert.match(stdout, /FAILED {2}org_server/);
    assert.match(stdout, /fix: use https:\/\/dev-1\.okta\.com\/oauth2\/default/);
    assert.match(stdout, /not examined: resolve, connect, /);
  });

  const openssl = spawnSync('openssl', ['version']).error === undefined;
  describe('the certificate', { skip: openssl ? false : 'openssl is not installed' }, () => {
    const file = (name) => path.join(scratch, name);
    const make = (...args) => execFileSync('openssl', args, { stdio: 'ignore' });

    /** An authority that the program is configured to trust. */
    before(() => {
      make('req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '30', '-subj', '/CN=Authority',
        '-keyout', file('ca.key'), '-out', file('ca.pem'));
    });

    /** A certificate of it, for `name`, with these dates or days. */
    function certificate(name, ...dates) {
      make('req', '-newkey', 'rsa:2048', '-nodes', '-subj', `/CN=${name}`,
        '-keyout', file('leaf.key'), '-out', file('leaf.csr'));
      fs.writeFileSync(file('leaf.ext'), `subjectAltName=DNS:${name}\nextendedKeyUsage=serverAuth\n`);
      make('x509', '-req', '-in', file('leaf.csr'), '-CA', file('ca.pem'), '-CAkey', file('ca.key'),
        '-CAcreateserial', '-extfile', file('leaf.ext'), ...dates, '-out', file('leaf.pem'));
      return { key: fs.readFileSync(file('leaf.key')), cert: fs.readFileSync(file('leaf.pem')) };
    }

    async function examine(certificate, trusted = file('ca.pem')) {
      const port = await freePort();
      const url = `https://localhost:${port}/oauth2/default`;
      const server = https.createServer(certificate, (_, response) => {
        response.setHeader('content-type', 'application/json').end(JSON.stringify({ issuer: url }));
      });
      await new Promise((resolve) => server.listen(port, 'localhost', resolve));
      const env = { SSL_CERT_FILE: trusted };
      const { stdout } = await run(['doctor', '--issuer', url, '--format', 'json'], env);
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      return JSON.parse(stdout).findings.find((it) => it.check === 'tls');
    }

    const rows = [
      ['trusted and lasting', () => certificate('localhost', '-days', '30'), 'passed', /valid for (29|30) more days/],
      ['about to end', () => certificate('localhost', '-days', '10'), 'warned', /but valid for only (9|10) more days/],
      ['ended', () => certificate('localhost', '-days', '-1'), 'failed', /it has expired/],
      ['for another name', () => certificate('other.example', '-days', '30'), 'failed', /it is for another name/],
    ];
    for (const [name, made, status, found] of rows) {
      test(name, async () => {
        const finding = await examine(made());

        assert.equal(finding.status, status, finding.found);
        assert.match(finding.found, found);
        assert.equal(finding.fix === '', status === 'passed');
      });
    }

    test('an authority of its own in place of a certificate', async () => {
      const self = { key: fs.readFileSync(file('ca.key')), cert: fs.readFileSync(file('ca.pem')) };

      const finding = await examine(self);

      assert.equal(finding.status, 'failed', finding.found);
      assert.match(finding.found, /not trusted: it is (an authority's own certificate|for another name)/);
    });

    test('from an authority that is not trusted', async () => {
      const made = certificate('localhost', '-days', '30');
      make('req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-subj', '/CN=Other', '-keyout', file('other.key'),
        '-out', file('other.pem'));

      const finding = await examine(made, file('other.pem'));

      assert.equal(finding.status, 'failed', finding.found);
      assert.match(finding.found, /it comes from an authority that is not trusted here/);
      assert.match(finding.fix, /`issuer\.ca`.*update-ca-certificates/);
    });
  });
});
