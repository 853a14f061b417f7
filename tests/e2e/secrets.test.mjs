// Canaries: secrets are sent on every way in while everything is logged at TRACE, by hyper, h2,
// reqwest and rustls too, and none comes out on any way out.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import http2 from 'node:http2';
import https from 'node:https';
import net from 'node:net';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import {
  BIN, bearer, call, eventually, fetchToken, freePort, run, scratch, settings, start, startIssuer, startService, tampered,
  withKeyId,
} from './harness.mjs';

const SALT = 'canarysalt0123456789abcdefghijkl';

/** A canary for each way in. */
const CANARIES = Object.fromEntries(
  [
    'Cookie', 'Basic', 'Digest', 'DPoP', 'Unknown', 'ApiKey', 'Proxy', 'Query', 'Path', 'Form', 'Method', 'Host', 'Agent',
    'Origin', 'Forwarded', 'Field', 'Userinfo', 'Broken', 'Trailer', 'Client', 'Wrong', 'Preflight',
  ].map((name) => [name, `canary${name}${Math.random().toString(36).slice(2, 8)}`]),
);

/** How a secret may look in a log: as it is, and as bytes are shown. */
function appearances(secret) {
  const bytes = Buffer.from(secret);
  return [
    secret,
    [...bytes].join(', '),
    bytes.toString('hex'),
    encodeURIComponent(secret),
    // Whatever precedes it, one of these is in its base64.
    ...[0, 1, 2].map((skip) => bytes.subarray(skip, skip + 3 * Math.floor((bytes.length - skip) / 3)).toString('base64url')),
  ];
}

function assertNoSecret(where, text, secrets) {
  const lower = text.toLowerCase();
  for (const [name, secret] of Object.entries(secrets)) {
    for (const shown of appearances(secret)) {
      const at = lower.indexOf(shown.toLowerCase());
      assert.equal(at, -1, `${name} in ${where}: ${text.slice(Math.max(0, at - 200), at + 100)}`);
    }
  }
}

/** What a whole token must not leave behind: its parts. */
const parts = (name, token) => {
  const [, payload, signature] = token.split('.');
  return { [`${name}'s payload`]: payload.slice(0, 60), [`${name}'s signature`]: signature.slice(0, 40) };
};

/** Sends bytes, and yields what is received shortly after the end. */
const raw = (port, text) =>
  new Promise((resolve) => {
    let heard = '';
    const socket = net.connect(port, '127.0.0.1', () => socket.end(text));
    socket.setEncoding('utf8').on('data', (it) => (heard += it));
    socket.on('close', () => resolve(heard)).on('error', () => resolve(heard));
  });

/** The header fields of a caller that sends every credential. */
const fields = (authorization) => ({
  ...(authorization && { authorization }),
  cookie: `session=${CANARIES.Cookie}; access_token=${CANARIES.Cookie}`,
  'x-api-key': CANARIES.ApiKey,
  'proxy-authorization': `Basic ${btoa(`user:${CANARIES.Proxy}`)}`,
  'user-agent': CANARIES.Agent,
  origin: `https://${CANARIES.Origin}.example`.toLowerCase(),
  'x-forwarded-for': CANARIES.Forwarded,
  forwarded: `for=${CANARIES.Forwarded}`,
  'x-request-id': CANARIES.Field,
  traceparent: `00-${CANARIES.Field}`,
  referer: `https://example.com/?token=${CANARIES.Field}`,
});

const PATHS = [
  '/api/hello', '/api/whoami', '/openapi.json', '/openapi.yaml', '/docs', '/docs/reference', '/livez', '/readyz',
  '/readyz?verbose', '/.well-known/oauth-protected-resource', '/nothing',
];

/** Everything that a caller can say, with a good token and with bad ones; yields all answers. */
async function sayEverything(port, tokens) {
  const url = `http://127.0.0.1:${port}`;
  const answers = [];
  const note = async (answer) => answers.push(JSON.stringify(await answer.catch((error) => error.message)));
  const authorizations = [
    undefined,
    ...tokens.map((token) => `Bearer ${token}`),
    `Basic ${btoa(`client:${CANARIES.Basic}`)}`,
    `Digest username="a", response="${CANARIES.Digest}"`,
    `DPoP ${CANARIES.DPoP}`,
    `${CANARIES.Unknown} ${CANARIES.Unknown}`,
    `Bearer ${CANARIES.Unknown} ${CANARIES.Unknown}`,
  ];
  for (const target of PATHS) {
    for (const authorization of authorizations) await note(call(url + target, { headers: fields(authorization) }));
    const joint = target.includes('?') ? '&' : '?';
    await note(call(`${url}${target}${joint}access_token=${tokens[0]}&password=${CANARIES.Query}`));
    await note(call(`${url}${target}/${CANARIES.Path}`));
    await note(call(url + target, { method: `X${CANARIES.Method}`.toUpperCase().replace(/[^A-Z]/g, 'X') }));
    await note(
      call(url + target, {
        method: 'OPTIONS',
        headers: {
          ...fields(),
          'access-control-request-method': 'GET',
          'access-control-request-headers': CANARIES.Preflight,
        },
      }),
    );
    const form = { 'content-type': 'application/x-www-form-urlencoded' };
    await note(call(url + target, { method: 'POST', headers: form, body: `password=${CANARIES.Form}` }));
  }
  await note(call(`${url}/api/whoami`, { headers: { authorization: tokens.map((token) => `Bearer ${token}`) } }));
  const head = `Host: localhost\r\nAuthorization: Bearer ${tokens[0]}\r\n`;
  for (const text of [
    `GET http://user:${CANARIES.Userinfo}@127.0.0.1/api/whoami HTTP/1.1\r\n${head}Connection: close\r\n\r\n`,
    `GET /api/whoami HTTP/1.0\r\n${head}\r\n`,
    `GET /api/whoami HTTP/1.0\r\n${head.replace('localhost', CANARIES.Host)}\r\n`,
    `GET /api/whoami HTTP/1.1\r\n${head}${CANARIES.Broken} : bro ken\r\n\r\n`,
    `GET /api/whoami HTTP/1.1\r\n${head}X: ${CANARIES.Broken}\u0001\r\n\r\n`,
    `${CANARIES.Broken}\r\n\r\n`,
    `GET /api/whoami HTTP/1.1\r\n${head}X: ${CANARIES.Broken.repeat(9000)}\r\n\r\n`,
    `GET /api/whoami HTTP/1.1\r\n${head}X: ${CANARIES.Broken}`,
    `POST /api/hello HTTP/1.1\r\n${head}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX: ${CANARIES.Trailer}\r\n\r\n`,
  ]) {
    answers.push(await raw(port, text));
  }
  return answers.join('\n');
}

/** The same on one HTTP/2 connection. */
async function sayByHttp2(authority, tokens, options) {
  const session = http2.connect(authority, options);
  session.on('error', () => {});
  let heard = '';
  for (const target of [...PATHS, `/api/whoami?access_token=${tokens[0]}&q=${CANARIES.Query}`, `/${CANARIES.Path}`]) {
    for (const authorization of [...tokens.map((token) => `Bearer ${token}`), `Basic ${btoa(`a:${CANARIES.Basic}`)}`]) {
      const stream = session.request({ ':path': target, ...fields(authorization) });
      heard += JSON.stringify(await new Promise((resolve) => stream.on('response', resolve).on('error', resolve)));
      for await (const chunk of stream.setEncoding('utf8')) heard += chunk;
    }
  }
  session.close();
  return heard;
}

describe('secrets at level TRACE', () => {
  let issuer;
  let tokens;
  let secrets;
  const saltFile = path.join(scratch, 'salt');
  const logged = (format) => ({
    RUST_LOG: 'trace',
    RESOURCE_SERVER_LOG__FORMAT: format,
    RESOURCE_SERVER_AUDIT__SALT_FILE: saltFile,
    RESOURCE_SERVER_CLIENT__ID: 'svc',
    RESOURCE_SERVER_CLIENT__SECRET: CANARIES.Client,
  });

  before(async () => {
    fs.writeFileSync(saltFile, `${SALT}\n`);
    issuer = await startIssuer();
    const good = await fetchToken(issuer, { scope: 'profile:read' });
    tokens = [good, tampered(good), withKeyId(good, 'nobody'), `${good.split('.')[0]}.e30.${CANARIES.Wrong}`];
    secrets = { ...CANARIES, salt: SALT, ...parts('the good token', good), ...parts('the bad token', tampered(good)) };
  });
  after(() => issuer?.stop());

  for (const format of ['text', 'json']) {
    test(`none comes out where an issuer is asked (log lines as ${format})`, async () => {
      const admin = await freePort();
      const port = await freePort();
      const service = await startService(
        { ...settings(issuer), ...logged(format), RESOURCE_SERVER_ADMIN__LISTEN: `127.0.0.1:${admin}` },
        { port },
      );
      assert.equal((await service.whoami(tokens[0])).status, 200);

      const answers = (await sayEverything(port, tokens)) + (await sayByHttp2(service.url, tokens));
      const read = (target) => call(`http://127.0.0.1:${admin}${target}`, { headers: fields(`Bearer ${tokens[0]}`) });
      const operators = [];
      for (const target of ['/metrics', '/readyz?verbose', `/${CANARIES.Path}`]) operators.push((await read(target)).text);
      service.signal('SIGHUP');
      await eventually(() => 'a reload', () => service.output.stderr.includes('settings and keys reloaded'));
      assert.equal(await service.stop(), 0);

      const { stdout, stderr } = service.output;
      for (const target of ['hyper', 'h2::', 'reqwest', 'hyper_util', 'access', 'audit']) {
        assert.ok(stderr.includes(target), `nothing of ${target} was logged`);
      }
      assert.match(stderr, /TRACE/);
      assert.match(operators[0], /http_requests_total\{/);
      assert.ok(answers.length > 100_000);
      assertNoSecret('standard error', stderr, secrets);
      assertNoSecret('standard output', stdout, secrets);
      assertNoSecret('the answers', answers, secrets);
      assertNoSecret("the operators' answers", operators.join('\n'), secrets);
    });
  }

  test('none comes out of TLS', async (t) => {
    const [cert, key] = ['cert.pem', 'key.pem'].map((name) => path.join(scratch, name));
    const request = 'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=localhost -days 2';
    try {
      execFileSync('openssl', [...request.split(' '), '-keyout', key, '-out', cert], { stdio: 'ignore' });
    } catch {
      return t.skip('openssl is not installed');
    }
    const port = await freePort();
    const service = start(BIN, [], {
      ...settings(issuer),
      ...logged('text'),
      RESOURCE_SERVER_ADMIN__LISTEN: 'off',
      RESOURCE_SERVER_HTTP__LISTEN: `127.0.0.1:${port}`,
      RESOURCE_SERVER_HTTP__TLS__CERT: cert,
      RESOURCE_SERVER_HTTP__TLS__KEY: key,
    });
    const once = () =>
      new Promise((resolve) => {
        const options = { headers: fields(`Bearer ${tokens[0]}`), rejectUnauthorized: false, agent: false };
        https
          .get(`https://localhost:${port}/api/whoami`, { ...options, family: 4 }, (it) => resolve(it.resume().statusCode))
          .on('error', () => resolve(0));
      });
    await eventually(() => service.output.stderr, async () => (await once()) === 200);

    const answers = await sayByHttp2(`https://127.0.0.1:${port}`, tokens, { rejectUnauthorized: false });
    await raw(port, `GET /${CANARIES.Path} HTTP/1.1\r\nAuthorization: Bearer ${tokens[0]}\r\n\r\n`);
    assert.equal(await service.stop(), 0);

    assert.match(service.output.stderr, /rustls/);
    const privateKey = fs.readFileSync(key, 'utf8').split('\n')[1].slice(0, 40);
    assertNoSecret('standard error', service.output.stderr, { ...secrets, 'the private key': privateKey });
    assertNoSecret('the answers', answers, secrets);
  });

  test('none comes out of the embedded issuer, nor of the commands', async () => {
    const devPort = await freePort();
    const dev = { RESOURCE_SERVER_DEV__LISTEN: `127.0.0.1:${devPort}` };
    const port = await freePort();
    const service = await startService({ ...dev, RUST_LOG: 'trace', RESOURCE_SERVER_AUDIT__SALT_FILE: saltFile }, { port });
    const { stdout, stderr: tokenLog } = await run(['token', '--scope', 'profile:read'], { ...dev, RUST_LOG: 'trace' });
    const token = stdout.trim();
    assert.equal((await service.whoami(token)).status, 200);
    const wrong = await run(['token', '--scope', 'profile:read'], {
      ...dev,
      RUST_LOG: 'trace',
      RESOURCE_SERVER_CLIENT__ID: 'dev-client',
      RESOURCE_SERVER_CLIENT__SECRET: CANARIES.Wrong,
    });
    assert.notEqual(wrong.code, 0);
    const explained = await run(['explain', token], { ...dev, RUST_LOG: 'trace' });
    assert.equal(explained.code, 0, explained.stderr);
    const shown = await run(['config'], { ...dev, RESOURCE_SERVER_CLIENT__ID: 'a', RESOURCE_SERVER_CLIENT__SECRET: CANARIES.Client });
    assert.equal(shown.code, 0, shown.stderr);

    const base = `http://127.0.0.1:${devPort}/oauth2/default/v1`;
    const basic = { authorization: `Basic ${btoa(`dev-client:${CANARIES.Basic}`)}` };
    const form = { 'content-type': 'application/x-www-form-urlencoded' };
    for (const endpoint of ['token', 'introspect', 'revoke', 'authorize', 'keys']) {
      const body = `grant_type=authorization_code&code=${CANARIES.Form}&token=${token}&password=${CANARIES.Form}`;
      await call(`${base}/${endpoint}`, { method: 'POST', headers: { ...fields(), ...basic, ...form }, body });
      await call(`${base}/${endpoint}?state=${CANARIES.Query}&code_challenge=${CANARIES.Query}`, { headers: fields(`Bearer ${token}`) });
    }
    await call(`${base}/introspect`, {
      method: 'POST',
      headers: { authorization: `Basic ${btoa('dev-client:dev-secret')}`, ...form },
      body: `token=${token}`,
    });
    assert.equal(await service.stop(), 0);

    const all = { ...CANARIES, salt: SALT, basic: btoa('dev-client:dev-secret'), ...parts('the token', token) };
    assertNoSecret('standard error', service.output.stderr, all);
    assertNoSecret('standard output', service.output.stdout, all);
    assertNoSecret('token', tokenLog + wrong.stdout + wrong.stderr, all);
    assertNoSecret('explain', explained.stdout + explained.stderr, all);
    assertNoSecret('config', shown.stdout + shown.stderr, all);
  });

  test('a secret that does come out is found, however it is shown', () => {
    const canary = { it: CANARIES.Field };
    for (const shown of [
      `a ${CANARIES.Field} b`,
      CANARIES.Field.toUpperCase(),
      JSON.stringify([...Buffer.from(`x${CANARIES.Field}`)]).replaceAll(',', ', '),
      Buffer.from(`x${CANARIES.Field}`).toString('hex'),
      ...['', 'a', 'ab'].map((before) => btoa(`${before}${CANARIES.Field}`)),
    ]) {
      assert.throws(() => assertNoSecret('a text', shown, canary), /it in a text/, shown);
    }
    assertNoSecret('a text', 'no canary here', canary);
  });
});
