// Envoy in front of the service, with the configuration of docs/binding.md: the URL that a proof names, and the
// certificate of the caller. See `npm run proxies`. ENVOY is the program.
import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import fs from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { call, freePort } from './harness.mjs';
import { callHttp2, dpop, newCertificate, newKey, proof } from './bound.mjs';
import { certificateHeader, refused, startWorld } from './proxies/world.mjs';
import { startEnvoy } from './proxies/envoy.mjs';

const NAME = 'x-forwarded-client-cert';
const { PROXIES, ENVOY } = process.env;
const skip = PROXIES ? !ENVOY && 'ENVOY does not name a program' : 'run by `npm run proxies`';

describe('bound tokens behind Envoy', { skip }, () => {
  let world;
  before(async () => { world = await startWorld(); });
  after(() => world?.stop());

  const envoy = (target, ...changes) => startEnvoy(world, ENVOY, target, changes);
  const serve = () => world.serve(certificateHeader('X-Forwarded-Client-Cert', 'envoy'));
  const hash = ({ der }) => crypto.createHash('sha256').update(der).digest('hex');
  const details = (list) => ['{ cert: true }', list];
  const ALL = details('{ cert: true, chain: true, subject: true, uri: true, dns: true }');
  const APPENDING = ['SANITIZE_SET ', 'APPEND_FORWARD '];

  test('Envoy reports the host and the scheme that the caller used', async () => {
    const service = await world.serve();
    const base = await envoy(service.url);

    await world.checkUrls(service, base);
  });

  test('Envoy reports them for callers over HTTP/2, and serves no other host', async () => {
    // The profile `dev` answers only requests for its own hosts.
    const service = await world.serve({ RESOURCE_SERVER_PROFILE: 'production' });
    const base = await envoy(service.url);
    const key = newKey();
    const token = world.issuer.mint({ jkt: key.thumbprint });
    const target = `${base}/api/whoami`;
    const ask = (url, authority) =>
      callHttp2(target, { ca: world.ca, authority, headers: dpop(token, proof(key, 'GET', url, token)) });

    assert.equal((await ask(target)).status, 200);
    assert.equal((await ask('https://api.example.com/api/whoami', 'api.example.com')).status, 200);
    refused(await ask('https://evil.example/api/whoami', 'api.example.com'), 401, 'proof_wrong_url');
    refused(await ask('https://api.example.com/api/whoami'), 401, 'proof_wrong_url');
    const { status, text } = await ask('https://evil.example/api/whoami', 'evil.example');
    assert.deepEqual([status, text], [404, '']);
  });

  test('Envoy removes a prefix, and http.public_url replaces what it reports', async () => {
    const port = await freePort();
    const base = await envoy(
      `http://127.0.0.1:${port}`,
      ['match: { prefix: / }', 'match: { prefix: /shop/ }'],
      ['route: { cluster: service }', 'route: { cluster: service, prefix_rewrite: / }'],
      // Without it, Envoy passes on the header of the caller.
      ['key: X-Forwarded-Host', 'key: X-Other'],
    );
    const service = await world.serve({ RESOURCE_SERVER_HTTP__PUBLIC_URL: `${base}/shop` }, { port });

    await world.checkUrls(service, base, '/shop');
  });

  test('Envoy sends the certificate of the caller, with each set of details', async () => {
    const service = await serve();
    for (const list of [[], [details('{}')], [ALL]]) {
      const base = await envoy(service.url, ...list);

      await world.checkCertificates(service, base, NAME, `Hash=${hash(world.mine)}`);
    }
    const pem = encodeURIComponent(fs.readFileSync(world.mine.cert, 'utf8'));
    await world.checkCertificates(service, await envoy(service.url), NAME, `Cert="${pem}"`);
  });

  test('Envoy sends a certificate that it does not trust, if configured so', async () => {
    const service = await serve();
    const self = newCertificate('self');
    const ask = (base) => world.callWith(base, world.issuer.mint({ 'x5t#S256': self.thumbprint }));

    const any = await envoy(service.url, ['ca.pem } }', 'ca.pem }, trust_chain_verification: ACCEPT_UNTRUSTED }']);

    assert.equal((await ask(any)(self)).status, 200);
    refused(await ask(any)(world.mine), 401, 'wrong_certificate');
    await assert.rejects(ask(await envoy(service.url))(self));
  });

  test('names of a certificate do not replace its hash', async () => {
    const service = await serve();
    const base = await envoy(service.url, ALL);
    const stolen = world.issuer.mint({ 'x5t#S256': world.mine.thumbprint });
    const rows = [
      ['signs in the subject', { subject: '/CN=J\\C3\\BCrgen, \\"a;b\\" \\\\/O=c=d' }, 401, 'wrong_certificate'],
      ['signs in a URI', { names: 'URI:https://a.example/?b=c' }, 401, 'wrong_certificate'],
      ['a hash in the subject', { subject: '/CN=Hash=a' }, 400, 'malformed_client_certificate'],
      ['a hash in a URI', { names: `URI:https://a.example/;Hash=${hash(world.mine)}` }, 400, 'malformed_client_certificate'],
    ];
    for (const [row, names, status, reason] of rows) {
      const holder = newCertificate('holder', 'ca', names);
      const own = await world.callWith(base, world.issuer.mint({ 'x5t#S256': holder.thumbprint }))(holder);

      refused(await world.callWith(base, stolen)(holder), status, reason);
      assert.equal(own.status, status === 401 ? 200 : 400, `${row}: ${own.text}`);
    }
  });

  test('Envoy with APPEND_FORWARD is refused if the caller sends the header, and counted', async () => {
    const service = await serve();
    const base = await envoy(service.url, APPENDING);
    const ask = world.callWith(base, world.issuer.mint({ 'x5t#S256': world.mine.thumbprint }));
    const value = `Hash=${hash(world.mine)}`;

    assert.equal((await ask(world.mine)).status, 200);
    refused(await ask(world.other), 401, 'wrong_certificate');
    // Envoy removes the header if the connection has no certificate.
    refused(await ask(undefined, { [NAME]: value }), 401, 'certificate_required');
    const sent = [value, [value, value], 'garbage', `${value};Subject="`, `${value};Subject="\\`];
    for (const header of sent) {
      refused(await ask(world.other, { [NAME]: header }), 400, 'malformed_client_certificate');
    }
    refused(await ask(world.mine, { [NAME]: value }), 400, 'malformed_client_certificate');
    const metrics = (await call(`${service.admin}/metrics`)).text;
    assert.match(metrics, new RegExp(`status="400",reason="malformed_client_certificate"} ${sent.length + 1}\n`));
  });

  test('an open quote of the caller does not hide the element that Envoy appends', async () => {
    const service = await serve();
    const value = `Hash=${hash(world.mine)};Subject="`;
    const stolen = world.issuer.mint({ 'x5t#S256': world.mine.thumbprint });
    const malformed = [400, 'malformed_client_certificate'];
    const wrong = [401, 'wrong_certificate'];
    // Each certificate has a quote that closes the one of the caller. Envoy does not escape that of a URI.
    const rows = [
      ['subject', { subject: '/CN=a\\"b' }, '{ subject: true }', wrong],
      ['subject and certificate', { subject: '/CN=a\\"b' }, '{ cert: true, subject: true }', wrong],
      ['URI', { names: 'URI:https://a.example/\\"' }, '{ uri: true }', malformed],
      ['no quote', {}, '{ cert: true, subject: true }', wrong],
    ];
    const found = [];
    for (const [row, names, list] of rows) {
      const holder = newCertificate('holder', 'ca', names);
      const ask = world.callWith(await envoy(service.url, APPENDING, details(list)), stolen);
      const responses = [await ask(holder), await ask(holder, { [NAME]: value })];
      found.push([row, ...responses.map(({ status, json }) => [status, json().reason])]);
    }

    assert.deepEqual(found, rows.map(([row, , , without]) => [row, without, malformed]));
  });
});
