// What the tests of proxies share: an issuer, certificates, services that trust proxies, and checks that
// each proxy must pass. Proxies call from TRUSTED. Callers come from 127.0.0.1, which is not trusted.
import assert from 'node:assert/strict';
import { bearer, call, eventually, freePort, settings, startService } from '../harness.mjs';
import { callTls, dpop, newAuthority, newCertificate, newKey, proof, startBoundIssuer } from '../bound.mjs';

/** The addresses from which the proxies call. */
export const TRUSTED = { nginx: '127.0.0.2', haproxy: '127.0.0.3', envoy: '127.0.0.4' };

/** The settings for the header in which a proxy sends certificates. */
export const certificateHeader = (name, format) => ({
  RESOURCE_SERVER_HTTP__CLIENT_CERTIFICATE_HEADER: name,
  RESOURCE_SERVER_HTTP__CLIENT_CERTIFICATE_FORMAT: format,
});

export function refused(response, status, reason) {
  assert.equal(response.status, status, response.text);
  assert.equal(response.json().reason, reason, response.text);
}

/**
 * An issuer, an authority `ca`, and three of its certificates. `started` are the processes that `stop`
 * stops, the last one first.
 */
export async function startWorld() {
  const issuer = await startBoundIssuer();
  const ca = newAuthority();
  const [server, mine, other] = ['server', 'mine', 'other'].map((name) => newCertificate(name, 'ca'));
  const started = [];

  const keep = (process_) => {
    started.push(process_);
    return process_;
  };
  const serve = async (env, { port } = {}) => {
    const admin = await freePort();
    const service = await startService({
      ...settings(issuer),
      RESOURCE_SERVER_HTTP__TRUSTED_PROXIES: Object.values(TRUSTED).join(','),
      RESOURCE_SERVER_ADMIN__LISTEN: `127.0.0.1:${admin}`,
      RESOURCE_SERVER_LOG__FORMAT: 'json',
      ...env,
    }, { port });
    return { ...keep(service), admin: `http://127.0.0.1:${admin}` };
  };

  /** Calls the URL until a proxy answers there. */
  const listening = (url) => eventually(
    () => `a proxy at ${url}\n${started.at(-1)?.output.stderr}`,
    () => callTls(`${url}/livez`, { ca }).then(() => true, () => false),
  );

  /** Calls whoami with a token, a certificate of the caller or none, and more headers. */
  const callWith = (base, token) => (certificate, headers = {}) =>
    callTls(`${base}/api/whoami`, { ca, certificate, headers: { ...bearer(token), ...headers } });

  /** Tries proofs for the URL of the proxy and for others. `base` is what the caller used. */
  async function checkUrls(service, base, prefix = '') {
    const key = newKey();
    const token = issuer.mint({ jkt: key.thumbprint });
    const target = `${base}${prefix}/api/whoami`;
    const ask = (url, headers = {}) => callTls(target, { ca, headers: { ...dpop(token, proof(key, 'GET', url, token)), ...headers } });

    assert.equal((await ask(target)).status, 200);
    assert.equal((await ask(`${target}?a=b`)).status, 200);
    assert.equal((await ask(target.replace('localhost', 'LOCALHOST'))).status, 200);
    refused(await ask(`${service.url}/api/whoami`), 401, 'proof_wrong_url');
    refused(await ask(target.replace('https:', 'http:')), 401, 'proof_wrong_url');
    refused(await ask('https://evil.example/api/whoami'), 401, 'proof_wrong_url');
    const invented = {
      'x-forwarded-host': 'evil.example', forwarded: 'for=1.2.3.4;host=evil.example;proto=https',
    };
    refused(await ask('https://evil.example/api/whoami', invented), 401, 'proof_wrong_url');
    refused(await ask(target.replace('https:', 'http:'), { 'x-forwarded-proto': 'http' }), 401, 'proof_wrong_url');
    const lines = () => service.output.stderr.split('\n').filter((line) => line.includes('proof_wrong_url'));
    await eventually(() => `five refusals:\n${lines().join('\n')}`, () => lines().length === 5);
    assert.ok(lines().every((line) => line.includes(target)), lines().join('\n'));
  }

  /** Calls with and without certificates. `name` is the header. */
  async function checkCertificates(service, base, name, value) {
    const token = issuer.mint({ 'x5t#S256': mine.thumbprint });
    const ask = callWith(base, token);

    assert.equal((await ask(mine)).status, 200);
    refused(await ask(other), 401, 'wrong_certificate');
    refused(await ask(undefined), 401, 'certificate_required');
    // What a caller sends in this header is replaced by the proxy, and removed without it.
    refused(await ask(other, { [name]: value }), 401, 'wrong_certificate');
    refused(await ask(undefined, { [name]: value }), 401, 'certificate_required');
    const direct = await call(`${service.url}/api/whoami`, { headers: { ...bearer(token), [name]: value } });
    refused(direct, 401, 'certificate_required');
    assert.equal((await callTls(`${base}/api/hello`, { ca })).status, 200);
  }

  return {
    issuer, ca, server, mine, other, keep, serve, listening, callWith, checkUrls, checkCertificates,
    async stop() {
      for (const process_ of started.reverse()) await process_.stop();
      await issuer.stop();
    },
  };
}
