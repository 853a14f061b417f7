// Debian's nginx and HAProxy in front of the service: the URL that a proof names, and the certificate of
// the caller. See `npm run proxies`. The proxies call from 127.0.0.2 and 127.0.0.3, which are trusted.
// Callers come from 127.0.0.1, which is not.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { bearer, call, eventually, freePort, scratch, settings, start, startService } from './harness.mjs';
import { callTls, dpop, newAuthority, newCertificate, newKey, proof, startBoundIssuer } from './bound.mjs';

const skip = process.env.PROXIES ? false : 'run by `npm run proxies`';

describe('bound tokens behind proxies', { skip }, () => {
  let issuer;
  let ca;
  let server;
  let mine;
  let other;
  const started = [];
  before(async () => {
    issuer = await startBoundIssuer();
    ca = newAuthority();
    [server, mine, other] = ['server', 'mine', 'other'].map((name) => newCertificate(name, 'ca'));
  });
  after(async () => {
    for (const process_ of started.reverse()) await process_.stop();
    await issuer?.stop();
  });

  const serve = async (env) => {
    const admin = await freePort();
    const service = await startService({
      ...settings(issuer),
      RESOURCE_SERVER_HTTP__TRUSTED_PROXIES: '127.0.0.2,127.0.0.3',
      RESOURCE_SERVER_ADMIN__LISTEN: `127.0.0.1:${admin}`,
      RESOURCE_SERVER_LOG__FORMAT: 'json',
      ...env,
    });
    started.push(service);
    return { ...service, admin: `http://127.0.0.1:${admin}` };
  };

  const listening = (port) => eventually(
    () => `a proxy on ${port}`,
    () => callTls(`https://localhost:${port}/livez`, { ca }).then(() => true, () => false),
  );

  /** nginx with these lines in its only location. */
  async function startNginx(lines) {
    const port = await freePort();
    const directory = fs.mkdtempSync(path.join(scratch, 'nginx-'));
    const file = path.join(directory, 'nginx.conf');
    const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((it) => `  ${it}_temp_path ${directory}/${it};`);
    fs.writeFileSync(file, `
daemon off;
worker_processes 1;
pid ${directory}/pid;
error_log stderr;
events {}
http {
  access_log off;
${temporary.join('\n')}
  server {
    listen 127.0.0.1:${port} ssl;
    ssl_certificate ${server.cert};
    ssl_certificate_key ${server.key};
    ssl_client_certificate ${ca};
    ssl_verify_client optional;
    location / {
      proxy_bind 127.0.0.2;
      ${lines.join('\n      ')}
    }
  }
}
`);
    // As root, the workers would run as another user.
    const user = process.getuid() === 0 ? ['-g', 'user root;'] : [];
    const nginx = start('nginx', ['-p', directory, '-c', file, ...user]);
    started.push(nginx);
    await listening(port);
    return `https://localhost:${port}`;
  }

  /** HAProxy with these lines in its frontend. */
  async function startHaproxy(target, lines) {
    const port = await freePort();
    const file = path.join(scratch, `haproxy-${port}.cfg`);
    fs.writeFileSync(file, `
global
  maxconn 100
  tune.ssl.default-dh-param 2048
defaults
  mode http
  timeout connect 1s
  timeout client 10s
  timeout server 10s
frontend callers
  bind 127.0.0.1:${port} ssl crt ${server.both} ca-file ${ca} verify optional
  ${lines.join('\n  ')}
  default_backend service
backend service
  source 127.0.0.3
  server one ${new URL(target).host}
`);
    const haproxy = start('haproxy', ['-db', '-f', file]);
    started.push(haproxy);
    await listening(port);
    return `https://localhost:${port}`;
  }

  const refused = (response, status, reason) => {
    assert.equal(response.status, status, response.text);
    assert.equal(response.json().reason, reason, response.text);
  };

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
    const lines = service.output.stderr.split('\n').filter((line) => line.includes('proof_wrong_url'));
    assert.ok(lines.every((line) => line.includes(target)), lines.join('\n'));
  }

  test('nginx reports the host and the scheme that the caller used', async () => {
    const service = await serve();
    const base = await startNginx([
      `proxy_pass ${service.url};`,
      'proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;',
      'proxy_set_header X-Forwarded-Proto $scheme;',
      'proxy_set_header X-Forwarded-Host $http_host;',
      'proxy_set_header Forwarded "";',
    ]);

    await checkUrls(service, base);

    // Nobody but the proxy can report a host.
    const key = newKey();
    const token = issuer.mint({ jkt: key.thumbprint });
    const text = proof(key, 'GET', 'https://evil.example/api/whoami', token);
    const forwarded = { 'x-forwarded-host': 'evil.example', 'x-forwarded-proto': 'https' };
    refused(await call(`${service.url}/api/whoami`, { headers: { ...dpop(token, text), ...forwarded } }), 401, 'proof_wrong_url');
  });

  test('nginx removes a prefix, which http.public_url has', async () => {
    const port = await freePort();
    const target = `http://127.0.0.1:${port}`;
    // The port of nginx is not known before, and the service does not compare it with a setting.
    const nginx = await startNginx([
      'rewrite ^/shop(/.*)$ $1 break;',
      `proxy_pass ${target};`,
    ]);
    const service = await startService({
      ...settings(issuer), RESOURCE_SERVER_HTTP__PUBLIC_URL: `${nginx}/shop`, RESOURCE_SERVER_LOG__FORMAT: 'json',
    }, { port });
    started.push(service);

    await checkUrls(service, nginx, '/shop');
  });

  test('HAProxy reports them in X-Forwarded-Host and in Forwarded', async () => {
    const one = await serve();
    const base = await startHaproxy(one.url, [
      'option forwardfor',
      'http-request set-header X-Forwarded-Proto https',
      'http-request set-header X-Forwarded-Host %[req.hdr(host)]',
    ]);
    await checkUrls(one, base);

    const two = await serve({ RESOURCE_SERVER_HTTP__FORWARDED_HEADER: 'Forwarded' });
    const other_ = await startHaproxy(two.url, [
      'http-request set-header Forwarded "for=%[src];proto=https;host=\\"%[req.hdr(host)]\\""',
      'http-request set-header Host 127.0.0.1',
    ]);
    await checkUrls(two, other_);
  });

  /** Calls with and without certificates. `name` is the header. */
  async function checkCertificates(service, base, name, value) {
    const token = issuer.mint({ 'x5t#S256': mine.thumbprint });
    const ask = (certificate, headers = {}) =>
      callTls(`${base}/api/whoami`, { ca, certificate, headers: { ...bearer(token), ...headers } });

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

  const forwarded = ['option forwardfor', 'http-request set-header X-Forwarded-Proto https'];
  const certificateHeader = (name, format) => ({
    RESOURCE_SERVER_HTTP__CLIENT_CERTIFICATE_HEADER: name,
    RESOURCE_SERVER_HTTP__CLIENT_CERTIFICATE_FORMAT: format,
  });

  test('nginx sends the certificate of the caller', async () => {
    const service = await serve(certificateHeader('X-SSL-Client-Cert', 'nginx'));
    const base = await startNginx([
      `proxy_pass ${service.url};`,
      'proxy_set_header X-SSL-Client-Cert $ssl_client_escaped_cert;',
    ]);

    const value = encodeURIComponent(fs.readFileSync(mine.cert, 'utf8'));
    await checkCertificates(service, base, 'x-ssl-client-cert', value);
  });

  test('HAProxy sends the certificate of the caller as base64 and as RFC 9440', async () => {
    const plain = await serve(certificateHeader('X-SSL-Client-Cert', 'haproxy'));
    const one = await startHaproxy(plain.url, [
      ...forwarded, 'http-request set-header X-SSL-Client-Cert %[ssl_c_der,base64]',
    ]);
    await checkCertificates(plain, one, 'x-ssl-client-cert', mine.der.toString('base64'));

    const standard = await serve(certificateHeader('Client-Cert', 'rfc9440'));
    const two = await startHaproxy(standard.url, [
      ...forwarded,
      'http-request del-header Client-Cert',
      'http-request set-header Client-Cert :%[ssl_c_der,base64]: if { ssl_c_used }',
    ]);
    await checkCertificates(standard, two, 'client-cert', `:${mine.der.toString('base64')}:`);
  });

  test('a proxy that appends to the header is refused, and counted', async () => {
    const service = await serve(certificateHeader('Client-Cert', 'rfc9440'));
    const base = await startHaproxy(service.url, [
      ...forwarded, 'http-request add-header Client-Cert :%[ssl_c_der,base64]: if { ssl_c_used }',
    ]);
    const token = issuer.mint({ 'x5t#S256': mine.thumbprint });
    const value = `:${mine.der.toString('base64')}:`;
    const ask = (certificate, headers = {}) =>
      callTls(`${base}/api/whoami`, { ca, certificate, headers: { ...bearer(token), ...headers } });

    assert.equal((await ask(mine)).status, 200);
    refused(await ask(other, { 'client-cert': value }), 400, 'malformed_client_certificate');
    refused(await ask(undefined, { 'client-cert': 'garbage' }), 400, 'malformed_client_certificate');
    const metrics = (await call(`${service.admin}/metrics`)).text;
    assert.match(metrics, /status="400",reason="malformed_client_certificate"} 2/);
  });
});
