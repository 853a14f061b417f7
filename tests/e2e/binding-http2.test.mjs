// Bound tokens over HTTP/2, where the URL of a proof is that of `:scheme` and `:authority`.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { freePort, settings, startService } from './harness.mjs';
import { callHttp2, dpop, newAuthority, newCertificate, newKey, proof, startBoundIssuer } from './bound.mjs';

describe('bound tokens over HTTP/2', () => {
  let issuer;
  let service;
  let port;
  let ca;

  before(async () => {
    issuer = await startBoundIssuer();
    ca = newAuthority();
    const { cert, key } = newCertificate('http2', 'ca');
    port = await freePort();
    const operators = await freePort();
    service = await startService(
      {
        ...settings(issuer),
        // The profile `dev` answers only requests for its own hosts.
        RESOURCE_SERVER_PROFILE: 'production',
        RESOURCE_SERVER_HTTP__TLS__CERT: cert,
        RESOURCE_SERVER_HTTP__TLS__KEY: key,
        RESOURCE_SERVER_ADMIN__LISTEN: `127.0.0.1:${operators}`,
      },
      { port, health: `http://127.0.0.1:${operators}` },
    );
  });
  after(() => Promise.all([service, issuer].map((it) => it?.stop())));

  /** Calls whoami over a connection of its own. Returns the status and the reason of a refusal. */
  async function whoami(authority, headers) {
    const response = await callHttp2(`https://127.0.0.1:${port}/api/whoami`, { ca, authority, headers });
    return [response.status, response.json().reason];
  }

  test('the URL of a proof is compared with the authority of the request', async () => {
    const key = newKey();
    const token = issuer.mint({ jkt: key.thumbprint });
    const accepted = [200, undefined];
    const wrong = [401, 'proof_wrong_url'];
    for (const [row, authority, url, expected] of [
      ['with its port', `localhost:${port}`, `https://localhost:${port}/api/whoami`, accepted],
      ['without a port', 'api.example', 'https://api.example/api/whoami', accepted],
      ['with the default port', 'api.example:443', 'https://api.example/api/whoami', accepted],
      ['another port', `localhost:${port}`, 'https://localhost/api/whoami', wrong],
      ['another host', 'api.example', 'https://other.example/api/whoami', wrong],
      ['without TLS', 'api.example', 'http://api.example/api/whoami', wrong],
      ['another path', 'api.example', 'https://api.example/api/hello', wrong],
    ]) {
      const headers = dpop(token, proof(key, 'GET', url, token));

      assert.deepEqual(await whoami(authority, headers), expected, row);
    }
  });

  test('a field `host` does not replace the authority', async () => {
    const key = newKey();
    const token = issuer.mint({ jkt: key.thumbprint });
    const headers = (host) => ({ ...dpop(token, proof(key, 'GET', `https://${host}/api/whoami`, token)), host: 'b.example' });

    assert.deepEqual(await whoami('a.example', headers('a.example')), [200, undefined]);
    assert.deepEqual(await whoami('a.example', headers('b.example')), [401, 'proof_wrong_url']);
  });
});
