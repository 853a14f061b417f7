// The other issuer is what the guide's tests take it for. A failure here is not the service's.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { createRemoteJWKSet, decodeJwt, errors, jwtVerify } from 'jose';
import { call, fetchToken, run, settings, startIssuer, startService, tampered } from './harness.mjs';

for (const [name, options] of [
  ['RS256', { alg: 'RS256' }],
  ['ES256', { alg: 'ES256' }],
  ['RS512 with a key without alg', { alg: 'RS512', withoutAlg: true }],
]) {
  const { alg } = options;
  describe(`oidc-provider, ${name}`, () => {
    let issuer;
    let verify;
    before(async () => {
      issuer = await startIssuer(options);
      const metadata = (await call(`${issuer.url}/.well-known/openid-configuration`)).json();
      assert.equal(metadata.issuer, issuer.url);
      const [rsa] = (await call(metadata.jwks_uri)).json().keys;
      assert.equal(rsa.alg, options.withoutAlg ? undefined : 'RS256');
      const keys = createRemoteJWKSet(new URL(metadata.jwks_uri));
      verify = (token) => jwtVerify(token, keys, { issuer: issuer.url, audience: 'api://default' });
    });
    after(() => issuer?.stop());

    test('a token is a signed JWT for the API, with the scopes asked for', async () => {
      const token = await fetchToken(issuer, { scope: 'profile:read' });

      const { payload, protectedHeader } = await verify(token);
      assert.equal(protectedHeader.alg, alg);
      assert.equal(payload.aud, 'api://default');
      assert.equal(payload.client_id, 'svc');
      assert.equal(payload.scope, 'profile:read');
    });

    test('a tampered token fails only for its signature', async () => {
      const token = tampered(await fetchToken(issuer));

      await assert.rejects(verify(token), errors.JWSSignatureVerificationFailed);
    });

    test('a token for the other resource has another audience', async () => {
      const token = await fetchToken(issuer, { resource: 'urn:e2e:other' });

      assert.equal(decodeJwt(token).aud, 'api://other');
    });

    test('a stale token fails only for its expiry', async () => {
      const token = await fetchToken(issuer, { client: 'stale' });

      await assert.rejects(verify(token), errors.JWTExpired);
    });

    test('a restart keeps the keys of the same file', async () => {
      const token = await fetchToken(issuer);
      await issuer.stop();
      issuer = await startIssuer({ ...issuer, ...options });

      await verify(token);
    });
  });
}

// RFC 7517 section 4.4 makes `alg` optional; LemonLDAP::NG leaves it out.
describe('an issuer that publishes its RSA key without alg and signs with RS512', () => {
  let issuer;
  before(async () => {
    issuer = await startIssuer({ alg: 'RS512', withoutAlg: true });
  });
  after(() => issuer?.stop());

  test('is used by the service and by doctor', async () => {
    const token = await fetchToken(issuer);
    const service = await startService(settings(issuer));

    const { status } = await service.whoami(token);
    const explained = await run(['explain', token], settings(issuer));
    const client = ['--client-id', 'svc', '--client-secret', 'svc-secret'];
    const doctor = await run(['doctor', ...client], settings(issuer));
    await service.stop();

    assert.equal(status, 200);
    assert.equal(explained.code, 0, explained.stdout);
    assert.equal(doctor.code, 0, doctor.stdout);
    assert.match(doctor.stdout.replace(/\s+/g, ' '), /\(RS256, RS384, RS512, PS256, PS384, PS512, RSA 2048 bits, use sig, alg absent\)/);
  });

  test('is refused for its algorithm where the settings allow another alone', async () => {
    const token = await fetchToken(issuer);
    const only = { ...settings(issuer), RESOURCE_SERVER_ISSUER__ALGORITHMS: 'RS256,ES256' };
    const service = await startService(only);

    const refused = await service.whoami(token);
    const explained = await run(['explain', token], only);
    await service.stop();

    assert.equal(refused.status, 401);
    assert.equal(refused.json().reason, 'algorithm_not_allowed');
    assert.match(explained.stdout, /^ {2}FAILED +algorithm +"RS512"\n +wanted: one of RS256, ES256$/m);
  });
});
