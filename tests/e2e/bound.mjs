// Tokens that are bound to a key or a certificate, by an issuer in this process, and DPoP proofs.
import crypto from 'node:crypto';
import fs from 'node:fs';
import http from 'node:http';
import http2 from 'node:http2';
import https from 'node:https';
import path from 'node:path';
import { spawnSync } from 'node:child_process';
import { scratch } from './harness.mjs';

const encode = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
const digest = (bytes) => crypto.createHash('sha256').update(bytes).digest('base64url');

/** A key pair of this algorithm: ES256 or RS256. */
export function newKey(alg = 'ES256') {
  const { publicKey, privateKey } = alg === 'ES256'
    ? crypto.generateKeyPairSync('ec', { namedCurve: 'P-256' })
    : crypto.generateKeyPairSync('rsa', { modulusLength: 2048 });
  const jwk = publicKey.export({ format: 'jwk' });
  const { crv, e, kty, n, x, y } = jwk;
  const members = kty === 'EC' ? { crv, kty, x, y } : { e, kty, n };
  return { alg, privateKey, jwk, thumbprint: digest(JSON.stringify(members)) };
}

function sign(key, header, payload) {
  const signed = `${encode({ alg: key.alg, ...header })}.${encode(payload)}`;
  const options = { key: key.privateKey, dsaEncoding: 'ieee-p1363' };
  return `${signed}.${crypto.sign('sha256', Buffer.from(signed), options).toString('base64url')}`;
}

/** A proof by `key` for this request. `claims` replaces claims. */
export function proof(key, method, url, token, claims = {}) {
  return sign(key, { typ: 'dpop+jwt', jwk: key.jwk }, {
    htm: method,
    htu: url,
    iat: Math.floor(Date.now() / 1000),
    jti: crypto.randomUUID(),
    ath: digest(token),
    ...claims,
  });
}

/** The headers of a call with a bound token and its proof. */
export const dpop = (token, text) => ({ authorization: `DPoP ${token}`, dpop: text });

/** An issuer with a key of each algorithm. `mint` makes tokens with any `cnf`. */
export async function startBoundIssuer() {
  const keys = { ES256: newKey('ES256'), RS256: newKey('RS256') };
  const published = Object.values(keys).map(({ alg, jwk }) => ({ ...jwk, alg, kid: alg, use: 'sig' }));
  let url;
  const server = http.createServer((request, response) => {
    const body = request.url.endsWith('/keys')
      ? { keys: published }
      : {
        issuer: url,
        jwks_uri: `${url}/keys`,
        token_endpoint: `${url}/token`,
        authorization_endpoint: `${url}/authorize`,
        response_types_supported: ['code'],
        subject_types_supported: ['public'],
        id_token_signing_alg_values_supported: ['ES256'],
      };
    response.setHeader('content-type', 'application/json').end(JSON.stringify(body));
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${server.address().port}/oauth2/default`;
  return {
    url,
    stop: () => new Promise((resolve) => { server.closeAllConnections(); server.close(resolve); }),
    mint(cnf, { alg = 'ES256', ...claims } = {}) {
      const now = Math.floor(Date.now() / 1000);
      return sign(keys[alg], { kid: alg, typ: 'at+jwt' }, {
        iss: url, aud: 'api://default', sub: 'ada', cid: 'shop', scp: ['profile:read'],
        iat: now, exp: now + 3600, jti: crypto.randomUUID(), ...(cnf && { cnf }), ...claims,
      });
    },
  };
}

const openssl = (...args) => {
  const { status, stderr } = spawnSync('openssl', args, { cwd: scratch, encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
};

/** An authority for tests. */
export function newAuthority(name = 'ca') {
  openssl('req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '30',
    '-subj', `/CN=${name}`, '-keyout', `${name}.key`, '-out', `${name}.pem`);
  return path.join(scratch, `${name}.pem`);
}

/**
 * A certificate by the authority with this name, or a self-signed one without a name. `subject` and `names`
 * have the forms of `-subj` and `subjectAltName` of OpenSSL.
 */
export function newCertificate(name, authority, { subject = `/CN=${name}`, names = 'DNS:localhost,IP:127.0.0.1' } = {}) {
  const files = ['-keyout', `${name}.key`, '-out', `${name}.pem`];
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-subj', subject];
  if (authority === undefined) {
    openssl('req', '-x509', ...key, '-days', '30', ...files);
  } else {
    openssl('req', ...key, '-addext', `subjectAltName=${names}`, '-keyout', `${name}.key`, '-out', `${name}.csr`);
    openssl('x509', '-req', '-in', `${name}.csr`, '-CA', `${authority}.pem`, '-CAkey', `${authority}.key`,
      '-CAcreateserial', '-days', '30', '-copy_extensions', 'copy', '-out', `${name}.pem`);
  }
  const [cert, key_] = ['pem', 'key'].map((ending) => path.join(scratch, `${name}.${ending}`));
  // For HAProxy.
  fs.writeFileSync(path.join(scratch, `${name}.both`), fs.readFileSync(cert) + fs.readFileSync(key_));
  const { raw } = new crypto.X509Certificate(fs.readFileSync(cert));
  return { cert, key: key_, both: path.join(scratch, `${name}.both`), der: raw, thumbprint: digest(raw) };
}

/** One request over TLS, with a certificate of the caller or without. */
export function callTls(url, { headers = {}, ca, certificate, ...more } = {}) {
  const own = certificate && { cert: fs.readFileSync(certificate.cert), key: fs.readFileSync(certificate.key) };
  return new Promise((resolve, reject) => {
    const request = https.request(url, { headers, agent: false, ca: fs.readFileSync(ca), ...own, ...more });
    request.on('error', reject).on('response', async (response) => {
      let text = '';
      for await (const chunk of response.setEncoding('utf8')) text += chunk;
      resolve({ status: response.statusCode, headers: response.headers, text, json: () => JSON.parse(text) });
    });
    request.end();
  });
}

/** One request over HTTP/2 on a connection of its own. `authority` is the host of the request, if it is another. */
export async function callHttp2(url, { headers = {}, ca, authority } = {}) {
  const { origin, pathname, host } = new URL(url);
  const session = http2.connect(origin, { ca: fs.readFileSync(ca), servername: 'localhost' });
  const stream = session.request({ ':path': pathname, ':authority': authority ?? host, ...headers });
  try {
    return await new Promise((resolve, reject) => {
      session.on('error', reject);
      stream.on('error', reject).on('response', async ({ ':status': status }) => {
        let text = '';
        for await (const chunk of stream.setEncoding('utf8')) text += chunk;
        resolve({ status, text, json: () => JSON.parse(text) });
      });
    });
  } finally {
    session.destroy();
  }
}
