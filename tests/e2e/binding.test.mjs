// Bound tokens at the service itself: proofs, nonces, certificates, a reload, and FAPI 2.0.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { bearer, call, eventually, freePort, run, settings, startService } from './harness.mjs';
import { callTls, dpop, newAuthority, newCertificate, newKey, proof, startBoundIssuer } from './bound.mjs';

const SECRET = '0123456789abcdef0123456789abcdef';

describe('bound tokens', () => {
  let issuer;
  let ca;
  let server;
  before(async () => {
    issuer = await startBoundIssuer();
    ca = newAuthority();
    server = newCertificate('server', 'ca');
  });
  after(() => issuer?.stop());

  const refused = (response, status, reason) => {
    assert.equal(response.status, status, response.text);
    assert.equal(response.json().reason, reason, response.text);
  };
  const whoami = (service, headers) => call(`${service.url}/api/whoami`, { headers });

  test('a proof is accepted once, and not again after a reload', async () => {
    const key = newKey();
    const token = issuer.mint({ jkt: key.thumbprint });
    const service = await startService(settings(issuer));
    const url = `${service.url}/api/whoami`;
    const first = proof(key, 'GET', url, token);

    assert.equal((await whoami(service, dpop(token, first))).status, 200);
    refused(await whoami(service, dpop(token, first)), 401, 'proof_replayed');
    service.signal('SIGHUP');
    await eventually(() => service.output.stderr, () => service.output.stderr.includes('settings and keys reloaded'));

    refused(await whoami(service, dpop(token, first)), 401, 'proof_replayed');
    assert.equal((await whoami(service, dpop(token, proof(key, 'GET', url, token)))).status, 200);
    refused(await whoami(service, bearer(token)), 401, 'proof_required');
    await service.stop();
  });

  test('a proof for another URL is refused, and the log line has both URLs without the query', async () => {
    const key = newKey();
    const token = issuer.mint({ jkt: key.thumbprint });
    const service = await startService({
      ...settings(issuer), RESOURCE_SERVER_HTTP__PUBLIC_URL: 'https://api.example.com/shop', RESOURCE_SERVER_LOG__FORMAT: 'json',
    });

    const own = proof(key, 'GET', `${service.url}/api/whoami?secret=1`, token);
    refused(await whoami(service, dpop(token, own)), 401, 'proof_wrong_url');
    const public_ = proof(key, 'GET', 'https://API.example.com:443/shop/api/whoami', token);
    assert.equal((await whoami(service, dpop(token, public_))).status, 200);
    // The log is complete when the service has ended.
    await service.stop();

    const lines = service.output.stderr.split('\n').filter((line) => line.includes('proof_wrong_url'));
    assert.equal(lines.length, 1, service.output.stderr);
    const { fields = JSON.parse(lines[0]) } = JSON.parse(lines[0]);
    assert.equal(fields.wanted, 'https://api.example.com/shop/api/whoami');
    assert.equal(fields.found, `${service.url}/api/whoami`);
  });

  test('a nonce is required if configured so, and two replicas with one secret accept the same one', async () => {
    const key = newKey();
    const token = issuer.mint({ jkt: key.thumbprint });
    const env = { ...settings(issuer), RESOURCE_SERVER_DPOP__NONCE: 'true', RESOURCE_SERVER_DPOP__SECRET: SECRET };
    const [one, two] = [await startService(env), await startService(env)];
    const ask = (service, nonce) => {
      const text = proof(key, 'GET', `${service.url}/api/whoami`, token, nonce && { nonce });
      return whoami(service, dpop(token, text));
    };

    const without = await ask(one);
    refused(without, 401, 'missing_nonce');
    assert.match(without.headers['www-authenticate'], /DPoP .*error="use_dpop_nonce"/);
    assert.equal(without.headers['cache-control'], 'no-store');
    const nonce = without.headers['dpop-nonce'];

    assert.equal((await ask(one, nonce)).status, 200);
    assert.equal((await ask(two, nonce)).status, 200);
    refused(await ask(two, `${nonce}A`), 401, 'stale_nonce');
    await one.stop();
    await two.stop();
  });

  test('an operation may require what others do not', async () => {
    const service = await startService({
      ...settings(issuer), RESOURCE_SERVER_ACCESS__OPERATIONS__WHOAMI__BINDING: 'required',
    });
    const key = newKey();
    const bound = issuer.mint({ jkt: key.thumbprint });

    const answer = await whoami(service, bearer(issuer.mint()));
    refused(answer, 401, 'bearer_token_not_accepted');
    const text = proof(key, 'GET', `${service.url}/api/whoami`, bound);
    assert.equal((await whoami(service, dpop(bound, text))).status, 200);
    await service.stop();
  });

  const tls = () => ({
    ...settings(issuer),
    RESOURCE_SERVER_HTTP__TLS__CERT: server.cert,
    RESOURCE_SERVER_HTTP__TLS__KEY: server.key,
  });
  const startTls = async (env) => {
    const port = await freePort();
    // Its health is asked for where no certificate is needed.
    const admin = await freePort();
    const service = await startService(
      { ...tls(), RESOURCE_SERVER_ADMIN__LISTEN: `127.0.0.1:${admin}`, ...env },
      { port, health: `http://127.0.0.1:${admin}` },
    );
    const url = `https://localhost:${port}`;
    return { ...service, url, whoami: (headers, certificate) => callTls(`${url}/api/whoami`, { headers, ca, certificate }) };
  };

  test('a token that is bound to a certificate needs the connection to have it', async () => {
    const mine = newCertificate('mine', 'ca');
    const other = newCertificate('other', 'ca');
    const token = issuer.mint({ 'x5t#S256': mine.thumbprint });
    const client_ca = { RESOURCE_SERVER_HTTP__TLS__CLIENT_CA: ca };
    const required = await startTls(client_ca);
    const optional = await startTls({ ...client_ca, RESOURCE_SERVER_HTTP__TLS__CLIENT_AUTH: 'optional' });

    assert.equal((await required.whoami(bearer(token), mine)).status, 200);
    refused(await required.whoami(bearer(token), other), 401, 'wrong_certificate');
    await assert.rejects(required.whoami(bearer(token)));
    assert.equal((await optional.whoami(bearer(token), mine)).status, 200);
    refused(await optional.whoami(bearer(token)), 401, 'certificate_required');
    assert.equal((await optional.whoami(bearer(issuer.mint()))).status, 200);
    await required.stop();
    await optional.stop();
  });

  test('a self-signed certificate is enough where any is accepted, and the authorities accept none', async () => {
    const self = newCertificate('self');
    const other = newCertificate('other-self');
    const token = issuer.mint({ 'x5t#S256': self.thumbprint });
    const any = await startTls({ RESOURCE_SERVER_HTTP__TLS__CLIENT_AUTH: 'any' });
    const optional = await startTls({
      RESOURCE_SERVER_HTTP__TLS__CLIENT_CA: ca, RESOURCE_SERVER_HTTP__TLS__CLIENT_AUTH: 'optional',
    });

    assert.equal((await any.whoami(bearer(token), self)).status, 200);
    refused(await any.whoami(bearer(token), other), 401, 'wrong_certificate');
    refused(await any.whoami(bearer(token)), 401, 'certificate_required');
    await assert.rejects(optional.whoami(bearer(token), self));
    await any.stop();
    await optional.stop();
  });

  test('with a key and a certificate in cnf, both must hold', async () => {
    const mine = newCertificate('both', 'ca');
    const key = newKey();
    const token = issuer.mint({ jkt: key.thumbprint, 'x5t#S256': mine.thumbprint });
    const service = await startTls({ RESOURCE_SERVER_HTTP__TLS__CLIENT_AUTH: 'any' });
    const headers = () => dpop(token, proof(key, 'GET', `${service.url}/api/whoami`, token));

    assert.equal((await service.whoami(headers(), mine)).status, 200);
    refused(await service.whoami(headers()), 401, 'certificate_required');
    refused(await service.whoami(bearer(token), mine), 401, 'proof_required');
    await service.stop();
  });

  test('FAPI 2.0 accepts bound tokens over TLS by its algorithms, and nothing else', async () => {
    const key = newKey();
    const rsa = newKey('RS256');
    const service = await startTls({ RESOURCE_SERVER_PROFILE_SECURITY: 'fapi2' });
    const ask = (by, options) => {
      const token = issuer.mint({ jkt: by.thumbprint }, options);
      return service.whoami(dpop(token, proof(by, 'GET', `${service.url}/api/whoami`, token)));
    };

    assert.equal((await ask(key)).status, 200);
    refused(await ask(key, { alg: 'RS256' }), 401, 'algorithm_not_allowed');
    refused(await ask(rsa), 401, 'proof_algorithm_not_allowed');
    refused(await service.whoami(bearer(issuer.mint())), 401, 'bearer_token_not_accepted');
    await service.stop();
  });

  test('nothing older than TLS 1.2 is spoken', async () => {
    const service = await startTls({});
    const hello = (version) => callTls(`${service.url}/api/hello`, {
      ca, minVersion: version, maxVersion: version, ciphers: 'DEFAULT@SECLEVEL=0',
    });

    for (const version of ['TLSv1.2', 'TLSv1.3']) assert.equal((await hello(version)).status, 200);
    for (const version of ['TLSv1', 'TLSv1.1']) {
      // The alert of the service: handshake_failure or protocol_version.
      await assert.rejects(hello(version), /SSL alert number (40|70)/);
    }
    await service.stop();
  });

  test('a token in the query or in a form is not read', async () => {
    const service = await startService(settings(issuer));
    const token = issuer.mint();
    const form = { 'content-type': 'application/x-www-form-urlencoded' };

    assert.equal((await whoami(service, bearer(token))).status, 200);
    const url = `${service.url}/api/whoami?access_token=${token}`;
    refused(await call(url), 401, 'missing_credentials');
    refused(await call(url, { headers: form, body: `access_token=${token}` }), 401, 'missing_credentials');
    await service.stop();
  });

  test('two settings that together accept no token are an error', async () => {
    const { code, stderr } = await run([], {
      ...settings(issuer),
      RESOURCE_SERVER_ACCESS__BINDING: 'required',
      RESOURCE_SERVER_ACCESS__OPERATIONS__WHOAMI__BINDING: 'bearer',
    });

    assert.equal(code, 78, stderr);
    assert.match(stderr, /binding/);
  });

  test('FAPI 2.0 refuses what a proxy got without TLS, and does not start without TLS', async () => {
    const key = newKey();
    const fapi = { ...settings(issuer), RESOURCE_SERVER_PROFILE_SECURITY: 'fapi2' };
    const service = await startService({ ...fapi, RESOURCE_SERVER_HTTP__TRUSTED_PROXIES: '127.0.0.1' });
    const ask = (scheme) => {
      const token = issuer.mint({ jkt: key.thumbprint });
      const headers = dpop(token, proof(key, 'GET', `${scheme}://api.example.com/api/whoami`, token));
      const forwarded = { 'x-forwarded-proto': scheme, 'x-forwarded-host': 'api.example.com' };
      return whoami(service, { ...headers, ...forwarded });
    };

    assert.equal((await ask('https')).status, 200);
    refused(await ask('http'), 400, 'tls_required');
    await service.stop();
    const { code, stderr } = await run([], fapi);
    assert.equal(code, 78, stderr);
    assert.match(stderr, /`http\.tls\.cert` must be set with `profile_security = "fapi2"`/);
  });

  test('a Redis of proofs needs a secret that all replicas know', async () => {
    const { code, stderr } = await run([], {
      ...settings(issuer), RESOURCE_SERVER_DPOP__REDIS_URL: 'redis://127.0.0.1:1',
    });

    assert.equal(code, 78, stderr);
    assert.match(stderr, /`dpop\.secret` must be set with `dpop\.redis_url`, because replicas/);
  });
});
