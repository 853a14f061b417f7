// Debian's nginx and HAProxy in front of the service: the URL that a proof names, and the certificate of
// the caller. See `npm run proxies`.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { call, freePort, scratch, start } from './harness.mjs';
import { dpop, newKey, proof } from './bound.mjs';
import { TRUSTED, certificateHeader, refused, startWorld } from './proxies/world.mjs';

const skip = process.env.PROXIES ? false : 'run by `npm run proxies`';

describe('bound tokens behind nginx and HAProxy', { skip }, () => {
  let world;
  before(async () => { world = await startWorld(); });
  after(() => world?.stop());

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
    ssl_certificate ${world.server.cert};
    ssl_certificate_key ${world.server.key};
    ssl_client_certificate ${world.ca};
    ssl_verify_client optional;
    location / {
      proxy_bind ${TRUSTED.nginx};
      ${lines.join('\n      ')}
    }
  }
}
`);
    // As root, the workers would run as another user.
    const user = process.getuid() === 0 ? ['-g', 'user root;'] : [];
    world.keep(start('nginx', ['-p', directory, '-c', file, ...user]));
    const url = `https://localhost:${port}`;
    await world.listening(url);
    return url;
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
  bind 127.0.0.1:${port} ssl crt ${world.server.both} ca-file ${world.ca} verify optional
  ${lines.join('\n  ')}
  default_backend service
backend service
  source ${TRUSTED.haproxy}
  server one ${new URL(target).host}
`);
    world.keep(start('haproxy', ['-db', '-f', file]));
    const url = `https://localhost:${port}`;
    await world.listening(url);
    return url;
  }

  test('nginx reports the host and the scheme that the caller used', async () => {
    const service = await world.serve();
    const base = await startNginx([
      `proxy_pass ${service.url};`,
      'proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;',
      'proxy_set_header X-Forwarded-Proto $scheme;',
      'proxy_set_header X-Forwarded-Host $http_host;',
      'proxy_set_header Forwarded "";',
    ]);

    await world.checkUrls(service, base);

    // Nobody but the proxy can report a host.
    const key = newKey();
    const token = world.issuer.mint({ jkt: key.thumbprint });
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
    const service = await world.serve({ RESOURCE_SERVER_HTTP__PUBLIC_URL: `${nginx}/shop` }, { port });

    await world.checkUrls(service, nginx, '/shop');
  });

  test('HAProxy reports them in X-Forwarded-Host and in Forwarded', async () => {
    const one = await world.serve();
    const base = await startHaproxy(one.url, [
      'option forwardfor',
      'http-request set-header X-Forwarded-Proto https',
      'http-request set-header X-Forwarded-Host %[req.hdr(host)]',
    ]);
    await world.checkUrls(one, base);

    const two = await world.serve({ RESOURCE_SERVER_HTTP__FORWARDED_HEADER: 'Forwarded' });
    const other_ = await startHaproxy(two.url, [
      'http-request set-header Forwarded "for=%[src];proto=https;host=\\"%[req.hdr(host)]\\""',
      'http-request set-header Host 127.0.0.1',
    ]);
    await world.checkUrls(two, other_);
  });

  const forwarded = ['option forwardfor', 'http-request set-header X-Forwarded-Proto https'];

  test('nginx sends the certificate of the caller', async () => {
    const service = await world.serve(certificateHeader('X-SSL-Client-Cert', 'nginx'));
    const base = await startNginx([
      `proxy_pass ${service.url};`,
      'proxy_set_header X-SSL-Client-Cert $ssl_client_escaped_cert;',
    ]);

    const value = encodeURIComponent(fs.readFileSync(world.mine.cert, 'utf8'));
    await world.checkCertificates(service, base, 'x-ssl-client-cert', value);
  });

  test('HAProxy sends the certificate of the caller as base64 and as RFC 9440', async () => {
    const plain = await world.serve(certificateHeader('X-SSL-Client-Cert', 'haproxy'));
    const one = await startHaproxy(plain.url, [
      ...forwarded, 'http-request set-header X-SSL-Client-Cert %[ssl_c_der,base64]',
    ]);
    await world.checkCertificates(plain, one, 'x-ssl-client-cert', world.mine.der.toString('base64'));

    const standard = await world.serve(certificateHeader('Client-Cert', 'rfc9440'));
    const two = await startHaproxy(standard.url, [
      ...forwarded,
      'http-request del-header Client-Cert',
      'http-request set-header Client-Cert :%[ssl_c_der,base64]: if { ssl_c_used }',
    ]);
    await world.checkCertificates(standard, two, 'client-cert', `:${world.mine.der.toString('base64')}:`);
  });

  test('a proxy that appends to the header is refused, and counted', async () => {
    const service = await world.serve(certificateHeader('Client-Cert', 'rfc9440'));
    const base = await startHaproxy(service.url, [
      ...forwarded, 'http-request add-header Client-Cert :%[ssl_c_der,base64]: if { ssl_c_used }',
    ]);
    const token = world.issuer.mint({ 'x5t#S256': world.mine.thumbprint });
    const value = `:${world.mine.der.toString('base64')}:`;
    const ask = world.callWith(base, token);

    assert.equal((await ask(world.mine)).status, 200);
    refused(await ask(world.other, { 'client-cert': value }), 400, 'malformed_client_certificate');
    refused(await ask(undefined, { 'client-cert': 'garbage' }), 400, 'malformed_client_certificate');
    const metrics = (await call(`${service.admin}/metrics`)).text;
    assert.match(metrics, /status="400",reason="malformed_client_certificate"} 2/);
  });
});
