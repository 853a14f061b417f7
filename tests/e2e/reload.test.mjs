// SIGHUP: other settings and fresh keys without a restart, all or nothing.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import {
  bearer,
  call,
  eventually,
  fetchToken,
  freePort,
  scratch,
  settings,
  startIssuer,
  startService,
} from './harness.mjs';
import { assertRefused } from './refusals.mjs';

const RELOADS = 100;
const file = path.join(scratch, 'reload.toml');
const realm = (name) => fs.writeFileSync(file, `[access]\nrealm = "${name}"\n`);
const count = (service, text) => service.output.stderr.split(text).length - 1;

describe('SIGHUP', () => {
  let issuer;
  let service;
  let admin;
  before(async () => {
    issuer = await startIssuer();
    realm('first');
    admin = await freePort();
    const env = { ...settings(issuer), RESOURCE_SERVER_ADMIN__LISTEN: `127.0.0.1:${admin}` };
    service = await startService(env, { args: ['--config', file] });
  });
  after(async () => {
    await service?.stop();
    await issuer?.stop();
  });

  /** Sends SIGHUP and waits until the log says how it went. */
  async function reload(outcome) {
    const before = count(service, outcome);
    service.signal('SIGHUP');
    await eventually(
      () => `${outcome}\n${service.output.stderr}`,
      () => count(service, outcome) > before,
    );
  }
  /** What operators read of reloads: whether the last was done, and how many were and were not. */
  const counted = async () => {
    const page = (await call(`http://127.0.0.1:${admin}/metrics`)).text;
    const number = (series) => Number(page.split('\n').find((line) => line.startsWith(`${series} `)).split(' ')[1]);
    const reloads = (result) => number(`config_reloads_total{result="${result}"}`);
    return { ok: number('config_last_reload_ok'), done: reloads('ok'), failed: reloads('failed') };
  };
  const challenge = async () => (await service.whoami()).headers['www-authenticate'];

  test('puts a changed file in force', async () => {
    realm('second');

    await reload('settings and keys reloaded');

    assert.match(await challenge(), /realm="second"/);
    assert.deepEqual(await counted(), { ok: 1, done: 1, failed: 0 });
  });

  test('keeps the old settings when the new file is wrong, and says why', async () => {
    realm('third');
    fs.appendFileSync(file, 'relm = "x"\n');

    await reload('not reloaded');

    assert.match(await challenge(), /realm="second"/);
    assert.match(service.output.stderr, /access\.relm/);
    assert.deepEqual(await counted(), { ok: 0, done: 1, failed: 1 });
  });

  test('keeps the old settings when some need a restart, and names all of them and every other problem', async () => {
    fs.writeFileSync(file, '[http]\nmax_connections = 7\nkeep_alive = "76s"\n[cors]\nallowed_origins = ["*"]\n');

    await reload('not reloaded');

    assert.match(await challenge(), /realm="second"/);
    for (const problem of [
      /`http\.max_connections` has changed, and a reload cannot change it \(.*\): found 7\. Restart the service/,
      /`http\.keep_alive` has changed/,
      /`cors\.allowed_origins` must list exact origins/,
    ]) assert.match(service.output.stderr, problem);
    assert.doesNotMatch(service.output.stderr, /\\n/);
    assert.deepEqual(await counted(), { ok: 0, done: 1, failed: 2 });
  });

  test('refuses at once the tokens of a key that the issuer took back', async () => {
    const old = await fetchToken(issuer);
    assert.equal((await service.whoami(old)).status, 200);
    await issuer.stop();
    issuer = await startIssuer({ port: issuer.port, keysFile: path.join(scratch, 'taken.json') });
    realm('second');

    await reload('settings and keys reloaded');

    assertRefused(await service.whoami(old), 401, 'invalid_token');
    assert.equal((await service.whoami(await fetchToken(issuer))).status, 200);
  });

  test(`loses no request in ${RELOADS} reloads under load`, async () => {
    const token = await fetchToken(issuer);
    const load = startLoad(`${service.url}/api/whoami`, token);

    for (let n = 0; n < RELOADS; n += 1) {
      realm(`round ${n}`);
      await reload('settings and keys reloaded');
    }

    const statuses = await load.stop();
    assert.deepEqual(Object.keys(statuses), ['200'], JSON.stringify(statuses));
    assert.ok(statuses[200] >= RELOADS, `only ${statuses[200]} requests`);
    assert.match(await challenge(), new RegExp(`realm="round ${RELOADS - 1}"`));
  });
});

/** Eight callers on connections kept alive, one request after the other; counts statuses. */
function startLoad(url, token) {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 8 });
  const statuses = {};
  let stopped = false;
  const once = () =>
    new Promise((resolve) => {
      const done = (status) => {
        statuses[status] = (statuses[status] ?? 0) + 1;
        resolve();
      };
      http
        .get(url, { agent, headers: bearer(token) }, (response) => {
          response.resume().on('end', () => done(response.statusCode));
        })
        .on('error', (error) => done(error.code));
    });
  const callers = Array.from({ length: 8 }, async () => {
    while (!stopped) await once();
  });
  return {
    async stop() {
      stopped = true;
      await Promise.all(callers);
      agent.destroy();
      return statuses;
    },
  };
}
