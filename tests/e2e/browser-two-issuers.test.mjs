// Swagger UI of a service with two issuers, by clicking. Needs a Chromium, whose path is in CHROMIUM.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { call, eventually, fetchToken, freePort, settings, startIssuer, startService } from './harness.mjs';
import { launch, openSwaggerUi, openWindow, provider } from './swagger-ui.mjs';

const CHROMIUM = process.env.CHROMIUM;
const WHOAMI = 'RESOURCE_SERVER_ACCESS__OPERATIONS__WHOAMI';

describe('Swagger UI with two issuers', { skip: CHROMIUM ? false : 'CHROMIUM names no browser' }, () => {
  let browser;
  let port;
  let first;
  let partners;
  before(async () => {
    browser = await launch(CHROMIUM);
    port = await freePort();
    const redirectUri = `http://127.0.0.1:${port}/docs/oauth2-redirect.html`;
    first = await startIssuer({ redirectUri });
    partners = await startIssuer({ redirectUri, alg: 'ES256' });
  });
  after(async () => {
    await browser?.close();
    await first?.stop();
    await partners?.stop();
  });

  /** Runs `steps` with a service of these rules and Swagger UI in a window. */
  async function visit(rules, steps) {
    const env = {
      ...settings(first),
      RESOURCE_SERVER_DOCS__CLIENT_ID: 'spa',
      RESOURCE_SERVER_DOCS__SCOPES: 'profile:read',
      RESOURCE_SERVER_ISSUERS__PARTNERS__URL: partners.url,
      RESOURCE_SERVER_ISSUERS__PARTNERS__AUDIENCES: 'api://default',
      RESOURCE_SERVER_ISSUERS__PARTNERS__DOCS_CLIENT_ID: 'spa',
      ...rules,
    };
    const service = await startService(env, { port });
    const window = await openWindow(browser);
    try {
      await provider.prepare(window.context);
      // The document has the endpoints of both soon after the service is ready.
      const document = async () => (await call(`${service.url}/openapi.json`)).text;
      await eventually(document, async () => (await document()).includes('"SignIn-partners"'));
      const ui = await openSwaggerUi(window, service);
      await steps({ ui, service, complaints: window.complaints });
      assert.deepEqual(window.complaints, []);
    } finally {
      await window.close();
      await service.stop();
    }
  }

  test('a person signs in at each, and each call has the token of the last sign-in', () =>
    visit({}, async ({ ui }) => {
      const calls = [];
      for (const scheme of ['SignIn', 'SignIn-partners', 'SignIn']) {
        await ui.authorizePerson(provider.signIn, scheme);
        calls.push(await ui.whoami());
        await ui.logOut();
      }
      const without = await ui.whoami();

      assert.deepEqual(calls.map((it) => it.status), [200, 200, 200]);
      assert.deepEqual(calls.map((it) => it.body.issuer), [first.url, partners.url, first.url]);
      assert.deepEqual([without.status, without.body.reason], [401, 'missing_credentials']);
    }));

  test('a program gets a token of each, and the newer one replaces the other', () =>
    visit({}, async ({ ui }) => {
      await ui.authorizeClient('svc', 'svc-secret');
      const one = await ui.whoami();
      await ui.authorizeClient('svc', 'svc-secret', 'ClientCredentials-partners');
      const other = await ui.whoami();
      await ui.open();
      const inUse = await ui.dialog.locator('summary', { hasText: 'in use' }).allInnerTexts();
      await ui.close();

      assert.deepEqual([one.status, one.body.issuer], [200, first.url]);
      assert.deepEqual([other.status, other.body.issuer], [200, partners.url]);
      assert.equal(inUse.length, 1, inUse);
      assert.match(inUse[0], /^Client credentials: partners/);
    }));

  test('an operation for one issuer gets no token of a sign-in at the other, and refuses a pasted one', () =>
    visit({ [`${WHOAMI}__ISSUERS`]: 'partners' }, async ({ ui }) => {
      await ui.authorizePerson(provider.signIn, 'SignIn');
      const withheld = await ui.whoami();
      await ui.logOut();
      await ui.authorizeToken(await fetchToken(first));
      const refused = await ui.whoami();
      await ui.logOut();
      await ui.authorizePerson(provider.signIn, 'SignIn-partners');
      const accepted = await ui.whoami();

      assert.deepEqual([withheld.status, withheld.body.reason], [401, 'missing_credentials']);
      assert.deepEqual([refused.status, refused.body.reason], [401, 'issuer_not_accepted']);
      assert.match(refused.challenge, /error="invalid_token"/);
      assert.deepEqual([accepted.status, accepted.body.issuer], [200, partners.url]);
    }));

  test('another sign-in is offered at the issuer of the refused token', () =>
    visit({ [`${WHOAMI}__MAX_AGE`]: '5m' }, async ({ ui, service }) => {
      for (const issuer of [partners, first]) {
        await ui.authorizeToken(await fetchToken(issuer));
        const refused = await ui.whoami();
        const popup = await ui.startStepUp();
        await popup.waitForLoadState();
        const { origin } = new URL(popup.url());
        const closed = popup.waitForEvent('close');
        await provider.signIn(popup);
        await closed;
        await ui.dialog.waitFor({ state: 'detached' });
        const accepted = await ui.whoami();
        await ui.logOut();

        assert.deepEqual([refused.status, refused.body.reason], [401, 'insufficient_user_authentication']);
        assert.equal(origin, new URL(issuer.url).origin);
        assert.deepEqual([accepted.status, accepted.body.issuer], [200, issuer.url], service.url);
      }
    }));
});
