// The other issuer is what the guide's tests take it for. A failure here is not the service's.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { createRemoteJWKSet, decodeJwt, errors, jwtVerify } from 'jose';
import { call, fetchToken, startIssuer, tampered } from './harness.mjs';

for (const alg of ['RS256', 'ES256']) {
  describe(`oidc-provider, ${alg}`, () => {
    let issuer;
    let verify;
    before(async () => {
      issuer = await startIssuer({ alg });
      const metadata = (await call(`${issuer.url}/.well-known/openid-configuration`)).json();
      assert.equal(metadata.issuer, issuer.url);
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
      issuer = await startIssuer({ ...issuer, alg });

      await verify(token);
    });
  });
}
