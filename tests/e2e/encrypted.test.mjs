// Encrypted access tokens of software that nobody here wrote: `oidc-provider`, and npm `jose`.
import assert from 'node:assert/strict';
import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { CompactEncrypt } from 'jose';
import { eventually, fetchToken, run, scratch, settings, startIssuer, startService, tampered } from './harness.mjs';
import { assertRefused } from './refusals.mjs';

const newPair = () => generateKeyPairSync('rsa', { modulusLength: 2048 });
const [pair, other] = [newPair(), newPair()];
const keyFile = path.join(scratch, 'decryption.pem');
const write = ({ privateKey }) =>
  fs.writeFileSync(keyFile, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
const publicJwk = createPublicKey(pair.privateKey).export({ format: 'jwk' });

const encryption = (more = {}) => ({ alg: 'RSA-OAEP-256', enc: 'A256GCM', key: publicJwk, kid: 'api-1', ...more });
const encryptedToken = (issuer) => fetchToken(issuer, { resource: 'urn:e2e:encrypted', scope: 'profile:read' });
const withKey = (issuer, more = {}) => ({
  ...settings(issuer),
  RESOURCE_SERVER_ISSUER__DECRYPTION_KEYS: keyFile,
  ...more,
});

describe('a service that decrypts tokens', () => {
  let issuer;
  let service;
  before(async () => {
    write(pair);
    issuer = await startIssuer({ encryption: encryption() });
    service = await startService(withKey(issuer));
  });
  after(async () => {
    await service?.stop();
    await issuer?.stop();
  });

  test('accepts an encrypted token of oidc-provider, with its claims', async () => {
    const token = await encryptedToken(issuer);
    assert.equal(token.split('.').length, 5, 'the token is encrypted');

    for (let call = 0; call < 3; call += 1) {
      const response = await service.whoami(token);

      assert.equal(response.status, 200, response.text);
      assert.equal(response.json().subject, 'svc');
    }
  });

  for (const alg of ['RSA-OAEP-256', 'RSA-OAEP-384', 'RSA-OAEP-512']) {
    for (const enc of ['A128GCM', 'A192GCM', 'A256GCM', 'A128CBC-HS256', 'A192CBC-HS384', 'A256CBC-HS512']) {
      test(`accepts a token that jose encrypted with ${alg} and ${enc}`, async () => {
        const signed = await fetchToken(issuer, { scope: 'profile:read' });
        const seal = (key) =>
          new CompactEncrypt(new TextEncoder().encode(signed)).setProtectedHeader({ alg, enc, cty: 'JWT' }).encrypt(key);

        const response = await service.whoami(await seal(pair.publicKey));
        const refused = await service.whoami(await seal(other.publicKey));

        assert.equal(response.status, 200, response.text);
        assertRefused(refused, 401, 'invalid_token');
        assert.equal(refused.json().reason, 'undecryptable');
      });
    }
  }

  test('refuses the algorithm of old software, which jose encrypts with too', async () => {
    const signed = await fetchToken(issuer, { scope: 'profile:read' });
    const seal = new CompactEncrypt(new TextEncoder().encode(signed));
    const token = await seal.setProtectedHeader({ alg: 'RSA-OAEP', enc: 'A256GCM' }).encrypt(pair.publicKey);

    const response = await service.whoami(token);

    assertRefused(response, 401, 'invalid_token');
    assert.equal(response.json().reason, 'encryption_not_allowed');
  });

  test('logs a refusal without a part of the token', async () => {
    const token = await encryptedToken(issuer);
    const parts = token.split('.');
    const altered = [...parts.slice(0, 4), tampered(`a.b.${parts[4]}`).split('.')[2]].join('.');

    const response = await service.whoami(altered);

    assert.equal(response.json().reason, 'undecryptable');
    await eventually(() => 'the log line', () => service.output.stdout.includes('undecryptable') || service.output.stderr.includes('undecryptable'));
    for (const part of parts) assert.ok(!(service.output.stdout + service.output.stderr).includes(part));
  });

  test('explain shows the encryption, then the signed token, also offline', async () => {
    const token = await encryptedToken(issuer);
    const online = await run(['explain'], { ...withKey(issuer), OKTA_TOKEN: token });
    const offline = await run(['explain', '--offline'], { ...withKey(issuer), OKTA_TOKEN: token });

    assert.equal(online.code, 0, online.stdout + online.stderr);
    assert.match(online.stdout, /^Accepted: /);
    assert.match(online.stdout, /\nEncryption, which nobody has signed\n\n {2}alg/);
    assert.match(online.stdout, /passed +encryption +"RSA-OAEP-256" with "A256GCM"/);
    assert.match(online.stdout, /passed +decryption +thumbprint [\w-]{43} \(default\)/);
    assert.match(online.stdout, /sub +"svc"/);
    assert.match(online.stdout, /whoami +yes\n/);
    assert.equal(offline.code, 0, offline.stdout + offline.stderr);
    assert.match(offline.stdout, /^Undecided: /);
    assert.match(offline.stdout, /sub +"svc"/);
    for (const part of token.split('.').slice(1)) assert.ok(!online.stdout.includes(part), 'it shows a part of the token');
  });

  test('without the key, explain and doctor say what to do', async () => {
    const token = await encryptedToken(issuer);
    const explained = await run(['explain'], { ...settings(issuer), OKTA_TOKEN: token });
    const file = path.join(scratch, 'encrypted.txt');
    fs.writeFileSync(file, token);
    const ill = await run(['doctor', '--token', `@${file}`], settings(issuer));
    const well = await run(['doctor', '--token', `@${file}`], withKey(issuer));

    assert.equal(explained.code, 1);
    assert.match(explained.stdout, /^ {2}reason {2}encrypted_token$/m);
    assert.match(explained.stdout, /`issuer\.decryption_keys`/);
    assert.equal(ill.code, 1, ill.stdout + ill.stderr);
    assert.match(ill.stdout, /FAILED +encryption +the given token is encrypted/);
    assert.match(ill.stdout, /fix: Name the file of the private key/);
    assert.equal(well.code, 0, well.stdout + well.stderr);
    assert.match(well.stdout, /ok +encryption +decryption keys: RSA of 2048 bits/);
  });

  test('a reload replaces the key', async () => {
    const token = await encryptedToken(issuer);
    assert.equal((await service.whoami(token)).status, 200);

    write(other);
    service.signal('SIGHUP');

    const reason = async () => {
      const response = await service.whoami(await encryptedToken(issuer));
      return response.status === 401 && response.json().reason === 'undecryptable';
    };
    await eventually(() => 'the new key', reason);
    write(pair);
    service.signal('SIGHUP');
    await eventually(() => 'the old key', async () => (await service.whoami(token)).status === 200);
  });
});

test('a file that is no key stops the start with every problem and exit code 78', async () => {
  const absent = path.join(scratch, 'absent.pem');
  const { code, stderr } = await run([], {
    OKTA_OAUTH2_ISSUER: 'http://127.0.0.1:9/oauth2/default',
    RESOURCE_SERVER_ISSUER__DECRYPTION_KEYS: `${absent},${import.meta.filename}`,
    RESOURCE_SERVER_DECRYPTION__MAX_TOKENS: 'many',
  });

  assert.equal(code, 78, stderr);
  assert.match(stderr, /`issuer\.decryption_keys` names a file that cannot be read \(.*\) \(.*RESOURCE_SERVER_ISSUER__DECRYPTION_KEYS.*\): found ".*absent\.pem"\. Name a file/);
  assert.match(stderr, /`issuer\.decryption_keys` names a file that is not usable: it is neither/);
  assert.match(stderr, /`decryption\.max_tokens` must be a whole number/);
});
