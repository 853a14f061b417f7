// The collection as Postman's runner sees it: it passes against the service with an issuer of ours
// and with one nobody here wrote, and it fails against a service that does not keep its word.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { call, freePort, run, scratch, settings, startIssuer, startService } from '../harness.mjs';
import { FAULTS, startFaulty } from './faulty-service.mjs';
import { runCollection, variables } from './newman.mjs';

const read = (file) => JSON.parse(fs.readFileSync(file, 'utf8'));
const committed = path.resolve(import.meta.dirname, '../../../openapi/postman');

/** The files that `openapi --all` writes for these settings. */
async function generate(env) {
  const directory = fs.mkdtempSync(path.join(scratch, 'openapi-'));
  const { code, stderr } = await run(['openapi', '--all', directory], env);
  assert.equal(code, 0, stderr);
  const file = (name) => read(path.join(directory, 'postman', name));
  return {
    names: fs.readdirSync(path.join(directory, 'postman')).sort(),
    collection: file('collection.json'),
    environment: file('environment.json'),
    okta: file('environment.okta.json'),
    of: (issuer) => file(`environment.${issuer}.json`),
  };
}

const names = ({ collection }) => collection.item.map(({ name }) => name);

const GUIDE = [
  'Get an access token',
  'whoami with a token',
  'whoami without a token',
  'whoami with a tampered token',
  'hello with a token',
  'hello without a token',
];

function assertPassed({ passed, failed, requests }, expected) {
  assert.deepEqual(failed, []);
  assert.deepEqual(Object.keys(requests), expected);
  // A request without a test would pass whatever the answer.
  for (const [name, { tests }] of Object.entries(requests)) assert.ok(tests >= 2, name);
  assert.ok(passed.length >= 2 * expected.length, `${passed.length} assertions`);
}

describe('the collection with the embedded issuer', () => {
  let service;
  let local;
  const collection = read(path.join(committed, 'collection.json'));
  before(async () => {
    const listen = `127.0.0.1:${await freePort()}`;
    service = await startService({ RESOURCE_SERVER_DEV__LISTEN: listen });
    local = {
      ...variables(read(path.join(committed, 'environment.json'))),
      baseUrl: service.url,
      issuer: `http://${listen}/oauth2/default`,
    };
  });
  after(() => service?.stop());

  test('takes the steps of the guide, and all tests pass', async () => {
    const result = await runCollection(collection, local);

    assertPassed(result, GUIDE);
    const { requests } = result;
    assert.equal(requests['whoami with a token'].status, 200);
    assert.match(requests['whoami with a token'].authorization, /^Bearer [\w-]+\.[\w-]+\.[\w-]+$/);
    assert.equal(requests['hello with a token'].authorization, requests['whoami with a token'].authorization);
    assert.equal(requests['whoami without a token'].authorization, undefined);
    assert.equal(requests['hello without a token'].authorization, undefined);
  });

  test('stops with a sentence at a client of which the issuer requires DPoP', async () => {
    const { failed, reasons, requests } = await runCollection(collection, { ...local, clientId: 'dev-dpop' });

    assert.deepEqual(failed, ['Get an access token: the client may use bearer tokens']);
    assert.match(reasons[0], /^The issuer requires DPoP of this client\. This collection cannot make DPoP proofs, /);
    assert.deepEqual(Object.keys(requests), ['Get an access token']);
    assert.equal(requests['Get an access token'].status, 400);
  });

  test('fails with a wrong client secret, and calls nobody with a token of before', async () => {
    const stale = { ...local, clientSecret: 'wrong', accessToken: 'a.b.c' };

    const { failed, requests } = await runCollection(collection, stale);

    assert.ok(failed.includes('Get an access token: the status is 200'), failed.join('\n'));
    assert.ok(failed.includes('whoami with a token: the status is 200'), failed.join('\n'));
    assert.equal(requests['Get an access token'].status, 401);
  });

  test('fails with an issuer that is another than it says', async () => {
    const elsewhere = { ...local, issuer: local.issuer.replace('127.0.0.1', 'localhost') };

    const { failed } = await runCollection(collection, elsewhere);

    assert.match(failed[0], /: the issuer names its token endpoint$/);
  });

  describe('fails, and says where', () => {
    let clean;
    let welcome;
    before(async () => {
      clean = await runCollection(collection, local);
      const { authorization } = clean.requests['whoami with a token'];
      welcome = await call(`${service.url}/api/whoami`, { headers: { authorization } });
    });

    for (const [name, { change, token, noticed }] of Object.entries(FAULTS)) {
      test(`when ${name}`, async () => {
        const faulty = await startFaulty(service, { change, token, welcome });

        const { passed, failed } = await runCollection(collection, { ...local, baseUrl: faulty.url });

        faulty.close();
        assert.deepEqual(failed, noticed);
        // All else is as it was.
        assert.deepEqual(passed, clean.passed.filter((it) => !noticed.includes(it)));
      });
    }

    test('to a terminal as well', async () => {
      const faulty = await startFaulty(service, { ...FAULTS['whoami is left open'], welcome });

      const good = await runInTerminal({ baseUrl: service.url, issuer: local.issuer });
      const bad = await runInTerminal({ baseUrl: faulty.url, issuer: local.issuer });

      faulty.close();
      assert.equal(good.code, 0, good.stdout);
      assert.equal(bad.code, 1, bad.stdout);
    });
  });
});

test('each request of an operation has a description of its own, and a saved answer', () => {
  const { item } = read(path.join(committed, 'collection.json'));
  const descriptions = item.map(({ request }) => request.description);

  assert.equal(new Set(descriptions).size, item.length);
  assert.deepEqual(
    item.map(({ name, response }) => [name, ...response.map((it) => it.name)]),
    [
      ['Get an access token', '200 OK', '401 Unauthorized'],
      ['whoami with a token', '200 OK'],
      ['whoami without a token', '401 Unauthorized'],
      ['whoami with a tampered token', '401 Unauthorized'],
      ['hello with a token', '200 OK'],
      ['hello without a token', '200 OK'],
    ],
  );
  for (const { request, response } of item) {
    for (const saved of response) {
      assert.deepEqual(saved.originalRequest, request);
      assert.ok(JSON.parse(saved.body));
    }
  }
  assert.equal(read(path.join(committed, 'environment.json')).name, 'Protected API (embedded issuer)');
});

describe('the collection with oidc-provider', () => {
  let issuer;
  let service;
  before(async () => {
    issuer = await startIssuer();
    service = await startService(settings(issuer));
  });
  after(async () => {
    for (const process_ of [service, issuer]) await process_?.stop();
  });

  test('passes with an environment of its own', async () => {
    const client = { RESOURCE_SERVER_CLIENT__ID: 'svc', RESOURCE_SERVER_CLIENT__SECRET: 'svc-secret' };
    const files = await generate({ ...settings(issuer), ...client, RESOURCE_SERVER_CLIENT__SCOPE: 'profile:read' });
    const environment = variables(files.environment);
    assert.equal(files.environment.name, `Protected API (${new URL(issuer.url).hostname})`);
    // A secret from the settings is never written.
    assert.doesNotMatch(JSON.stringify(files), /svc-secret/);
    assert.deepEqual(environment, {
      baseUrl: 'http://127.0.0.1:3000',
      issuer: issuer.url,
      clientId: 'svc',
      clientSecret: '',
      scope: 'profile:read',
    });

    const result = await runCollection(files.collection, {
      ...environment,
      baseUrl: service.url,
      clientSecret: 'svc-secret',
    });

    assertPassed(result, GUIDE);
  });

  test("passes with Okta's environment, once it is filled in", async () => {
    const environment = variables(read(path.join(committed, 'environment.okta.json')));
    assert.deepEqual(environment, {
      baseUrl: 'http://127.0.0.1:3000',
      issuer: 'https://{yourOktaDomain}/oauth2/default',
      clientId: '',
      clientSecret: '',
      scope: 'AccessAll',
    });
    const filledIn = { baseUrl: service.url, issuer: issuer.url, clientId: 'svc', clientSecret: 'svc-secret' };

    const result = await runCollection(read(path.join(committed, 'collection.json')), {
      ...environment,
      ...filledIn,
      scope: 'admin',
    });

    assertPassed(result, GUIDE);
  });

  test("stops once, with the reason, while Okta's environment is not filled in", async () => {
    const file = read(path.join(committed, 'environment.okta.json'));
    const partly = { ...variables(file), baseUrl: service.url, issuer: issuer.url, clientId: 'svc' };

    const empty = await runCollection(read(path.join(committed, 'collection.json')), variables(file), file.name);
    const half = await runCollection(read(path.join(committed, 'collection.json')), partly, file.name);

    assert.equal(file.name, 'Protected API (Okta)');
    assert.deepEqual(empty.failed, [
      'Get an access token: the environment "Protected API (Okta)" has a value for issuer, clientId, clientSecret',
    ]);
    assert.deepEqual(empty.reasons, [
      'fill in issuer, clientId, clientSecret in this environment, and run the collection again',
    ]);
    assert.deepEqual(half.failed, [
      'Get an access token: the environment "Protected API (Okta)" has a value for clientSecret',
    ]);
    for (const { sent, passed } of [empty, half]) {
      assert.deepEqual(passed, []);
      assert.equal(sent, 0);
    }
  });

  test('follows the settings, and so does its verdict', async () => {
    const strict = {
      ...settings(issuer),
      RESOURCE_SERVER_ACCESS__MODE: 'all',
      RESOURCE_SERVER_ACCESS__ANONYMOUS: '',
      RESOURCE_SERVER_ACCESS__OPERATIONS__WHOAMI__SCOPES: 'admin',
    };
    const files = await generate(strict);
    const closed = await startService(strict);
    const access = { ...variables(files.environment), clientId: 'svc', clientSecret: 'svc-secret' };

    const own = await runCollection(files.collection, { ...access, baseUrl: closed.url });
    const ofAnother = await runCollection(files.collection, { ...access, baseUrl: service.url });

    await closed.stop();
    assert.equal(access.scope, 'admin');
    assert.equal(variables(files.okta).scope, 'admin');
    assert.ok(names(files).includes('hello with a tampered token'));
    assertPassed(own, names(files));
    assert.ok(ofAnother.failed.includes('hello without a token: the status is 401'));
  });
});

describe('the collection with two issuers', () => {
  const env = {};
  let first;
  let partners;
  let service;
  let files;
  before(async () => {
    first = await startIssuer();
    partners = await startIssuer({ alg: 'ES256' });
    Object.assign(env, settings(first), {
      RESOURCE_SERVER_CLIENT__ID: 'svc',
      RESOURCE_SERVER_CLIENT__SCOPE: 'profile:read',
      RESOURCE_SERVER_ISSUERS__PARTNERS__URL: partners.url,
      RESOURCE_SERVER_ISSUERS__PARTNERS__AUDIENCES: 'api://default',
      RESOURCE_SERVER_ISSUERS__PARTNERS__CLIENT__ID: 'svc',
      RESOURCE_SERVER_ISSUERS__PARTNERS__CLIENT__SCOPE: 'admin',
    });
    service = await startService(env);
    files = await generate(env);
  });
  after(async () => {
    for (const process_ of [service, first, partners]) await process_?.stop();
  });
  /** What the person fills in: the secret. */
  const filledIn = (environment) => ({
    ...variables(environment),
    baseUrl: service.url,

    clientSecret: 'svc-secret',
  });

  test('has an environment for each, and passes with both', async () => {
    const [one, other] = [files.environment, files.of('partners')];

    assert.deepEqual(files.names, [
      'collection.json',
      'environment.json',
      'environment.okta.json',
      'environment.partners.json',
    ]);
    assert.deepEqual([variables(one).issuer, variables(one).clientId], [first.url, 'svc']);
    assert.deepEqual([variables(other).issuer, variables(other).clientId], [partners.url, 'svc']);
    assert.deepEqual([variables(one).scope, variables(other).scope], ['profile:read', 'admin']);
    assert.equal(new Set([one.id, other.id, files.okta.id]).size, 3, 'an import replaces no other environment');
    assert.equal(new Set([one.name, other.name, files.okta.name]).size, 3);
    for (const environment of [one, other]) {
      const result = await runCollection(files.collection, filledIn(environment), environment.name);

      assertPassed(result, GUIDE);
      const { authorization } = result.requests['whoami with a token'];
      const whoami = await call(`${service.url}/api/whoami`, { headers: { authorization } });
      assert.equal(whoami.json().issuer, variables(environment).issuer);
    }
  });

  test('fails with the issuer that an operation does not accept, and passes with the other', async () => {
    const strict = { ...env, RESOURCE_SERVER_ACCESS__OPERATIONS__WHOAMI__ISSUERS: 'partners' };
    const closed = await startService(strict);
    const generated = await generate(strict);
    const answered = async (environment) => {
      const local = { ...filledIn(environment), baseUrl: closed.url };
      return {
        own: await runCollection(generated.collection, local),
        ofBoth: await runCollection(files.collection, local),
      };
    };

    const refused = await answered(generated.environment);
    const accepted = await answered(generated.of('partners'));

    await closed.stop();
    // The collection of these settings knows that the answer depends on the issuer.
    assert.deepEqual([refused.own.failed, accepted.own.failed], [[], []]);
    assert.equal(refused.own.requests['whoami with a token'].status, 401);
    assert.equal(accepted.own.requests['whoami with a token'].status, 200);
    assert.ok(refused.ofBoth.failed.includes('whoami with a token: the status is 200'), refused.ofBoth.failed.join('\n'));
    assert.deepEqual(accepted.ofBoth.failed, []);
  });
});

/** The README's command, with some variables changed. */
function runInTerminal(changed) {
  const newman = path.join(import.meta.dirname, 'node_modules/.bin/newman');
  const file = (name) => path.join(committed, name);
  const args = ['run', file('collection.json'), '-e', file('environment.json')];
  for (const [key, value] of Object.entries(changed)) args.push('--env-var', `${key}=${value}`);
  return new Promise((resolve) =>
    execFile(newman, args, (error, stdout) => resolve({ code: error ? error.code : 0, stdout })),
  );
}
