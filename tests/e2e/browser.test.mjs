// Swagger UI by clicking, with the embedded issuer and with one of another project. Needs a
// Chromium, whose path is in CHROMIUM.
import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import {
  call,
  eventually,
  fetchToken,
  freePort,
  run,
  settings,
  startIssuer,
  startService,
} from './harness.mjs';
import { launch, openSwaggerUi, openWindow, provider } from './swagger-ui.mjs';

const CHROMIUM = process.env.CHROMIUM;
const METHODS = ['person', 'program', 'token'];

const worlds = [
  {
    name: 'the embedded issuer',
    client: ['dev-client', 'dev-secret'],
    spa: 'dev-spa',
    orders: permutations(METHODS),
    person: 'ada@example.com',
    async open() {
      const env = { RESOURCE_SERVER_DEV__LISTEN: `127.0.0.1:${await freePort()}` };
      return { env, service: await startService(env) };
    },
    async signIn(page) {
      // Consent shows what is asked for.
      assert.deepEqual(await page.locator('li').allInnerTexts(), ["profile:read Read the caller's profile."]);
      await page.getByRole('button', { name: 'Sign in as ada' }).click();
    },
    decline: (page) => page.getByRole('button', { name: 'Cancel' }).click(),
    async token({ env }) {
      const { code, stdout, stderr } = await run(['token', '--scope', 'profile:read'], env);
      assert.equal(code, 0, stderr);
      return stdout.trim();
    },
  },
  {
    name: 'oidc-provider',
    client: ['svc', 'svc-secret'],
    spa: 'spa',
    orders: [METHODS],
    person: 'ada',
    async open() {
      const port = await freePort();
      const redirectUri = `http://127.0.0.1:${port}/docs/oauth2-redirect.html`;
      const issuer = await startIssuer({ redirectUri });
      const docs = { RESOURCE_SERVER_DOCS__CLIENT_ID: 'spa', RESOURCE_SERVER_DOCS__SCOPES: 'profile:read' };
      const service = await startService({ ...settings(issuer), ...docs }, { port });
      return { issuer, service };
    },
    // Its pages load a font from the internet and an icon that it does not have. The policy of
    // our pages forbids both.
    ...provider,
    decline: (page) => page.getByText('Cancel').click(),
    token: ({ issuer }) => fetchToken(issuer, { scope: 'profile:read' }),
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
        await eventually(document, async () => (await document()).includes('SignIn'));
      });
      after(async () => {
        for (const process_ of [opened?.service, opened?.issuer]) await process_?.stop();
      });
      // Each test has a window of its own, so that nobody is still signed in.
      beforeEach(async () => {
        window = await openWindow(browser);
        await world.prepare?.(window.context);
        ui = await openSwaggerUi(window, opened.service);
      });
      afterEach(() => window?.close());
      const assertNoComplaint = () => assert.deepEqual(window.complaints, []);

      test('an anonymous caller is refused', async () => {
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
        const id = await ui.section('SignIn').getByLabel('Client ID').inputValue();
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

      test('a person who declines reads what to do, and stays anonymous', async () => {
        await ui.open();
        const popup = await ui.startSignIn();
        await world.decline(popup);
        await popup.getByRole('heading', { name: 'Sign-in refused' }).waitFor();
        const steps = await popup.locator('li').allInnerTexts();
        const refusal = await ui.dialog.getByRole('alert').innerText();
        await popup.getByRole('button', { name: 'Close this window' }).click();
        await ui.close();

        const { status } = await ui.whoami();

        assert.equal(popup.url(), `${opened.service.url}/docs/oauth2-redirect.html`);
        assert.match(steps[0], /^If you pressed Cancel, try again\.$/);
        assert.match(steps[1], /^Assign your account, .* In Okta: Applications > /);
        for (const text of ['access_denied', ...steps]) assert.ok(refusal.includes(text), refusal);
        assert.equal(status, 401);
        assertNoComplaint();
      });

      test('a person whose window closes without an answer reads what to do', async () => {
        await ui.open();
        const popup = await ui.startSignIn();
        await popup.waitForLoadState();
        await popup.close();

        const refusal = await ui.dialog.getByRole('alert').innerText();

        assert.match(refusal, /^The window was closed before the issuer answered\./);
        assert.match(refusal, /Register the redirect URI below/);
        assertNoComplaint();
      });

      test('an answer to another request is not taken', async () => {
        await window.context.route(/\/auth(orize)?\?/, (route) => {
          const uri = new URL(route.request().url()).searchParams.get('redirect_uri');
          const location = `${uri}?code=stolen&state=of-another`;
          return route.fulfill({ status: 303, headers: { location } });
        });
        await ui.open();
        const popup = await ui.startSignIn();
        await popup.getByText('its state differs').waitFor();
        await ui.dialog.getByText('its state differs').waitFor();
        await popup.close();
        await ui.close();

        const { status } = await ui.whoami();

        assert.equal(status, 401);
        assertNoComplaint();
      });

      test('each refusal of the issuer has its own advice', async () => {
        for (const [error, advice] of REFUSALS) {
          await window.context.route(/\/auth(orize)?\?/, (route) => {
            const asked = new URL(route.request().url()).searchParams;
            const answer = new URLSearchParams({
              error,
              error_description: '<b>why</b>',
              state: asked.get('state'),
            });
            const location = `${asked.get('redirect_uri')}?${answer}`;
            return route.fulfill({ status: 303, headers: { location } });
          });
          await ui.open();
          const popup = await ui.startSignIn();
          await popup.getByRole('heading', { name: 'What to do' }).waitFor();
          const text = await popup.locator('main').innerText();
          await popup.close();
          await ui.close();
          await window.context.unroute(/\/auth(orize)?\?/);

          assert.ok(text.includes(`${error} <b>why</b>`), text);
          assert.match(text, advice, error);
        }
        assertNoComplaint();
      });

      test('a program with a wrong secret reads what to do', async () => {
        await ui.open();
        const form = await ui.unfold('ClientCredentials');
        await form.getByLabel('Client ID').fill(world.client[0]);
        await form.getByLabel('Client secret').fill('wrong');
        await form.getByRole('button', { name: 'Get a token' }).click();

        const refusal = await form.getByRole('alert').innerText();

        assert.match(refusal, /invalid_client/);
        assert.match(refusal, /Check the client ID and, for a program, the client secret\./);
        assertNoComplaint();
      });

      for (const order of world.orders) {
        test(`the methods work in the order ${order.join(', ')}, with a logout after each`, async () => {
          const token = await world.token(opened);
          const authorize = {
            person: () => ui.authorizePerson(world.signIn),
            program: () => ui.authorizeClient(...world.client),
            token: () => ui.authorizeToken(`Bearer ${token} `),
          };
          const client = { person: world.spa, program: world.client[0], token: world.client[0] };
          for (const method of order) {
            await authorize[method]();
            const allowed = await ui.whoami();
            await ui.logOut();
            const refused = await ui.whoami();

            assert.equal(allowed.status, 200, method);
            assert.equal(allowed.body.client_id, client[method]);
            assert.equal(refused.body.reason, 'missing_credentials', method);
          }
          assert.deepEqual(await leftovers(ui), {
            SignIn: [world.spa],
            ClientCredentials: ['', ''],
            BearerAuth: [''],
          });
          assertNoComplaint();
        });
      }

      test('a new token replaces that of another method', async () => {
        await ui.authorizeClient(...world.client);
        await ui.authorizePerson(world.signIn);
        const person = await ui.whoami();
        await ui.authorizeToken(await world.token(opened));
        const program = await ui.whoami();
        await ui.logOut();
        const nobody = await ui.whoami();

        assert.equal(person.body.client_id, world.spa);
        assert.equal(program.body.client_id, world.client[0]);
        assert.equal(nobody.status, 401);
        assertNoComplaint();
      });

      test('a secret is in no state and no field, neither before nor after the logout', async () => {
        await ui.authorizeClient(...world.client);
        const authorized = await state(ui);
        await ui.logOut();

        const after = await state(ui);

        assert.match(authorized, /"ClientCredentials":.*"access_token":/);
        for (const held of [authorized, after]) assert.ok(!held.includes(world.client[1]), held);
        assert.doesNotMatch(after, /access_token|"code/);
        assert.deepEqual((await leftovers(ui)).ClientCredentials, ['', '']);
        assertNoComplaint();
      });

      test('after a sign-in, neither the code nor its verifier is kept', async () => {
        await ui.authorizePerson(world.signIn);

        const held = await state(ui);

        assert.match(held, /"SignIn":.*"access_token":/);
        assert.doesNotMatch(held, /"code"|"codeVerifier"/);
        assert.equal(await ui.page.evaluate(() => typeof window.swaggerUIRedirectOauth2), 'undefined');
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
});

/** A part of the advice for each error (RFC 6749 section 4.1.2.1, OpenID Connect Core 3.1.2.6). */
const REFUSALS = [
  ['access_denied', /Assign your account/],
  ['invalid_request', /redirect URI below must be registered/],
  ['unauthorized_client', /Allow the grant type Authorization Code for the client/],
  ['unsupported_response_type', /Allow the response type “code”/],
  ['invalid_scope', /Add each requested scope to the authorization server/],
  ['server_error', /Reports > System Log/],
  ['temporarily_unavailable', /Wait a minute/],
  ['login_required', /requires you to sign in/],
  ['consent_required', /require consent/],
  ['of_another_kind', /Read the issuer’s description of the error/],
];

function permutations(values) {
  if (values.length < 2) return [values];
  return values.flatMap((first) =>
    permutations(values.filter((it) => it !== first)).map((rest) => [first, ...rest]),
  );
}

/** Everything that Swagger UI holds about authorization. */
const state = (ui) => ui.page.evaluate('JSON.stringify(ui.getState().get("auth"))');

/** The values of the fields of each section. */
async function leftovers(ui) {
  const found = {};
  await ui.open();
  for (const scheme of ['SignIn', 'ClientCredentials', 'BearerAuth']) {
    const form = await ui.unfold(scheme);
    found[scheme] = await form.locator('.field input').evaluateAll((all) => all.map((it) => it.value));
  }
  await ui.close();
  return found;
}
