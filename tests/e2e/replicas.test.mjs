// Three replicas behind HAProxy, sharing a denylist by Redis: one is killed, one restarted, Redis
// is cut, all under load. Needs Debian's `redis-server` and `haproxy`: see `npm run replicas`.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import {
  bearer, call, eventually, fetchToken, freePort, scratch, settings, start, startIssuer, startService,
} from './harness.mjs';

const OPERATOR = 'operator-0123456789abcdef0123456789abcdef';
const skip = process.env.REPLICAS ? false : 'run by `npm run replicas`';

async function startRedis(port) {
  const redis = start('redis-server', [
    '--port', String(port), '--bind', '127.0.0.1', '--appendonly', 'yes', '--dir', scratch,
    '--appenddirname', `redis-${port}`,
  ]);
  await eventually(
    () => redis.output.stdout,
    () => redis.output.stdout.includes('Ready to accept connections'),
  );
  return redis;
}

/** A replica with its own admin listener. `listen` keeps its place behind the proxy. */
async function startReplica(issuer, redis, env = {}, listen) {
  const admin = await freePort();
  const replica = await startService(
    {
      ...settings(issuer),
      RESOURCE_SERVER_ADMIN__LISTEN: `127.0.0.1:${admin}`,
      RESOURCE_SERVER_DENYLIST__TOKEN: OPERATOR,
      RESOURCE_SERVER_DENYLIST__REDIS_URL: `redis://127.0.0.1:${redis}`,
      RESOURCE_SERVER_HTTP__DRAIN_DELAY: '500ms',
      ...env,
    },
    { port: listen },
  );
  return { ...replica, admin: `http://127.0.0.1:${admin}`, listen: Number(new URL(replica.url).port) };
}

async function startProxy(replicas) {
  const port = await freePort();
  const servers = replicas.map(
    (it, index) => `  server replica${index} 127.0.0.1:${it.listen} check inter 100ms fall 1 rise 1`,
  );
  const file = path.join(scratch, 'haproxy.cfg');
  fs.writeFileSync(file, `
global
  maxconn 1000
defaults
  mode http
  timeout connect 1s
  timeout client 10s
  timeout server 10s
  timeout check 1s
  retries 3
  option redispatch 1
  retry-on conn-failure empty-response
frontend callers
  bind 127.0.0.1:${port}
  default_backend replicas
backend replicas
  balance roundrobin
  option httpchk GET /readyz
${servers.join('\n')}
`);
  const proxy = start('haproxy', ['-db', '-f', file]);
  await proxy.ready(`http://127.0.0.1:${port}/api/hello`);
  return { ...proxy, url: `http://127.0.0.1:${port}` };
}

const change = (replica, method, denial) => {
  const body = JSON.stringify(denial);
  // Node gives a DELETE no length of its own accord.
  const headers = { ...bearer(OPERATOR), 'content-length': body.length };
  return call(`${replica.admin}/denylist`, { method, headers, body });
};
const inAnHour = () => Math.floor(Date.now() / 1000) + 3600;
const claims = (token) => JSON.parse(Buffer.from(token.split('.')[1], 'base64url'));

/** Calls whoami over and over by connections kept alive, until it is stopped; yields statuses. */
function load(url, token, callers = 8) {
  const agent = new http.Agent({ keepAlive: true, maxSockets: callers });
  const statuses = {};
  let goesOn = true;
  const one = () =>
    new Promise((resolve) => {
      const count = (key) => {
        statuses[key] = (statuses[key] ?? 0) + 1;
        resolve();
      };
      const request = http.get(`${url}/api/whoami`, { agent, headers: bearer(token) }, (response) => {
        response.resume().on('end', () => count(response.statusCode)).on('error', () => count('broken'));
      });
      request.on('error', () => count('broken'));
    });
  const all = Array.from({ length: callers }, async () => {
    while (goesOn) await one();
  });
  return {
    statuses,
    total: () => Object.values(statuses).reduce((sum, count) => sum + count, 0),
    async stop() {
      goesOn = false;
      await Promise.all(all);
      agent.destroy();
      return statuses;
    },
  };
}

describe('replicas that share a denylist', { skip }, () => {
  let issuer;
  let redis;
  let redisPort;
  let replicas;
  let proxy;
  before(async () => {
    issuer = await startIssuer();
    redisPort = await freePort();
    redis = await startRedis(redisPort);
    replicas = [];
    for (let count = 0; count < 3; count += 1) replicas.push(await startReplica(issuer, redisPort));
    proxy = await startProxy(replicas);
  });
  after(async () => {
    await proxy?.stop();
    for (const replica of replicas ?? []) await replica.stop();
    await redis?.stop();
    await issuer?.stop();
  });

  const everywhere = async (token, status) => {
    const answers = await Promise.all(replicas.map((replica) => replica.whoami(token)));
    return answers.every((answer) => answer.status === status);
  };
  const state = async (replica) => (await call(`${replica.admin}/denylist`)).json();
  const aged = async (replica) => (await state(replica)).age_secs;
  const add = (port, id, verb, denial) => {
    const text = typeof denial === 'string' ? denial : JSON.stringify(denial);
    const { stdout } = spawnSync('redis-cli', ['-p', port, 'XADD', 'poem-resource-server:denylist', id, verb, text]);
    assert.match(String(stdout), /^\d+-\d+\n$/);
  };

  test('a token revoked at one is refused by all within a second, though they remember it', async () => {
    const token = await fetchToken(issuer, { scope: 'profile:read' });
    const denial = { jti: claims(token).jti, exp: inAnHour() };
    assert.ok(await everywhere(token, 200));

    const revoked = performance.now();
    const { status } = await change(replicas[0], 'POST', denial);
    await eventually(() => 'refused by all', () => everywhere(token, 401));

    assert.equal(status, 204);
    const took = performance.now() - revoked;
    assert.ok(took < 1000, `${took} ms`);
    const other = await fetchToken(issuer, { scope: 'profile:read' });
    assert.ok(await everywhere(other, 200));
    await change(replicas[1], 'DELETE', denial);
    await eventually(() => 'accepted by all again', () => everywhere(token, 200));
  });

  test('anybody who may write to Redis may revoke', async () => {
    const token = await fetchToken(issuer, { scope: 'profile:read' });

    add(redisPort, '*', 'deny', 'nonsense');
    add(redisPort, '*', 'nothing', 'at all');
    add(redisPort, '*', 'deny', { jti: claims(token).jti, exp: inAnHour() });

    await eventually(() => 'refused by all', () => everywhere(token, 401));
  });

  test('under load one is killed, one restarted, Redis cut: no call is lost, nothing revoked gets in', async () => {
    const good = await fetchToken(issuer, { scope: 'profile:read' });
    const revoked = await fetchToken(issuer, { scope: 'profile:read' });
    await change(replicas[2], 'POST', { jti: claims(revoked).jti, exp: inAnHour() });
    await eventually(() => 'refused by all', () => everywhere(revoked, 401));
    const callers = load(proxy.url, good);
    const thieves = load(proxy.url, revoked, 2);
    const on = (calls) => {
      const until = callers.total() + calls;
      return eventually(() => 'more calls', () => callers.total() >= until);
    };
    await on(200);

    // One is restarted as an upgrade does it, and knows at once what was revoked.
    const { listen } = replicas[0];
    await replicas[0].stop();
    await on(200);
    replicas[0] = await startReplica(issuer, redisPort, {}, listen);
    assert.equal((await replicas[0].whoami(revoked)).status, 401);
    await on(200);
    const beforeKill = { ...callers.statuses };

    // One dies.
    const place = replicas[1].listen;
    await replicas[1].stop('SIGKILL');
    await on(400);
    replicas[1] = await startReplica(issuer, redisPort, {}, place);
    await on(200);

    // Redis goes, and those who know go on.
    await redis.stop();
    await eventually(() => 'they notice', async () => (await aged(replicas[0])) > 1);
    await on(200);
    const unheard = await change(replicas[0], 'POST', { jti: 'unheard', exp: inAnHour() });
    redis = await startRedis(redisPort);
    await eventually(() => 'Redis in reach', async () => (await aged(replicas[0])) < 1);
    await on(200);

    const statuses = await callers.stop();
    const stolen = await thieves.stop();
    assert.deepEqual(Object.keys(beforeKill), ['200'], JSON.stringify(beforeKill));
    const { 200: served, ...failed } = statuses;
    const lost = Object.values(failed).reduce((sum, count) => sum + count, 0);
    // Those in flight at the one that was killed: no more than there were callers.
    assert.ok(lost <= 8, JSON.stringify(statuses));
    assert.ok(served > 1000);
    assert.equal(stolen[200], undefined, JSON.stringify(stolen));
    assert.ok(stolen[401] > 100, JSON.stringify(stolen));
    assert.equal(unheard.status, 503);
    assert.equal(unheard.json().reason, 'denylist_out_of_reach');
  });

  test('every replica has the same denials, whichever replica added or removed them', async () => {
    const denials = Array.from({ length: 100 }, (_, id) => ({ jti: `said-${id}`, exp: inAnHour() }));
    const before = (await state(replicas[0])).entries;

    for (const denial of denials.slice(0, 50)) {
      assert.equal((await change(replicas[0], 'POST', denial)).status, 204);
      assert.equal((await change(replicas[0], 'DELETE', denial)).status, 204);
    }
    assert.equal((await change(replicas[0], 'DELETE', denials[0])).status, 404);
    assert.equal((await state(replicas[0])).entries, before);
    // Two who do not agree.
    for (const denial of denials) {
      await change(replicas[0], 'POST', denial);
      await Promise.all([change(replicas[0], 'DELETE', denial), change(replicas[1], 'POST', denial)]);
    }

    // One who comes later has nothing but the stream.
    const late = await startReplica(issuer, redisPort);
    const { entries } = await state(late);
    await late.stop();
    for (const replica of replicas) {
      await eventually(() => `${entries} everywhere`, async () => (await state(replica)).entries === entries);
    }
  });

  test('a list without room for all is not said to be whole, and takes the rest when there is room', async () => {
    const port = await freePort();
    const own = await startRedis(port);
    const strict = await startReplica(issuer, port, {
      RESOURCE_SERVER_DENYLIST__ON_FAILURE: 'refuse',
      RESOURCE_SERVER_DENYLIST__MAX_AGE: '2s',
      RESOURCE_SERVER_DENYLIST__MAX_ENTRIES: '3',
    });
    const token = await fetchToken(issuer, { scope: 'profile:read' });
    assert.equal((await strict.whoami(token)).status, 200);
    const reason = async () => (await strict.whoami(token)).json().reason;

    for (const jti of ['a', 'b', 'c', claims(token).jti]) add(port, '*', 'deny', { jti, exp: 4e9 });

    await eventually(() => 'it refuses all', async () => (await reason()) === 'denylist_stale');
    assert.equal((await change(strict, 'POST', { jti: 'd', exp: inAnHour() })).status, 507);
    add(port, '*', 'allow', { jti: 'a', exp: 4e9 });
    add(port, '*', 'allow', { jti: 'b', exp: 4e9 });
    await eventually(() => 'it refuses this one', async () => (await reason()) === 'revoked');
    assert.equal((await strict.whoami(await fetchToken(issuer, { scope: 'profile:read' }))).status, 200);
    await strict.stop();
    await own.stop();
  });

  test('a Redis that comes back empty takes nothing back, and is heard from its beginning', async () => {
    const port = await freePort();
    const own = await startRedis(port);
    const replica = await startReplica(issuer, port);
    const [first, second, third] = await Promise.all(
      [1, 2, 3].map(() => fetchToken(issuer, { scope: 'profile:read' })),
    );
    const refused = (token) => async () => (await replica.whoami(token)).status === 401;
    // As by a Redis whose clock is ahead.
    add(port, `${Date.now() + 60_000}-0`, 'deny', { jti: claims(first).jti, exp: inAnHour() });
    await eventually(() => 'the first is refused', refused(first));

    spawnSync('redis-cli', ['-p', port, 'FLUSHALL']);
    add(port, '*', 'deny', { jti: claims(second).jti, exp: inAnHour() });
    await eventually(() => 'the second is refused', refused(second));
    await own.stop('SIGKILL');
    fs.rmSync(path.join(scratch, `redis-${port}`), { recursive: true });
    const again = await startRedis(port);
    add(port, '*', 'deny', { jti: claims(third).jti, exp: inAnHour() });
    await eventually(() => 'the third is refused', refused(third));

    assert.ok(await refused(first)());
    assert.ok(await refused(second)());
    assert.match(replica.output.stderr, /Redis lost denials/);
    await replica.stop();
    await again.stop();
  });

  test('if configured so, a replica that cannot reach Redis refuses every token', async () => {
    const port = await freePort();
    const own = await startRedis(port);
    const strict = await startReplica(issuer, port, {
      RESOURCE_SERVER_DENYLIST__ON_FAILURE: 'refuse',
      RESOURCE_SERVER_DENYLIST__MAX_AGE: '2s',
    });
    const token = await fetchToken(issuer, { scope: 'profile:read' });
    await eventually(() => 'it has read the list', async () => (await strict.whoami(token)).status === 200);

    await own.stop();

    await eventually(() => 'it refuses', async () => (await strict.whoami(token)).status === 503);
    assert.equal((await strict.whoami(token)).json().reason, 'denylist_stale');
    assert.equal((await strict.hello()).status, 200);
    await strict.stop();
  });
});
