// Swagger UI signs in and calls with DPoP, by clicking: with the embedded issuer and with one of
// another project. Needs a Chromium, whose path is in CHROMIUM. With SCREENSHOTS, a folder, it
// keeps pictures of the dialog.
import assert from 'node:assert/strict';
import path from 'node:path';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import { call, eventually, freePort, settings, startIssuer, startService } from './harness.mjs';
import { newCertificate, startBoundIssuer } from './bound.mjs';
import { launch, openSwaggerUi, openWindow } from './swagger-ui.mjs';

const { CHROMIUM, SCREENSHOTS } = process.env;
const BIND = 'Bind the token to this browser';

const worlds = [
  {
    name: 'the embedded issuer',
    client: ['dev-client', 'dev-secret'],
    // Of this client, the issuer requires DPoP.
    bound: ['dev-dpop', 'dev-secret'],
    person: 'ada@example.com',
    async open() {
      return { service: await startService({ RESOURCE_SERVER_DEV__LISTEN: `127.0.0.1:${await freePort()}` }) };
    },
    signIn: (page) => page.getByRole('button', { name: 'Sign in as ada' }).click(),
  },
  {
    name: 'oidc-provider',
    client: ['svc', 'svc-secret'],
    person: 'ada',
    async open() {
      const port = await freePort();
      const issuer = await startIssuer({
        redirectUri: `http://127.0.0.1:${port}/docs/oauth2-redirect.html`,
        dpop: 'nonce',
      });
      const docs = { RESOURCE_SERVER_DOCS__CLIENT_ID: 'spa', RESOURCE_SERVER_DOCS__SCOPES: 'profile:read' };
      return { issuer, service: await startService({ ...settings(issuer), ...docs }, { port }) };
    },
    prepare: (context) => context.route(/^https:|\/favicon\.ico$/, (route) => route.fulfill({ body: '' })),
    async signIn(page) {
      await page.locator('input[name=login]').fill('ada');
      await page.locator('input[name=password]').fill('x');
      await page.locator('button[type=submit]').click();
      await page.getByRole('button', { name: 'Continue' }).click();
    },
  },
];

describe('in a browser', { skip: CHROMIUM ? false : 'CHROMIUM names no browser' }, () => {
  let browser;
  before(async () => {
    browser = await launch(CHROMIUM);
  });
  after(() => browser?.close());

  for (const world of worlds) {
    describe(`DPoP in Swagger UI with ${world.name}`, () => {
      let opened;
      let window;
      let ui;
      let requests;
      before(async () => {
        opened = await world.open();
        const document = async () => (await call(`${opened.service.url}/openapi.json`)).text;
        await eventually(document, async () => (await document()).includes('SignIn'));
      });
      after(async () => {
        for (const process_ of [opened?.service, opened?.issuer]) await process_?.stop();
      });
      beforeEach(async () => {
        window = await openWindow(browser);
        await world.prepare?.(window.context);
        requests = recordProofs(window.context);
        ui = await openSwaggerUi(window, opened.service);
      });
      afterEach(() => window?.close());
      const assertNoComplaint = () => assert.deepEqual(window.complaints, []);

      test('a person gets a bound token, and each call has a new proof', async () => {
        await ui.open();
        await (await ui.unfold('SignIn')).getByLabel(BIND).check();
        await picture(ui, `sign-in-${world.name}`);
        await ui.close();
        await ui.authorizePerson(world.signIn);
        await ui.open();
        await picture(ui, `signed-in-${world.name}`);
        const state = await ui.section('SignIn').innerText();
        await ui.close();

        const first = await ui.whoami();
        const second = await ui.whoami();

        assert.match(state, /The token is bound to this browser/);
        for (const { status, body } of [first, second]) {
          assert.equal(status, 200);
          assert.equal(body.subject, world.person);
          assert.match(body.claims.cnf.jkt, /^[\w-]{43}$/);
        }
        // The first proof for the issuer lacks the nonce, which the issuer requires.
        const [refused, granted, ...calls] = requests.map(readProof);
        assert.deepEqual([refused.htm, refused.nonce], ['POST', undefined]);
        assert.equal(typeof granted.nonce, 'string');
        assert.equal(granted.ath, undefined);
        assert.equal(calls.length, 2);
        for (const proof of calls) {
          assert.equal(proof.htm, 'GET');
          assert.equal(proof.htu, `${opened.service.url}/api/whoami`);
          assert.match(proof.ath, /^[\w-]{43}$/);
          assert.match(proof.authorization, /^DPoP ey/);
        }
        const ids = [refused, granted, ...calls].map(({ jti }) => jti);
        assert.equal(new Set(ids).size, 4);
        assertNoComplaint();
      });

      test('a program gets a bound token, and logs out', async () => {
        await ui.open();
        await (await ui.unfold('ClientCredentials')).getByLabel(BIND).check();
        await ui.close();
        await ui.authorizeClient(...world.client);

        const allowed = await ui.whoami();
        await ui.logOut();
        const refused = await ui.whoami();

        assert.equal(allowed.status, 200);
        assert.match(allowed.body.claims.cnf.jkt, /^[\w-]{43}$/);
        assert.equal(refused.status, 401);
        assertNoComplaint();
      });

      test('without the choice, a token is a bearer token and no request has a proof', async () => {
        await ui.authorizeClient(...world.client);

        const { status, body } = await ui.whoami();

        assert.equal(status, 200);
        assert.equal(body.claims.cnf, undefined);
        assert.deepEqual(requests, []);
        assertNoComplaint();
      });

      test('the key of the page cannot be exported', async () => {
        await window.context.addInitScript(() => {
          // An empty page before the first one.
          if (!crypto.subtle) return;
          const generateKey = crypto.subtle.generateKey.bind(crypto.subtle);
          crypto.subtle.generateKey = async (...options) => {
            const pair = await generateKey(...options);
            globalThis.made = [...(globalThis.made ?? []), pair.privateKey.extractable];
            return pair;
          };
        });
        ui = await openSwaggerUi(window, opened.service);
        await ui.open();
        await (await ui.unfold('ClientCredentials')).getByLabel(BIND).check();
        await ui.close();
        await ui.authorizeClient(...world.client);
        await ui.whoami();

        assert.deepEqual(await ui.page.evaluate(() => globalThis.made), [false]);
        assertNoComplaint();
      });

      test('a nonce of the API is used, with one more request', async () => {
        await ui.open();
        await (await ui.unfold('ClientCredentials')).getByLabel(BIND).check();
        await ui.close();
        await ui.authorizeClient(...world.client);
        requests.length = 0;
        const ask = { 'DPoP-Nonce': 'nonce-1', 'WWW-Authenticate': 'DPoP error="use_dpop_nonce"' };
        await window.context.route(/\/api\/whoami$/, async (route) => {
          if (requests.length > 1) return route.continue();
          return route.fulfill({ status: 401, headers: ask, json: {} });
        });

        await ui.startWhoami();
        await eventually(() => `${requests.length} requests`, async () => requests.length === 2);
        await ui.page.locator('.live-responses-table .response-col_status').filter({ hasText: '200' }).first().waitFor();

        const [without, withNonce] = requests.map(readProof);
        assert.equal(without.nonce, undefined);
        assert.equal(withNonce.nonce, 'nonce-1');
        assert.notEqual(without.jti, withNonce.jti);
        assertNoComplaint();
      });

      test('a bound token of somebody else is not taken', async () => {
        const payload = Buffer.from(JSON.stringify({ cnf: { jkt: 'x' } })).toString('base64url');
        await ui.open();
        const form = await ui.unfold('BearerAuth');
        await form.getByLabel('Access token').fill(`e30.${payload}.AA`);
        await form.getByRole('button', { name: 'Use this token' }).click();

        const refusal = await form.getByRole('alert').innerText();

        assert.match(refusal, /^This token is bound to a key that this page does not have\./);
        assertNoComplaint();
      });

      test('a page without WebCrypto says what to do', async () => {
        // As at an http address of another machine.
        await window.context.addInitScript(() => Object.defineProperty(crypto, 'subtle', { value: undefined }));
        ui = await openSwaggerUi(window, opened.service);
        await ui.open();
        const form = await ui.unfold('SignIn');
        const choice = form.getByLabel(BIND);

        await picture(ui, `without-web-crypto-${world.name}`);
        assert.equal(await choice.isDisabled(), true);
        assert.match(await form.locator('.bind').innerText(), /Open this page at an https address or at http:\/\/localhost\./);
        assertNoComplaint();
      });

      if (world.bound) {
        test('a client that must use DPoP gets a bound token without the choice', async () => {
          await ui.authorizeClient(...world.bound);

          const { status, body } = await ui.whoami();

          assert.equal(status, 200);
          assert.equal(body.client_id, world.bound[0]);
          assert.match(body.claims.cnf.jkt, /^[\w-]{43}$/);
          assertNoComplaint();
        });
      }
    });
  }

  describe('Swagger UI where tokens must be bound, to a key or to a certificate', () => {
    const required = {
      RESOURCE_SERVER_ACCESS__BINDING: 'required',
      RESOURCE_SERVER_HTTP__TRUSTED_PROXIES: '127.0.0.1',
      RESOURCE_SERVER_HTTP__CLIENT_CERTIFICATE_FORMAT: 'rfc9440',
      RESOURCE_SERVER_HTTP__CLIENT_CERTIFICATE_HEADER: 'Client-Cert',
    };

    async function opened(t, settings) {
      const service = await startService({ ...required, ...settings });
      t.after(() => service.stop());
      const document = async () => (await call(`${service.url}/openapi.json`)).text;
      await eventually(document, async () => (await document()).includes('SignIn'));
      const window = await openWindow(browser);
      t.after(() => window.close());
      return { service, window };
    }

    test('a token is bound to the browser by default, and a person can choose otherwise', async (t) => {
      const { service, window } = await opened(t, { RESOURCE_SERVER_DEV__LISTEN: `127.0.0.1:${await freePort()}` });
      const ui = await openSwaggerUi(window, service);
      await ui.open();
      const form = await ui.unfold('ClientCredentials');
      const choice = form.getByLabel(BIND);
      const hint = await form.locator('.bind').innerText();
      await picture(ui, 'bound-or-certificate');

      assert.equal(await choice.isChecked(), true);
      assert.equal(await choice.isDisabled(), false);
      assert.match(hint, /unless the issuer binds the token to the certificate of this browser/);
      await ui.close();
      await ui.authorizeClient('dev-client', 'dev-secret');
      assert.equal((await ui.whoami()).status, 200);
      assert.deepEqual(window.complaints, []);
    });

    test('a token that is bound to the certificate of the browser is sent as a bearer token', async (t) => {
      const issuer = await startBoundIssuer();
      t.after(() => issuer.stop());
      const certificate = newCertificate('browser');
      const { service, window } = await opened(t, settings(issuer));
      // As the proxy does that terminates the TLS connection of the browser.
      const header = `:${certificate.der.toString('base64')}:`;
      await window.context.route(`${service.url}/api/**`, (route) =>
        route.continue({ headers: { ...route.request().headers(), 'client-cert': header } }),
      );
      const ui = await openSwaggerUi(window, service);
      await ui.open();
      const section = await ui.unfold('CertificateBoundAuth');
      const text = await section.innerText();
      await ui.close();

      await ui.authorizeToken(issuer.mint({ 'x5t#S256': certificate.thumbprint }), 'CertificateBoundAuth');
      const allowed = await ui.whoami();
      await ui.logOut();
      await ui.authorizeToken(issuer.mint(), 'CertificateBoundAuth');
      const refused = await ui.whoami();

      assert.match(text, /Access token\s+bound to the certificate of this browser/);
      assert.equal(await ui.section('BearerAuth').count(), 0);
      assert.equal(allowed.status, 200);
      assert.deepEqual([refused.status, refused.body.reason], [401, 'bearer_token_not_accepted']);
      assert.deepEqual(window.complaints, []);
    });
  });
});

/** Every request with a proof, in order. */
function recordProofs(context) {
  const requests = [];
  context.on('request', (request) => {
    const headers = request.headers();
    if (headers.dpop) requests.push({ proof: headers.dpop, authorization: headers.authorization });
  });
  return requests;
}

function readProof({ proof, authorization }) {
  return { ...JSON.parse(Buffer.from(proof.split('.')[1], 'base64url')), authorization };
}

async function picture(ui, name) {
  if (SCREENSHOTS) await ui.page.screenshot({ path: path.join(SCREENSHOTS, `${name.replaceAll(' ', '-')}.png`) });
}
