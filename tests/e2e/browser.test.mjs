// Swagger UI by clicking, against the embedded issuer and against one nobody here wrote. Needs
// a Chromium, whose path is in CHROMIUM.
import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import { call, eventually, freePort, settings, startIssuer, startService } from './harness.mjs';
import { launch, openSwaggerUi, openWindow } from './swagger-ui.mjs';

const CHROMIUM = process.env.CHROMIUM;

const worlds = [
  {
    name: 'the embedded issuer',
    client: ['dev-client', 'dev-secret'],
    spa: 'dev-spa',
    person: 'ada@example.com',
    open: async () => ({
      service: await startService({ RESOURCE_SERVER_DEV__LISTEN: `127.0.0.1:${await freePort()}` }),
    }),
    async signIn(page) {
      // Consent shows what is asked for.
      assert.deepEqual(await page.locator('li').allInnerTexts(), ["profile:read Read the caller's profile."]);
      await page.getByRole('button', { name: 'Sign in as ada' }).click();
    },
    decline: (page) => page.getByRole('button', { name: 'Cancel' }).click(),
  },
  {
    name: 'oidc-provider',
    client: ['svc', 'svc-secret'],
    spa: 'spa',
    person: 'ada',
    async open() {
      const port = await freePort();
      const redirectUri = `http://127.0.0.1:${port}/docs/oauth2-redirect.html`;
      const issuer = await startIssuer({ redirectUri });
      const docs = { RESOURCE_SERVER_DOCS__CLIENT_ID: 'spa', RESOURCE_SERVER_DOCS__SCOPES: 'profile:read' };
      const service = await startService({ ...settings(issuer), ...docs }, { port });
      return { issuer, service };
    },
    // Its pages want a font of the internet and an icon it does not have. Ours may want
    // nothing of the kind, which their policy sees to.
    prepare: (context) =>
      context.route(/^https:|\/favicon\.ico$/, (route) => route.fulfill({ body: '' })),
    async signIn(page) {
      await page.locator('input[name=login]').fill('ada');
      await page.locator('input[name=password]').fill('x');
      await page.locator('button[type=submit]').click();
      await page.getByRole('button', { name: 'Continue' }).click();
    },
    decline: (page) => page.getByText('Cancel').click(),
  },
];

describe('in a browser', { skip: CHROMIUM ? false : 'CHROMIUM names no browser' }, () => {
  let browser;
  before(async () => {
    browser = await launch(CHROMIUM);
  });
  after(() => browser?.close());

  for (const world of worlds) {
    describe(`Swagger UI with ${world.name}`, () => {
      let opened;
      let window;
      let ui;
      before(async () => {
        opened = await world.open();
        // The document has the issuer's endpoints soon after the service is ready.
        const document = async () => (await call(`${opened.service.url}/openapi.json`)).text;
        await eventually(document, async () => (await document()).includes('OAuth2'));
      });
      after(async () => {
        for (const process_ of [opened?.service, opened?.issuer]) await process_?.stop();
      });
      // A window each, so that nobody is still signed in.
      beforeEach(async () => {
        window = await openWindow(browser);
        await world.prepare?.(window.context);
        ui = await openSwaggerUi(window, opened.service);
      });
      afterEach(() => window?.close());
      const assertNoComplaint = () => assert.deepEqual(window.complaints, []);

      test('a stranger is refused', async () => {
        const { status, body } = await ui.whoami();

        assert.equal(status, 401);
        assert.equal(body.reason, 'missing_credentials');
        assertNoComplaint();
      });

      test('a program authorizes by client credentials, and logs out', async () => {
        await ui.authorizeClient(...world.client);

        const allowed = await ui.whoami();
        await ui.logOut();
        const refused = await ui.whoami();

        assert.equal(allowed.status, 200);
        assert.equal(allowed.body.client_id, world.client[0]);
        assert.deepEqual(allowed.body.scopes, ['profile:read']);
        assert.equal(refused.status, 401);
        assertNoComplaint();
      });

      test('a person authorizes by code and PKCE, and logs out', async () => {
        await ui.open();
        const id = await ui.flow('authorizationCode').getByLabel('client_id').inputValue();
        await ui.close();
        await ui.authorizePerson(world.signIn);

        const allowed = await ui.whoami();
        await ui.logOut();
        const refused = await ui.whoami();

        assert.equal(id, world.spa);
        assert.equal(allowed.status, 200);
        assert.equal(allowed.body.subject, world.person);
        assert.equal(allowed.body.client_id, world.spa);
        assert.deepEqual(allowed.body.scopes, ['profile:read']);
        assert.equal(refused.status, 401);
        assertNoComplaint();
      });

      test('a person who declines is told so, and stays a stranger', async () => {
        await ui.open();
        const popup = ui.page.waitForEvent('popup');
        const form = ui.flow('authorizationCode');
        await form.getByRole('button', { name: 'Apply given OAuth2 credentials' }).click();
        await world.decline(await popup);
        await ui.dialog.getByText('access_denied').first().waitFor();
        await ui.close();

        const { status } = await ui.whoami();

        assert.equal(status, 401);
        assertNoComplaint();
      });

      test('an answer to another request is not taken', async () => {
        await window.context.route(/\/auth(orize)?\?/, (route) => {
          const uri = new URL(route.request().url()).searchParams.get('redirect_uri');
          const location = `${uri}?code=stolen&state=of-another`;
          return route.fulfill({ status: 303, headers: { location } });
        });
        await ui.open();
        const form = ui.flow('authorizationCode');
        await form.getByRole('button', { name: 'Apply given OAuth2 credentials' }).click();
        await ui.dialog.getByText('its state differs').first().waitFor();
        await ui.close();

        const { status } = await ui.whoami();

        assert.equal(status, 401);
        assertNoComplaint();
      });

      test('nothing is remembered from one visit to the next', async () => {
        await ui.authorizeClient(...world.client);
        await ui.page.close();
        ui = await openSwaggerUi(window, opened.service);

        const { status } = await ui.whoami();

        assert.equal(status, 401);
        assert.equal(await ui.page.evaluate(() => localStorage.length), 0);
        assertNoComplaint();
      });
    });
  }

  test('the reference opens without a complaint', async () => {
    const service = await startService({
      RESOURCE_SERVER_DEV__LISTEN: `127.0.0.1:${await freePort()}`,
    });
    const window = await openWindow(browser);
    const page = await window.context.newPage();

    await page.goto(`${service.url}/docs/reference`);
    await page.getByRole('heading', { name: 'Tell the caller who it is' }).waitFor();

    assert.deepEqual(window.complaints, []);
    await window.close();
    await service.stop();
  });
});
