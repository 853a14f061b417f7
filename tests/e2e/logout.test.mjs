// Sign-out on three replicas that share a denylist by Redis, and the command `denylist`. The org has
// keys of its own. The replicas need Debian's `redis-server`: see `npm run replicas`.
import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import {
  bearer, call, eventually, fetchToken, freePort, run, scratch, settings, start, startIssuer, startService,
} from './harness.mjs';

const OPERATOR = 'operator-0123456789abcdef0123456789abcdef';
const PUBLIC_URL = 'https://api.example.com';
const PATH = '/oauth2/global-token-revocation';
const skip = process.env.REPLICAS ? false : 'run by `npm run replicas`';

const now = () => Math.floor(Date.now() / 1000);
const claims = (token) => JSON.parse(Buffer.from(token.split('.')[1], 'base64url'));

/** An org that publishes its keys where Okta does. */
async function startOrg() {
  const { publicKey, privateKey } = crypto.generateKeyPairSync('rsa', { modulusLength: 2048 });
  const jwk = { ...publicKey.export({ format: 'jwk' }), kid: 'org', alg: 'RS256', use: 'sig' };
  const server = http.createServer((request, response) => {
    const isKeys = request.url === '/oauth2/v1/keys';
    response.writeHead(isKeys ? 200 : 404, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ keys: [jwk] }));
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${server.address().port}`;
  const encode = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
  return {
    url,
    /** A token as Okta signs it, with these changes. */
    token(changes = {}) {
      const header = { typ: 'global-token-revocation+jwt', alg: 'RS256', kid: 'org' };
      const payload = {
        jti: crypto.randomUUID(), iss: url, sub: '0oa1', aud: `${PUBLIC_URL}${PATH}`,
        iat: now(), nbf: now(), exp: now() + 300, ...changes,
      };
      const input = `${encode(header)}.${encode(payload)}`;
      return `${input}.${crypto.sign('sha256', Buffer.from(input), privateKey).toString('base64url')}`;
    },
    stop: () => new Promise((resolve) => server.close(resolve)),
  };
}

async function startRedis() {
  const port = await freePort();
  const redis = start('redis-server', [
    '--port', String(port), '--bind', '127.0.0.1', '--appendonly', 'yes', '--dir', scratch,
    '--appenddirname', `redis-${port}`,
  ]);
  const isReady = () => redis.output.stdout.includes('Ready to accept connections');
  await eventually(() => redis.output.stdout, isReady);
  return { ...redis, url: `redis://127.0.0.1:${port}` };
}

const receiver = (org) => ({
  RESOURCE_SERVER_LOGOUT__ENABLED: 'true',
  RESOURCE_SERVER_LOGOUT__ISSUER: org.url,
  RESOURCE_SERVER_LOGOUT__JWKS_URI: `${org.url}/oauth2/v1/keys`,
  RESOURCE_SERVER_LOGOUT__ISSUERS: 'default',
  RESOURCE_SERVER_HTTP__PUBLIC_URL: PUBLIC_URL,
});

const signOut = (service, token, subject) =>
  call(`${service.url}${PATH}`, {
    method: 'POST',
    headers: { ...bearer(token), 'content-type': 'application/json' },
    body: JSON.stringify({ sub_id: subject }),
  });

describe('sign-out on three replicas', { skip }, () => {
  let issuer;
  let org;
  let redis;
  let replicas;
  before(async () => {
    issuer = await startIssuer();
    org = await startOrg();
    redis = await startRedis();
    replicas = [];
    for (let count = 0; count < 3; count += 1) {
      replicas.push(await startService({
        ...settings(issuer), ...receiver(org), RESOURCE_SERVER_DENYLIST__REDIS_URL: redis.url,
      }));
    }
  });
  after(async () => {
    for (const replica of replicas ?? []) await replica.stop();
    await redis?.stop();
    await org?.stop();
    await issuer?.stop();
  });

  const everywhere = async (token, status) => {
    const answers = await Promise.all(replicas.map((replica) => replica.whoami(token)));
    return answers.every((answer) => answer.status === status);
  };
  const subjects = (token) => [
    { format: 'iss_sub', iss: issuer.url, sub: claims(token).sub },
    { format: 'iss_sub', iss: org.url, sub: claims(token).sub },
    // Okta has the login of the user in `sub`.
    { format: 'email', email: claims(token).sub.toUpperCase() },
  ];

  for (const [index, form] of ['issuer and subject', 'user of the org', 'e-mail address'].entries()) {
    test(`a user signed out at one replica is refused by all within a second: ${form}`, async () => {
      const token = await eventually(() => 'a token after the last sign-out', async () => {
        const fetched = await fetchToken(issuer, { scope: 'profile:read' });
        return (await everywhere(fetched, 200)) && fetched;
      });
      const subject = subjects(token)[index];
      assert.ok(await everywhere(token, 200), 'all remember it');

      const sent = performance.now();
      const { status, text } = await signOut(replicas[index], org.token(), subject);
      await eventually(() => 'refused by all', () => everywhere(token, 401));
      const took = performance.now() - sent;

      assert.equal(status, 204, text);
      assert.ok(took < 1000, `${took} ms`);
      assert.equal((await replicas[0].whoami(token)).json().reason, 'revoked');
      await eventually(() => 'a new token is accepted', async () =>
        everywhere(await fetchToken(issuer, { scope: 'profile:read' }), 200));
      assert.ok(await everywhere(token, 401), 'and the old one is not');
    });
  }

  test('a token signs a user out once, at whichever replica', async () => {
    const token = org.token();
    const subject = { format: 'email', email: 'nobody@example.com' };

    const answers = await Promise.all(replicas.map((replica) => signOut(replica, token, subject)));

    const statuses = answers.map((answer) => answer.status).sort();
    assert.deepEqual(statuses, [204, 401, 401]);
    const refused = answers.find((answer) => answer.status === 401);
    assert.equal(refused.json().reason, 'logout_repeated');
    assert.equal((await signOut(replicas[0], org.token(), subject)).status, 204);
  });

  test('without Redis, the sender learns that the user is not signed out', async () => {
    await redis.stop();

    const answer = await signOut(replicas[0], org.token(), { format: 'email', email: 'a@example.com' });

    assert.equal(answer.status, 422);
    assert.equal(answer.json().reason, 'denylist_out_of_reach');
  });
});

describe('the command denylist', () => {
  let issuer;
  let service;
  let env;
  before(async () => {
    issuer = await startIssuer();
    env = {
      RESOURCE_SERVER_ADMIN__LISTEN: `127.0.0.1:${await freePort()}`,
      RESOURCE_SERVER_DENYLIST__TOKEN: OPERATOR,
    };
    const salt = path.join(scratch, 'salt');
    fs.writeFileSync(salt, crypto.randomBytes(32).toString('hex'));
    const log = { RESOURCE_SERVER_LOG__FORMAT: 'json', RESOURCE_SERVER_AUDIT__SALT_FILE: salt };
    service = await startService({ ...settings(issuer), ...env, ...log });
  });
  after(async () => {
    await service?.stop();
    await issuer?.stop();
  });

  const denylist = (...args) => run(['denylist', ...args], { ...env, USER: 'ada' });
  const lines = (target) => {
    const all = service.output.stderr.split('\n').filter((line) => line.startsWith('{'));
    return all.map((line) => JSON.parse(line)).filter((line) => line.target === target);
  };

  test('denies, lists and allows, and the log has who and why', async () => {
    const token = await fetchToken(issuer, { scope: 'profile:read' });
    const { sub } = claims(token);
    assert.equal((await service.whoami(token)).status, 200);

    const denied = await denylist('deny', '--subject', sub, '--issuer', issuer.url, '--for', '1h', '--why', 'stolen laptop');
    const refused = (await service.whoami(token)).status;
    const listed = await denylist('list');
    const json = await denylist('list', '--format', 'json');
    const allowed = await denylist('allow', '--subject', sub, '--issuer', issuer.url, '--who', 'bob');
    const again = await denylist('allow', '--subject', sub, '--issuer', issuer.url);

    assert.deepEqual([denied.code, denied.stderr, refused], [0, '', 401]);
    assert.match(denied.stdout, /^denied: iss=\S+ sub=\S+ until 2\S+Z\n$/);
    assert.match(listed.stdout, new RegExp(`^shared: iss=\\S+ sub=${sub} until `));
    const { source, denial } = JSON.parse(json.stdout);
    assert.deepEqual([source, denial.sub, denial.iss], ['shared', sub, issuer.url]);
    assert.deepEqual([allowed.code, (await service.whoami(token)).status], [0, 200]);
    assert.match(allowed.stdout, /^allowed: /);
    assert.equal(again.code, 1);
    assert.match(again.stderr, /^error: no denial with the source `shared` has exactly these members; `denylist list` shows all denials\n$/);
    const changes = await eventually(() => 'two lines', () => {
      const found = lines('audit').filter((line) => line.message === 'denylist changed');
      return found.length === 2 && found;
    });
    assert.deepEqual(changes.map(({ outcome, who, why }) => [outcome, who, why]), [
      ['denied', 'ada', 'stolen laptop'], ['allowed_again', 'bob', undefined],
    ]);
    assert.match(changes[0].subject, /^[0-9a-f]{64}$/);
    assert.ok(!JSON.stringify(changes).includes(`"${sub}"`));
  });

  test('a sign-out by command refuses the tokens until now alone', async () => {
    const token = await fetchToken(issuer, { scope: 'profile:read' });
    const { sub } = claims(token);

    const { code, stderr } = await denylist('deny', '--email', sub.toUpperCase(), '--issued-before', 'now');

    assert.equal(code, 0, stderr);
    assert.equal((await service.whoami(token)).status, 401);
    await eventually(() => 'a new token is accepted', async () =>
      (await service.whoami(await fetchToken(issuer, { scope: 'profile:read' }))).status === 200);
    assert.equal((await denylist('allow', '--email', sub)).code, 0);
    assert.equal((await service.whoami(token)).status, 200);
  });

  const refusals = [
    ['nothing is named', ['deny'], 2, /the options name no tokens that can be denied/],
    ['two ends', ['deny', '--subject', 'a', '--until', '4000000000', '--for', '1h'], 2, /cannot be used with/],
    ['no time', ['deny', '--subject', 'a', '--until', 'tomorrow'], 2, /`--until` must be a time, found "tomorrow"/],
    ['no duration', ['deny', '--subject', 'a', '--for', 'long'], 2, /`--for` must be a whole number and a unit/],
    ['an end in the past', ['deny', '--subject', 'a', '--until', '2020-01-01T00:00:00Z'], 1, /400, The end of a denial/],
    ['an end too far ahead', ['deny', '--subject', 'a', '--for', '1000h'], 1, /400, The end of a denial/],
    ['no action', [], 2, /Usage/],
  ];
  for (const [name, args, expected, message] of refusals) {
    test(`fails where it denies nothing: ${name}`, async () => {
      const { code, stdout, stderr } = await denylist(...args);

      assert.deepEqual([code, stdout], [expected, '']);
      assert.match(stderr, message);
    });
  }

  test('fails without the token, without a listener and without a service', async () => {
    const args = ['denylist', 'deny', '--subject', 'a'];

    const without = await run(args, { ...env, RESOURCE_SERVER_DENYLIST__TOKEN: '' });
    const wrong = await run(args, { ...env, RESOURCE_SERVER_DENYLIST__TOKEN: 'wrong-'.repeat(6) });
    const off = await run(args, { RESOURCE_SERVER_ADMIN__LISTEN: 'off' });
    const nobody = await run(args, { ...env, RESOURCE_SERVER_ADMIN__LISTEN: `127.0.0.1:${await freePort()}` });

    assert.equal(without.code, 1);
    const detail = 'This request needs the token of the setting `denylist.token`.';
    const failed = `error: the denylist at http://${env.RESOURCE_SERVER_ADMIN__LISTEN} was not read or changed: 401, ${detail}`;
    assert.equal(
      without.stderr,
      `${failed}\n  fix: The command has no token: set \`RESOURCE_SERVER_DENYLIST__TOKEN\`, or name the directory of the service's secrets in CREDENTIALS_DIRECTORY.\n`,
    );
    assert.equal(wrong.code, 1);
    assert.ok(wrong.stderr.startsWith(`${failed}\n  fix: The command has another token than the service: `), wrong.stderr);
    assert.equal(off.code, 78);
    assert.match(off.stderr, /`admin.listen` names no address/);
    assert.equal(nobody.code, 1);
    assert.match(nobody.stderr, /Connection refused/);
    assert.equal((await denylist('list')).stdout, '');
  });

  test('uses a Unix socket without a token', async () => {
    const socket = path.join(scratch, 'admin.sock');
    const own = { RESOURCE_SERVER_ADMIN__LISTEN: `unix:${socket}` };
    const other = await startService({ ...settings(issuer), ...own });

    const denied = await run(['denylist', 'deny', '--token-id', 'AT.1'], own);
    const listed = await run(['denylist', 'list'], own);
    await other.stop();

    assert.equal(denied.code, 0, denied.stderr);
    assert.match(listed.stdout, /^shared: jti=AT\.1 until /);
  });
});
