// Three replicas that share used DPoP proofs by Redis: each proof is accepted once by all of them
// together. Needs Debian's `redis-server`: see `npm run replicas`. PROOFS is the number of proofs.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import http from 'node:http';
import { after, before, describe, test } from 'node:test';
import { call, eventually, freePort, scratch, settings, start, startService } from './harness.mjs';
import { dpop, newKey, proof, startBoundIssuer } from './bound.mjs';

const skip = process.env.REPLICAS ? false : 'run by `npm run replicas`';
const PROOFS = Number(process.env.PROOFS ?? 2_000);
const PUBLIC = 'https://api.example.com';
const URL_ = `${PUBLIC}/api/whoami`;

async function startRedis(port, ...more) {
  const own = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--dir', scratch];
  const redis = start('redis-server', [...own, ...more]);
  await eventually(() => redis.output.stdout, () => redis.output.stdout.includes('Ready to accept connections'));
  return redis;
}

describe('replicas that share used proofs', { skip }, () => {
  let issuer;
  let key;
  let token;
  before(async () => {
    issuer = await startBoundIssuer();
    key = newKey();
    token = issuer.mint({ jkt: key.thumbprint });
  });
  after(() => issuer?.stop());

  const startReplica = async (redis, env = {}) => {
    const admin = await freePort();
    const replica = await startService({
      ...settings(issuer),
      RESOURCE_SERVER_ADMIN__LISTEN: `127.0.0.1:${admin}`,
      RESOURCE_SERVER_HTTP__PUBLIC_URL: PUBLIC,
      RESOURCE_SERVER_DPOP__REDIS_URL: `redis://127.0.0.1:${redis}`,
      RESOURCE_SERVER_DPOP__SECRET: '0123456789abcdef0123456789abcdef',
      ...env,
    });
    return { ...replica, admin: `http://127.0.0.1:${admin}` };
  };
  const ask = (replica, text) => call(`${replica.url}/api/whoami`, { headers: dpop(token, text) });
  const fresh = () => proof(key, 'GET', URL_, token);
  const reason = (response) => (response.status === 200 ? 'ok' : response.json().reason);

  test(`of ${PROOFS} proofs, each sent to two replicas at once, exactly one of each pair is accepted`, async () => {
    const port = await freePort();
    const redis = await startRedis(port);
    const replicas = await Promise.all([1, 2, 3].map(() => startReplica(port)));
    const agent = new http.Agent({ keepAlive: true, maxSockets: 64 });
    const send = (replica, text) => new Promise((resolve, reject) => {
      const request = http.get(`${replica.url}/api/whoami`, { agent, headers: dpop(token, text) }, (response) => {
        let body = '';
        response.setEncoding('utf8').on('data', (chunk) => (body += chunk));
        response.on('end', () => resolve(response.statusCode === 200 ? 'ok' : JSON.parse(body).reason));
      });
      request.on('error', reject);
    });
    const outcomes = {};
    let next = 0;
    const pairs = async () => {
      while (next < PROOFS) {
        const number = next;
        next += 1;
        const text = fresh();
        const two = [replicas[number % 3], replicas[(number + 1 + (number % 2)) % 3]];
        const outcome = (await Promise.all(two.map((replica) => send(replica, text)))).sort().join(' ');
        outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
      }
    };

    await Promise.all(Array.from({ length: 32 }, pairs));

    assert.deepEqual(outcomes, { 'ok proof_replayed': PROOFS });
    agent.destroy();
    await Promise.all(replicas.map((replica) => replica.stop()));
    await redis.stop();
  });

  test('without Redis, a replica refuses every proof, or accepts each one once, as configured', async () => {
    const port = await freePort();
    let redis = await startRedis(port);
    const strict = await startReplica(port);
    const lenient = await startReplica(port, { RESOURCE_SERVER_DPOP__ON_FAILURE: 'last_known' });
    const before = fresh();
    assert.equal(reason(await ask(lenient, before)), 'ok');
    assert.equal(reason(await ask(strict, before)), 'proof_replayed');
    await redis.stop();

    const refusal = await ask(strict, fresh());
    assert.equal(refusal.status, 503);
    assert.equal(reason(refusal), 'proofs_unavailable');
    assert.ok(Number(refusal.headers['retry-after']) > 0);
    assert.equal(refusal.headers['www-authenticate'], undefined);
    const during = fresh();
    assert.equal(reason(await ask(lenient, during)), 'ok');
    assert.equal(reason(await ask(lenient, during)), 'proof_replayed');
    // It was marked in Redis and here, so the change to the memory of the replica is safe.
    assert.equal(reason(await ask(lenient, before)), 'proof_replayed');
    const metrics = (await call(`${strict.admin}/metrics`)).text;
    assert.match(metrics, /^dpop_proofs_redis_failures_total [1-9]/m);
    assert.match(metrics, /reason="proofs_unavailable"/);
    assert.match(strict.output.stderr, /Redis server of used proofs does not answer/);

    redis = await startRedis(port);
    await eventually(() => 'Redis is used again', async () => reason(await ask(strict, fresh())) === 'ok');
    assert.match(strict.output.stderr, /answers again/);
    assert.equal(reason(await ask(lenient, during)), 'proof_replayed');
    await strict.stop();
    await lenient.stop();
    await redis.stop();
  });

  test('a Redis that restarts costs no call, and one that hangs costs no more than a second', async () => {
    const port = await freePort();
    let redis = await startRedis(port);
    const replica = await startReplica(port);
    assert.equal(reason(await ask(replica, fresh())), 'ok');

    await redis.stop();
    redis = await startRedis(port);
    assert.equal(reason(await ask(replica, fresh())), 'ok');

    redis.signal('SIGSTOP');
    const began = performance.now();
    assert.equal(reason(await ask(replica, fresh())), 'proofs_unavailable');
    assert.ok(performance.now() - began < 2_000, `${performance.now() - began} ms`);
    redis.signal('SIGCONT');
    await eventually(() => 'Redis is used again', async () => reason(await ask(replica, fresh())) === 'ok');
    await replica.stop();
    await redis.stop();
  });

  test('a Redis without memory removes no proof, and new ones are refused', async () => {
    const port = await freePort();
    const redis = await startRedis(port);
    const replica = await startReplica(port);
    const used = fresh();
    assert.equal(reason(await ask(replica, used)), 'ok');
    const { spawnSync } = await import('node:child_process');
    spawnSync('redis-cli', ['-p', port, 'CONFIG', 'SET', 'maxmemory', '1']);

    assert.equal(reason(await ask(replica, fresh())), 'proofs_unavailable');
    spawnSync('redis-cli', ['-p', port, 'CONFIG', 'SET', 'maxmemory', '0']);
    assert.equal(reason(await ask(replica, used)), 'proof_replayed');
    await replica.stop();
    await redis.stop();
  });

  test('the Redis user needs the commands and the keys that the page names, and no others', async () => {
    const rows = [
      ['as the page says', '~poem-resource-server:proof:* -@all +set +ping', ['ok', 'proof_replayed']],
      ['without SET', '~poem-resource-server:proof:* -@all +ping', ['proofs_unavailable', 'proofs_unavailable']],
      ['other keys', '~other:* -@all +set +ping', ['proofs_unavailable', 'proofs_unavailable']],
    ];
    for (const [row, rights, expected] of rows) {
      const port = await freePort();
      const redis = await startRedis(port, '--user', 'proofs', 'on', '>secret', ...rights.split(' '), '--user', 'default', 'off');
      const replica = await startReplica(port, {
        RESOURCE_SERVER_DPOP__REDIS_URL: `redis://proofs:secret@127.0.0.1:${port}`,
      });
      const text = fresh();

      const reasons = [reason(await ask(replica, text)), reason(await ask(replica, text))];

      assert.deepEqual(reasons, expected, row);
      await replica.stop();
      await redis.stop();
    }
  });

  test('Redis keeps a proof for as long as any replica may accept it', async () => {
    const port = await freePort();
    const redis = await startRedis(port);
    const replica = await startReplica(port);
    assert.equal(reason(await ask(replica, fresh())), 'ok');

    const cli = (...words) => execFileSync('redis-cli', ['-p', port, ...words], { encoding: 'utf8' }).trim();
    const [name, ...others] = cli('KEYS', '*').split('\n');
    const left = Number(cli('PTTL', name));

    assert.match(name, /^poem-resource-server:proof:/);
    assert.deepEqual(others, []);
    // Twice `dpop.max_age` (60 s), and two minutes for clocks that are wrong, whatever our clock says.
    assert.ok(left > 230_000 && left <= 240_000, `${left} ms`);
    await replica.stop();
    await redis.stop();
  });
});
