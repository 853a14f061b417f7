// The guide's steps as a reader would take them, against an issuer nobody here wrote and against
// the embedded one.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import {
  bearer,
  call,
  fetchToken,
  freePort,
  run,
  settings,
  startIssuer,
  startService,
  tampered,
} from './harness.mjs';
import { assertProblem, assertRefused } from './refusals.mjs';

const ORIGIN = 'http://localhost:8080';
const RFC_3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;

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
        /^Bearer realm="[^"]+"(, resource_metadata="[^"]+")?, DPoP realm="[^"]+"(, resource_metadata="[^"]+")?, algs="[^"]+"$/,
      );
      assertProblem(response);
    });

    test('whoami returns the contents of the token', async () => {
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

    test('a bad token is refused with the sentence of its own fault', async () => {
      const other = await serviceWith({ OKTA_API_AUDIENCE: 'api://elsewhere' });

      const altered = await other.whoami(tampered(token));
      const elsewhere = await other.whoami(token);

      for (const [response, sentence] of [
        [altered, /error_description="The signature of the access token is not valid\./],
        [elsewhere, /error_description="The access token is for another audience\./],
      ]) {
        assertRefused(response, 401, 'invalid_token');
        assert.match(response.headers['www-authenticate'], sentence);
      }
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
