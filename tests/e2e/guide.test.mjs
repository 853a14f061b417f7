// The guide's steps as a reader would take them, against an issuer nobody here wrote and against
// the embedded one; then what an issuer's bad day and an operator's mistake look like.
import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import {
  bearer,
  call,
  eventually,
  fetchToken,
  freePort,
  run,
  scratch,
  startIssuer,
  startService,
  tampered,
  withKeyId,
} from './harness.mjs';

const ORIGIN = 'http://localhost:8080';
const RFC_3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;

const settings = (issuer) => ({
  OKTA_OAUTH2_ISSUER: issuer.url,
  OKTA_API_AUDIENCE: 'api://default',
});

/** An issuer, a service that trusts it, a client it knows, and two scopes it grants. */
const worlds = [
  ...['RS256', 'ES256'].map((alg) => ({
    name: `oidc-provider, ${alg}`,
    client: ['svc', 'svc-secret'],
    scope: 'profile:read',
    otherScope: 'admin',
    openIssuer: () => startIssuer({ alg }),
    openService: (issuer) => startService(settings(issuer)),
  })),
  {
    name: 'the embedded issuer',
    client: ['dev-client', 'dev-secret'],
    scope: 'AccessAll',
    otherScope: 'profile:read',
    // It comes with the service; only its place is known before.
    openIssuer: async () => {
      const listen = `127.0.0.1:${await freePort()}`;
      return { listen, url: `http://${listen}/oauth2/default` };
    },
    openService: ({ listen }) => startService({ RESOURCE_SERVER_DEV__LISTEN: listen }),
  },
];

for (const world of worlds) {
  describe(`the guide with ${world.name}`, () => {
    let issuer;
    let service;
    let token;
    const extra = [];

    /** The service once more, with other settings and the same issuer. */
    const serviceWith = async (env) => {
      const other = await startService({ ...settings(issuer), ...env });
      extra.push(other);
      return other;
    };
    const tokenCommand = (...scopes) => {
      const [id, secret] = world.client;
      const wanted = scopes.flatMap((scope) => ['--scope', scope]);
      const args = ['token', '--client-id', id, '--client-secret', secret, ...wanted];
      return run(args, settings(issuer));
    };

    before(async () => {
      issuer = await world.openIssuer();
      service = await world.openService(issuer);
      token = (await tokenCommand(world.scope)).stdout.trim();
    });
    after(async () => {
      for (const process_ of [...extra, service, issuer]) await process_?.stop?.();
    });

    test('`token` prints the access token alone', async () => {
      const { code, stdout, stderr } = await tokenCommand(world.scope);

      assert.equal(code, 0, stderr);
      assert.match(stdout, /^[\w-]+\.[\w-]+\.[\w-]+\n$/);
    });

    test('hello greets everybody, whatever they send', async () => {
      const rows = {
        nothing: {},
        'a good token': bearer(token),
        'a tampered token': bearer(tampered(token)),
        'no token at all': bearer('nonsense'),
        'an empty header': { authorization: '' },
        'another scheme': { authorization: 'Basic c3ZjOnN2Yw==' },
        'two headers': { authorization: [`Bearer ${token}`, 'Bearer nonsense'] },
      };
      for (const [name, headers] of Object.entries(rows)) {
        const response = await service.hello(headers);

        assert.equal(response.status, 200, name);
        assert.equal(typeof response.json().message, 'string', name);
      }
    });

    test('whoami without a token asks for one, and blames nobody', async () => {
      const response = await service.whoami();

      assert.equal(response.status, 401);
      assert.match(
        response.headers['www-authenticate'],
        /^Bearer realm="[^"]+"(, resource_metadata="[^"]+")?$/,
      );
      assertProblem(response);
    });

    test('whoami tells the holder of a token what the token says', async () => {
      const response = await service.whoami(token);

      assert.equal(response.status, 200, response.text);
      assert.equal(response.headers['cache-control'], 'no-store');
      const body = response.json();
      const { issued_at, expires_at, token_id, claims, ...rest } = body;
      assert.deepEqual(rest, {
        subject: world.client[0],
        client_id: world.client[0],
        scopes: [world.scope],
        issuer: issuer.url,
        audience: ['api://default'],
      });
      assert.match(issued_at, RFC_3339);
      assert.match(expires_at, RFC_3339);
      assert.ok(Date.parse(issued_at) < Date.parse(expires_at));
      assert.equal(typeof token_id, 'string');
      assert.equal(typeof claims, 'object');
    });

    test('a tampered token is refused', async () => {
      const response = await service.whoami(tampered(token));

      assertRefused(response, 401, 'invalid_token');
    });

    if (world.name.startsWith('oidc-provider')) {
      test('a token for another API is refused', async () => {
        const response = await service.whoami(await fetchToken(issuer, { resource: 'urn:e2e:other' }));

        assertRefused(response, 401, 'invalid_token');
      });

      test('an expired token is refused', async () => {
        const response = await service.whoami(await fetchToken(issuer, { client: 'stale' }));

        assertRefused(response, 401, 'invalid_token');
      });
    }

    test('all bad tokens are refused in the same words', async () => {
      const other = await serviceWith({ OKTA_API_AUDIENCE: 'api://elsewhere' });
      const badly = await other.whoami(tampered(token));
      const elsewhere = await other.whoami(token);

      assertRefused(elsewhere, 401, 'invalid_token');
      assert.equal(elsewhere.headers['www-authenticate'], badly.headers['www-authenticate']);
    });

    test('two Authorization headers are a bad request', async () => {
      const authorization = [`Bearer ${token}`, `Bearer ${token}`];
      const response = await call(`${service.url}/api/whoami`, { headers: { authorization } });

      assertRefused(response, 400, 'invalid_request');
    });

    test('a scope can be asked for by a setting', async () => {
      const strict = await serviceWith({
        RESOURCE_SERVER_ACCESS__OPERATIONS__WHOAMI__SCOPES: world.otherScope,
      });
      const both = (await tokenCommand(world.scope, world.otherScope)).stdout.trim();

      const without = await strict.whoami(token);
      const withIt = await strict.whoami(both);

      assertRefused(without, 403, 'insufficient_scope');
      assert.match(without.headers['www-authenticate'], new RegExp(`scope="${world.otherScope}"`));
      assert.equal(withIt.status, 200, withIt.text);
    });

    test('in mode `all`, only the operations listed stay open', async () => {
      const rows = [
        ['the default', {}, 200],
        ['hello', { RESOURCE_SERVER_ACCESS__ANONYMOUS: 'hello' }, 200],
        ['none', { RESOURCE_SERVER_ACCESS__ANONYMOUS: '' }, 401],
      ];
      for (const [name, env, stranger] of rows) {
        const closed = await serviceWith({ RESOURCE_SERVER_ACCESS__MODE: 'all', ...env });

        assert.equal((await closed.hello()).status, stranger, name);
        assert.equal((await closed.hello(bearer(token))).status, 200, name);
        assert.equal((await closed.whoami()).status, 401, name);
      }
    });

    test('a page of an allowed origin may ask, and read even a refusal', async () => {
      const open = await serviceWith({ RESOURCE_SERVER_CORS__ALLOWED_ORIGINS: ORIGIN });

      const preflight = await ask(open, ORIGIN);
      const refusal = await call(`${open.url}/api/whoami`, { headers: { origin: ORIGIN } });

      assert.ok([200, 204].includes(preflight.status), `status ${preflight.status}`);
      assert.equal(preflight.headers['access-control-allow-origin'], ORIGIN);
      assert.match(preflight.headers['access-control-allow-headers'], /\bauthorization\b/i);
      assert.equal(refusal.status, 401);
      assert.equal(refusal.headers['access-control-allow-origin'], ORIGIN);
    });

    test('a page of any other origin may not', async () => {
      const open = await serviceWith({ RESOURCE_SERVER_CORS__ALLOWED_ORIGINS: ORIGIN });
      const rows = [
        ['none is allowed', service, ORIGIN],
        ['another host', open, 'http://evil.example'],
        ['another port', open, 'http://localhost:8081'],
        ['an allowed one as prefix', open, `${ORIGIN}.evil.example`],
      ];
      for (const [name, target, origin] of rows) {
        const { headers } = await ask(target, origin);

        assert.equal(headers['access-control-allow-origin'], undefined, name);
      }
    });

    test('the metadata names the issuer to ask', async () => {
      const response = await call(`${service.url}/.well-known/oauth-protected-resource`);

      assert.equal(response.status, 200);
      assert.deepEqual(response.json().authorization_servers, [issuer.url]);
    });
  });
}

describe('an issuer that changes its key', () => {
  let issuer;
  before(async () => (issuer = await startIssuer()));
  after(() => issuer?.stop());

  test('its new tokens are accepted, its old ones no longer', async (t) => {
    const env = { ...settings(issuer), RESOURCE_SERVER_ISSUER__COOLDOWN: '1s' };
    const service = await startService(env);
    t.after(() => service.stop());
    const old = await fetchToken(issuer);
    assert.equal((await service.whoami(old)).status, 200);
    await issuer.stop();
    issuer = await startIssuer({ port: issuer.port, keysFile: path.join(scratch, 'rotated.json') });
    const fresh = await fetchToken(issuer);

    await eventually(
      () => 'the new key',
      async () => {
        const { status } = await service.whoami(fresh);
        // Until the cooldown is over the key is unknown: the token's fault, not ours.
        assert.ok([200, 401].includes(status), `status ${status}`);
        return status === 200;
      },
    );

    assertRefused(await service.whoami(old), 401, 'invalid_token');
  });

  test('unknown keys buy at most one fetch per cooldown', async (t) => {
    const env = { ...settings(issuer), RESOURCE_SERVER_ISSUER__COOLDOWN: '1m' };
    const service = await startService(env);
    t.after(() => service.stop());
    const token = await fetchToken(issuer);
    const fetchesBefore = await keyFetches(issuer);

    const junk = Array.from({ length: 20 }, (_, n) => service.whoami(withKeyId(token, `junk-${n}`)));
    for (const response of await Promise.all(junk)) assertRefused(response, 401, 'invalid_token');

    const fetches = (await keyFetches(issuer)) - fetchesBefore;
    assert.ok(fetches <= 1, `${fetches} fetches`);
    assert.equal((await service.whoami(token)).status, 200);
  });
});

test('an issuer out of reach closes only what needs it, and heals by itself', async (t) => {
  let issuer = await startIssuer();
  const token = await fetchToken(issuer);
  await issuer.stop();
  const env = { ...settings(issuer), RESOURCE_SERVER_ISSUER__COOLDOWN: '1s' };
  const service = await startService(env, { ready: 503 });
  t.after(() => service.stop());

  assert.equal((await service.hello()).status, 200);
  assert.equal((await call(`${service.url}/livez`)).status, 200);
  const refusal = await service.whoami(token);
  assert.equal(refusal.status, 503);
  assert.match(refusal.headers['retry-after'], /^\d+$/);
  assert.equal(refusal.headers['www-authenticate'], undefined, 'the token is not to blame');
  assertProblem(refusal);

  issuer = await startIssuer(issuer);
  t.after(() => issuer.stop());
  await service.ready(`${service.url}/readyz`);
  assert.equal((await service.whoami(token)).status, 200);

  await issuer.stop();
  assert.equal((await service.whoami(token)).status, 200, 'the keys are still held');
});

describe('the program', () => {
  test('bad settings are all told at once, with exit code 78', async () => {
    const { code, stdout, stderr } = await run([], {
      OKTA_OAUTH2_ISSUER: 'http://id.example',
      RESOURCE_SERVER_HTTP__LISTEN: 'nowhere',
      RESOURCE_SERVER_HTTP__LISTNE: '127.0.0.1:3000',
    });

    assert.equal(code, 78, stderr);
    assert.equal(stdout, '');
    for (const key of ['issuer.url', 'http.listen', 'http.listne']) {
      assert.ok(stderr.toLowerCase().includes(key), `no word of ${key} in:\n${stderr}`);
    }
  });

  test('outside profile `dev` an issuer must be named', async () => {
    const { code, stderr } = await run([], { RESOURCE_SERVER_PROFILE: 'production' });

    assert.equal(code, 78, stderr);
    assert.match(stderr, /issuer\.url/);
  });

  test('`token` says by its exit code that the issuer is out of reach', async () => {
    const issuer = { url: `http://127.0.0.1:${await freePort()}/oauth2/default` };
    const args = ['token', '--client-id', 'svc', '--client-secret', 'svc-secret'];
    const { code, stdout, stderr } = await run(args, settings(issuer));

    assert.equal(code, 69, stderr);
    assert.equal(stdout, '');
    assert.doesNotMatch(stderr, /svc-secret/);
  });

  test('an unknown command is a usage error', async () => {
    const { code } = await run(['no-such-command']);

    assert.equal(code, 2);
  });

  for (const signal of ['SIGTERM', 'SIGINT']) {
    test(`${signal} stops it with exit code 0`, async () => {
      const listen = `127.0.0.1:${await freePort()}`;
      const service = await startService({ RESOURCE_SERVER_DEV__LISTEN: listen });

      assert.equal(await service.stop(signal), 0);
    });
  }
});

/** A refusal as RFC 6750 section 3 and RFC 9457 have it. */
function assertRefused(response, status, error) {
  assert.equal(response.status, status, response.text);
  assert.match(response.headers['www-authenticate'], /^Bearer realm="/);
  assert.match(response.headers['www-authenticate'], new RegExp(`\\berror="${error}"`));
  assertProblem(response);
}

function assertProblem(response) {
  assert.match(response.headers['content-type'], /^application\/problem\+json\b/);
  assert.equal(response.headers['cache-control'], 'no-store');
  assert.equal(response.json().status, response.status);
}

/** What a browser sends before a page of `origin` may call whoami with a token. */
function ask(service, origin) {
  return call(`${service.url}/api/whoami`, {
    method: 'OPTIONS',
    headers: {
      origin,
      'access-control-request-method': 'GET',
      'access-control-request-headers': 'authorization',
    },
  });
}

/** How often the issuer's key set was fetched so far. */
async function keyFetches(issuer) {
  // The log arrives in order: once the marker is there, so is all that came before it.
  const marker = `/marker-${performance.now()}`;
  await call(`${issuer.url}${marker}`);
  await eventually(
    () => marker,
    () => issuer.output.stdout.includes(marker),
  );
  return issuer.output.stdout.split('\n').filter((line) => line.endsWith('/jwks')).length;
}
