// `issuer.ca`: an issuer whose certificate comes from a private authority.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import https from 'node:https';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { eventually, freePort, run, scratch, start, startService } from './harness.mjs';

const openssl = spawnSync('openssl', ['version']).error === undefined;
const file = (name) => path.join(scratch, `authorities-${name}`);
const make = (...args) => execFileSync('openssl', args, { stdio: 'ignore' });

/** A private authority, and a certificate of it for localhost. */
function certify(name) {
  make('req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '30', '-subj', `/CN=${name}`,
    '-keyout', file(`${name}.ca.key`), '-out', file(`${name}.ca.pem`));
  make('req', '-newkey', 'rsa:2048', '-nodes', '-subj', '/CN=localhost',
    '-keyout', file(`${name}.key`), '-out', file(`${name}.csr`));
  fs.writeFileSync(file('ext'), 'subjectAltName=DNS:localhost\nextendedKeyUsage=serverAuth\n');
  make('x509', '-req', '-in', file(`${name}.csr`), '-CA', file(`${name}.ca.pem`), '-CAkey', file(`${name}.ca.key`),
    '-CAcreateserial', '-extfile', file('ext'), '-days', '30', '-out', file(`${name}.pem`));
}

/** `oidc-provider` with the certificate of this authority. */
async function startTlsIssuer(port, name) {
  const issuer = start(process.execPath, ['--no-warnings', path.join(import.meta.dirname, 'issuer.mjs')], {
    PORT: port,
    ALG: 'RS256',
    KEYS_FILE: file('keys.json'),
    NODE_ENV: 'production',
    TLS_KEY: file(`${name}.key`),
    TLS_CERT: file(`${name}.pem`),
  });
  const url = `https://localhost:${port}/oauth2/default`;
  await eventually(
    () => issuer.output.stderr,
    () =>
      new Promise((resolve) => {
        const options = { rejectUnauthorized: false, agent: false };
        const request = https.get(`${url}/.well-known/openid-configuration`, options, (response) => {
          response.resume();
          resolve(response.statusCode === 200);
        });
        request.on('error', () => resolve(false));
      }),
  );
  return { ...issuer, url };
}

describe('an issuer with a private authority', { skip: openssl ? false : 'openssl is not installed' }, () => {
  let issuer;
  let port;
  let env;
  before(async () => {
    certify('first');
    certify('second');
    port = await freePort();
    issuer = await startTlsIssuer(port, 'first');
    env = {
      OKTA_OAUTH2_ISSUER: issuer.url,
      RESOURCE_SERVER_ISSUER__CA: file('first.ca.pem'),
      RESOURCE_SERVER_CLIENT__ID: 'svc',
      RESOURCE_SERVER_CLIENT__SECRET: 'svc-secret',
    };
  });
  after(() => issuer?.stop());

  test('is used by the service, token, explain, doctor and check once its authority is named', async () => {
    const doctor = await run(['doctor'], env);
    const token = await run(['token', '--scope', 'profile:read'], env);
    const explain = await run(['explain', token.stdout.trim()], env);
    const service = await startService(env);
    const check = await run(['check', '--url', `${service.url}/api`], env);
    const unnamed = await run(['check', '--url', `${service.url}/api`], { ...env, RESOURCE_SERVER_ISSUER__CA: '' });
    await service.stop();

    assert.equal(token.code, 0, token.stderr);
    assert.equal(doctor.code, 0, doctor.stdout + doctor.stderr);
    assert.match(doctor.stdout, /ok {6}tls +trusted and valid for (29|30) more days/);
    assert.match(doctor.stdout, /ok {6}accepted +the service accepts the token\n/);
    assert.equal(explain.code, 0, explain.stdout + explain.stderr);
    assert.match(check.stdout, /ok {6}good_token/);
    assert.equal(unnamed.code, 69, unnamed.stdout);
    assert.match(unnamed.stdout.replace(/\s+/g, ' '), /There is no good token: .*authority that is not trusted here/);
  });

  test('is not trusted without it, and the fix names the setting', async () => {
    const without = { ...env, RESOURCE_SERVER_ISSUER__CA: '' };

    const doctor = await run(['doctor'], without);
    const token = await run(['token'], without);
    const other = await run(['doctor'], { ...env, RESOURCE_SERVER_ISSUER__CA: file('second.ca.pem') });

    for (const { code, stdout } of [doctor, other]) {
      assert.equal(code, 1);
      assert.match(stdout.replace(/\s+/g, ' '), /FAILED tls .*it comes from an authority that is not trusted here fix: .*`issuer\.ca`/);
    }
    assert.equal(token.code, 69);
    assert.match(token.stderr, /authority that is not trusted here\n {2}fix: Set `issuer\.ca` to the file with the certificate/);
  });

  test('a file that names no authority is an error of the settings', async () => {
    fs.writeFileSync(file('empty.pem'), 'no certificate');
    fs.writeFileSync(file('broken.pem'), '-----BEGIN CERTIFICATE-----\nbm8=\n-----END CERTIFICATE-----\n');

    for (const [name, what] of [
      ['gone.pem', /`issuer\.ca` names a file that cannot be read \(No such file/],
      ['empty.pem', /`issuer\.ca` names a file without a certificate in PEM form/],
      ['broken.pem', /`issuer\.ca` names a file with a certificate that cannot be read/],
    ]) {
      const { code, stderr } = await run(['config'], { ...env, RESOURCE_SERVER_ISSUER__CA: file(name) });

      assert.equal(code, 78, stderr);
      assert.match(stderr, what);
    }
  });

  test('SIGHUP reads the file again', async () => {
    const ca = file('ca.pem');
    fs.copyFileSync(file('first.ca.pem'), ca);
    const service = await startService({ ...env, RESOURCE_SERVER_ISSUER__CA: ca });
    const said = (text) => eventually(() => service.output.stdout + service.output.stderr, () => (service.output.stdout + service.output.stderr).includes(text));
    const { stdout } = await run(['token'], env);

    await issuer.stop();
    issuer = await startTlsIssuer(port, 'second');
    service.signal('SIGHUP');
    await said('not reloaded');
    fs.copyFileSync(file('second.ca.pem'), ca);
    service.signal('SIGHUP');
    await said('settings and keys reloaded');

    assert.equal((await service.whoami(stdout.trim())).status, 200);
    await service.stop();
  });
});
