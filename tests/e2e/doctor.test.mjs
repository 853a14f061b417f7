// `doctor`: what is wrong with an issuer, told by the program.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import https from 'node:https';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { freePort, run, scratch, settings, startIssuer } from './harness.mjs';

describe('doctor', () => {
  let issuer;
  before(async () => {
    issuer = await startIssuer();
  });
  after(() => issuer?.stop());

  const doctor = (...args) => run(['doctor', ...args], settings(issuer));
  const client = ['--client-id', 'svc', '--client-secret', 'svc-secret', '--scope', 'profile:read'];

  test('finds another issuer well, as far as it is', async () => {
    const { code, stdout, stderr } = await doctor(...client);

    assert.equal(code, 0, stdout + stderr);
    assert.match(stdout, /^ {2}ok {6}accepted +the token would be accepted here$/m);
    assert.doesNotMatch(stdout, /FAILED|eyJ|svc-secret/);
    // A URL is not broken.
    for (const line of stdout.split('\n')) assert.ok(line.length <= 80 || !/\S \S/.test(line), line);
  });

  test('tells a wrong secret, and shows none', async () => {
    const { code, stdout } = await doctor('--client-id', 'svc', '--client-secret', 'not-it-1', '--format', 'json');

    const { findings } = JSON.parse(stdout);
    const failed = findings.filter((it) => it.status === 'failed');
    assert.equal(code, 1);
    assert.deepEqual(failed.map((it) => it.check), ['token']);
    assert.match(failed[0].fix, /id and secret/);
    assert.doesNotMatch(stdout, /not-it-1/);
  });

  test('looks at an issuer that no service would take', async () => {
    const { code, stdout } = await run(['doctor', '--issuer', 'https://dev-1.okta.com']);

    assert.equal(code, 1);
    assert.match(stdout, /FAILED {2}org_server/);
    assert.match(stdout, /fix: use https:\/\/dev-1\.okta\.com\/oauth2\/default/);
    assert.match(stdout, /not looked at: resolve, connect, /);
  });

  const openssl = spawnSync('openssl', ['version']).error === undefined;
  describe('the certificate', { skip: openssl ? false : 'openssl is not installed' }, () => {
    const file = (name) => path.join(scratch, name);
    const make = (...args) => execFileSync('openssl', args, { stdio: 'ignore' });

    /** An authority that the program is told to trust. */
    before(() => {
      make('req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '30', '-subj', '/CN=Authority',
        '-keyout', file('ca.key'), '-out', file('ca.pem'));
    });

    /** A certificate by it, for `name`, with these dates or days. */
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
      ['trusted and lasting', () => certificate('localhost', '-days', '30'), 'passed', /for (29|30) days more/],
      ['about to end', () => certificate('localhost', '-days', '10'), 'warned', /but for (9|10) days/],
      ['ended', () => certificate('localhost', '-days', '-1'), 'failed', /expired|not valid after/i],
      ['for another name', () => certificate('other.example', '-days', '30'), 'failed', /not valid for name/i],
    ];
    for (const [name, made, status, found] of rows) {
      test(name, async () => {
        const finding = await examine(made());

        assert.equal(finding.status, status, finding.found);
        assert.match(finding.found, found);
        assert.equal(finding.fix === '', status === 'passed');
      });
    }

    test('by somebody whom nobody trusts', async () => {
      const made = certificate('localhost', '-days', '30');
      make('req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-subj', '/CN=Other', '-keyout', file('other.key'),
        '-out', file('other.pem'));

      const finding = await examine(made, file('other.pem'));

      assert.equal(finding.status, 'failed', finding.found);
      assert.match(finding.found, /UnknownIssuer|unknown issuer/i);
      assert.match(finding.fix, /update-ca-certificates/);
    });
  });
});
