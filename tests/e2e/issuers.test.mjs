// The recipes of docs/issuers: the service starts with the settings of each page, and judges tokens
// of the form that the provider documents. Only the addresses differ: the issuer is on loopback.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { SignJWT, exportJWK, generateKeyPair } from 'jose';
import { bearer, scratch, startService } from './harness.mjs';

const PAGES = path.resolve(import.meta.dirname, '../../docs/issuers');
const { publicKey, privateKey } = await generateKeyPair('RS256', { extractable: true });
const publicJwk = { ...(await exportJWK(publicKey)), kid: 'one', use: 'sig' };
const forEncryption = { ...publicJwk, kid: 'two', use: 'enc', alg: 'RSA-OAEP' };

const now = Math.floor(Date.now() / 1000);
const times = { iat: now, exp: now + 3600 };
const CALLER = 'caller@my-project.iam.gserviceaccount.com';

/** Good claims by provider, and rows of what the provider can send instead. */
const providers = {
  auth0: {
    keys: [{ ...publicJwk, alg: 'RS256', x5t: 'a', x5c: ['MIID'] }],
    good: (iss, aud) => ({
      iss,
      aud: [aud, `${iss}userinfo`],
      sub: 'auth0|123456',
      azp: 'client',
      scope: 'openid profile read:messages',
    }),
    rows: [
      ['of a program', { aud: 'https://api.example.com', sub: 'client@clients', gty: 'client-credentials', scope: 'read:messages' }, 200],
      ['of the profile RFC 9068', { azp: undefined, client_id: 'client', jti: 'a', typ_: 'at+jwt' }, 200],
      ['without the permission', { scope: 'openid' }, 403, 'insufficient_scope'],
      ['for /userinfo alone', { aud: ['https://other/userinfo'] }, 401, 'wrong_audience'],
      ['without the slash in iss', { iss: 'http://127.0.0.1' }, 401, 'unknown_issuer'],
      ['for another API', { aud: 'https://other.example.com' }, 401, 'wrong_audience'],
    ],
    opaque: 'not_three_segments',
  },
  entra: {
    keys: [{ ...publicJwk, x5t: 'a', x5c: ['MIID'], issuer: 'https://login.microsoftonline.com/{tenantid}/v2.0' }],
    good: (iss, aud) => ({
      iss,
      aud,
      sub: 'pairwise',
      oid: '690222be-ff1a-4d56-abd1-7e4f7d38e474',
      tid: '72f988bf-86f1-41af-91ab-2d7cd011db47',
      azp: 'client',
      azpacr: '0',
      scp: 'access_as_user',
      nbf: now,
      uti: 'a',
      rh: 'I',
      aio: 'A',
      ver: '2.0',
    }),
    rows: [
      ['of the client that is the API', { azp: '6e74172b-be56-4843-9ff4-e66a39bb12e3' }, 200],
      ['of a program', { scp: undefined, roles: ['Orders.Read'] }, 403, 'insufficient_scope'],
      ['of version 1.0', { iss: 'https://sts.windows.net/72f988bf-86f1-41af-91ab-2d7cd011db47/', azp: undefined, appid: 'client', acr: '1', amr: ['pwd'], ver: '1.0' }, 401, 'unknown_issuer'],
    ],
  },
  keycloak: {
    keys: [forEncryption, { ...publicJwk, alg: 'RS256', x5c: ['MIID'] }],
    good: (iss, aud) => ({
      iss,
      aud,
      sub: 'f5f6',
      typ: 'Bearer',
      azp: 'caller',
      acr: '1',
      jti: 'trrtcc:a',
      realm_access: { roles: ['offline_access'] },
      scope: 'profile email orders:read',
      client_id: 'caller',
      preferred_username: 'service-account-caller',
    }),
    rows: [
      ['of a person', { client_id: undefined, aud: ['orders-api', 'account'], auth_time: now, sid: 'a' }, 200],
      ['without the optional scope', { scope: 'profile email' }, 403, 'insufficient_scope'],
      ['without the mapper', { aud: 'account' }, 401, 'wrong_audience'],
      ['without any audience', { aud: undefined }, 401, 'missing_claim'],
      ['without the scope basic', { sub: undefined }, 401, 'missing_claim'],
      ['of version 24, with a nonce', { nonce: 'a' }, 401, 'id_token'],
      ['of the kind ID', { typ: 'ID' }, 401, 'id_token'],
    ],
  },
  cognito: {
    keys: [{ ...publicJwk, alg: 'RS256' }],
    good: (iss, aud) => ({
      iss,
      aud,
      sub: 'aaaaaaaa-bbbb',
      client_id: 'client',
      token_use: 'access',
      scope: 'openid https://api.example.com/read',
      auth_time: now,
      username: 'ada',
      jti: 'a',
      origin_jti: 'b',
      version: 2,
      'cognito:groups': ['admins'],
    }),
    rows: [
      ['without resource binding', { aud: undefined }, 401, 'missing_claim'],
      ['with a client id as audience', { aud: 'client' }, 401, 'wrong_audience'],
      ['of the kind id', { aud: 'client', client_id: undefined, scope: undefined, token_use: 'id' }, 401, 'id_token'],
    ],
  },
  'cognito without an audience': {
    page: 'cognito',
    /** The second file of the page adds to the first. */
    recipe: (toml) => toml.replaceAll('{app client id}', 'client').replaceAll('{another app client id}', 'other'),
    keys: [{ ...publicJwk, alg: 'RS256' }],
    good: (iss) => ({
      iss,
      sub: 'aaaaaaaa-bbbb',
      client_id: 'client',
      token_use: 'access',
      scope: 'openid https://api.example.com/read',
      auth_time: now,
      username: 'ada',
      jti: 'a',
      version: 2,
    }),
    rows: [
      ['of the other client', { client_id: 'other' }, 200],
      ['with the audience of the page', { aud: 'https://api.example.com' }, 200],
      ['of a client that is not listed', { client_id: 'stranger' }, 401, 'wrong_audience'],
      ['without a client', { client_id: undefined }, 401, 'missing_claim'],
      ['for another audience', { aud: 'https://other.example.com' }, 401, 'wrong_audience'],
      ['with an audience, of a client that is not listed', { aud: 'https://api.example.com', client_id: 'stranger' }, 401, 'client_not_accepted'],
      ['of the kind id', { aud: 'client', client_id: undefined, scope: undefined, token_use: 'id' }, 401, 'id_token'],
    ],
  },
  google: {
    keys: [{ ...publicJwk, alg: 'RS256' }],
    good: (iss, aud) => ({ iss, aud, azp: '1157', sub: '1157', email: CALLER, email_verified: true }),
    rows: [
      ['of another service account', { email: 'other@project.iam.gserviceaccount.com' }, 403, 'claim_not_accepted'],
      ['without the claim email', { email: undefined }, 403, 'claim_not_accepted'],
      ['of a person', { azp: 'app.apps.googleusercontent.com', aud: 'app.apps.googleusercontent.com', at_hash: 'a' }, 401, 'id_token'],
      ['of a person, for the audience', { at_hash: 'a' }, 401, 'id_token'],
    ],
    opaque: 'not_three_segments',
  },
};

/** The settings files of a page. */
const recipes = (name) =>
  [...fs.readFileSync(path.join(PAGES, `${name}.md`), 'utf8').matchAll(/```toml\n([^]*?)```/g)].map((it) => it[1]);
const setting = (toml, key) => toml.match(new RegExp(`^${key} = "(.*)"$`, 'm'))[1];

for (const [name, provider] of Object.entries(providers)) {
  describe(`the recipe for ${name}`, () => {
    let server;
    let service;
    let issuer;
    let audience;

    const mint = ({ typ_ = 'JWT', ...changes } = {}) =>
      new SignJWT({ ...provider.good(issuer, audience), ...times, ...changes })
        .setProtectedHeader({ alg: 'RS256', typ: typ_, kid: 'one' })
        .sign(privateKey);

    before(async () => {
      server = http.createServer((request, response) => {
        const keys = request.url === '/keys';
        const origin = `http://127.0.0.1:${server.address().port}`;
        const metadata = {
          issuer,
          authorization_endpoint: `${origin}/authorize`,
          token_endpoint: `${origin}/token`,
          // As with Google, on a host of another name.
          jwks_uri: `${name === 'google' ? origin.replace('127.0.0.1', 'localhost') : origin}/keys`,
          response_types_supported: ['code'],
          subject_types_supported: ['public'],
          id_token_signing_alg_values_supported: ['RS256'],
        };
        response.setHeader('content-type', 'application/json');
        response.end(JSON.stringify(keys ? { keys: provider.keys } : metadata));
      });
      await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
      const [first, ...more] = recipes(provider.page ?? name);
      const toml = provider.recipe ? provider.recipe([first, ...more].join('\n')) : first;
      const url = setting(toml, 'url');
      issuer = url.replace(/^https:\/\/[^/]+/, `http://127.0.0.1:${server.address().port}`);
      audience = setting(toml, 'audience');
      const file = path.join(scratch, `${name}.toml`);
      fs.writeFileSync(file, toml.replace(url, issuer).replace('www.googleapis.com', 'localhost'));
      service = await startService({}, { args: ['--config', file] });
    });
    after(async () => {
      await service?.stop();
      server.closeAllConnections();
      server.close();
    });

    test('a documented token is accepted', async () => {
      const answer = await service.whoami(await mint());

      assert.equal(answer.status, 200, answer.text);
    });

    for (const [row, changes, status, reason] of provider.rows) {
      test(`a token ${row} is answered ${status}${reason ? ` ${reason}` : ''}`, async () => {
        const answer = await service.whoami(await mint(changes));

        assert.equal(answer.status, status, answer.text);
        if (reason) assert.equal(answer.json().reason, reason);
      });
    }

    if (name === 'google') {
      test('the open operation is closed, because these tokens have no scopes', async () => {
        const anonymous = await service.hello({});
        const caller = await service.hello(bearer(await mint()));

        assert.equal(anonymous.status, 401);
        assert.equal(caller.status, 200, caller.text);
      });
    }

    if (provider.opaque) {
      test('an opaque token is refused', async () => {
        const answer = await service.whoami('ya29.a0AfH6SMBx-short');

        assert.equal(answer.status, 401);
        assert.equal(answer.json().reason, provider.opaque);
      });
    }
  });
}
