// A call that requires another sign-in (RFC 9470), in Swagger UI by clicking. Needs a Chromium,
// whose path is in CHROMIUM.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { call, eventually, freePort, settings, startIssuer, startService } from './harness.mjs';
import { faults, overflow } from './looks.mjs';
import { launch, openSwaggerUi, openWindow, provider } from './swagger-ui.mjs';

const CHROMIUM = process.env.CHROMIUM;
const ONE_FACTOR = 'urn:okta:loa:1fa:any';
const TWO_FACTORS = 'urn:okta:loa:2fa:any';
const CLASS = { RESOURCE_SERVER_ACCESS__OPERATIONS__WHOAMI__ACR: TWO_FACTORS };
const AGE = { RESOURCE_SERVER_ACCESS__OPERATIONS__WHOAMI__MAX_AGE: '5m' };
const PHONE = { width: 375, height: 667 };

const challenge = (url, parameters) =>
  `Bearer realm="api", resource_metadata="${url}/.well-known/oauth-protected-resource", ` +
  'error="insufficient_user_authentication", error_description="This operation requires a stronger or more ' +
  `recent sign-in. Sign in again as the challenge describes.", ${parameters}`;

const worlds = {
  'the embedded issuer': {
    async open(rules) {
      const issuer = `127.0.0.1:${await freePort()}`;
      const service = await startService({ RESOURCE_SERVER_DEV__LISTEN: issuer, ...rules });
      return { service, issuer: `http://${issuer}/oauth2/default` };
    },
    signIn: (page) => page.getByRole('button', { name: 'Sign in as ada' }).click(),
    /** The token of the next sign-in is one of a sign-in an hour ago. */
    async age(window, { issuer }) {
      const hourAgo = Math.floor(Date.now() / 1000) - 3600;
      const access_token = await token(issuer, { uid: '00uada', auth_time: hourAgo, acr: ONE_FACTOR });
      await window.context.route(`${issuer}/v1/token`, async (route) => {
        const response = await route.fetch();
        await route.fulfill({ response, json: { ...(await response.json()), access_token } });
        await window.context.unroute(`${issuer}/v1/token`);
      });
    },
  },
  'oidc-provider': {
    async open(rules) {
      const port = await freePort();
      const redirectUri = `http://127.0.0.1:${port}/docs/oauth2-redirect.html`;
      const issuer = await startIssuer({ redirectUri });
      const docs = { RESOURCE_SERVER_DOCS__CLIENT_ID: 'spa', RESOURCE_SERVER_DOCS__SCOPES: 'profile:read' };
      const service = await startService({ ...settings(issuer), ...docs, ...rules }, { port });
      return { service, issuer: issuer.url, stop: issuer.stop };
    },
    ...provider,
    // Its sign-ins count as an hour old.
    age: () => {},
  },
};

describe('a call that requires another sign-in', { skip: CHROMIUM ? false : 'CHROMIUM names no browser' }, () => {
  let browser;
  before(async () => {
    browser = await launch(CHROMIUM);
  });
  after(() => browser?.close());

  /** Runs `steps` with a service of these rules and Swagger UI in a window. */
  async function visit(world, rules, steps, options) {
    const opened = await world.open(rules);
    const window = await openWindow(browser, options);
    try {
      await world.prepare?.(window.context);
      // The document has the issuer's endpoints soon after the service is ready.
      const document = async () => (await call(`${opened.service.url}/openapi.json`)).text;
      await eventually(document, async () => (await document()).includes('SignIn'));
      const ui = await openSwaggerUi(window, opened.service);
      const requests = [];
      window.context.on('request', (request) => {
        const url = new URL(request.url());
        if (/\/auth(orize)?$/.test(url.pathname)) requests.push(Object.fromEntries(url.searchParams));
      });
      // The parameters of the last authorization request.
      const requested = () => requests.at(-1);
      await steps({ ui, window, requested, ...opened });
      assert.deepEqual(window.complaints, []);
    } finally {
      await window.close();
      await opened.service.stop();
      await opened.stop?.();
    }
  }

  for (const [name, world] of Object.entries(worlds)) {
    test(`with ${name}, a sign-in of another class is accepted after one of the required class`, () =>
      visit(world, CLASS, async (opened) => {
        const { ui, service } = opened;
        const { refused, offer, asked, accepted } = await callTwice(opened, world);

        assert.equal(refused.status, 401);
        assert.ok(refused.challenge.startsWith(`${challenge(service.url, `acr_values="${TWO_FACTORS}"`)}, DPoP `), refused.challenge);
        assert.match(offer, /The sign-in must be of the class urn:okta:loa:2fa:any\./);
        assert.doesNotMatch(offer, /s old/);
        assert.equal(asked.acr_values, TWO_FACTORS);
        assert.equal(asked.max_age, undefined);
        // Some issuers accept the parameters of OpenID Connect only with its scope.
        assert.equal(asked.scope, 'profile:read openid');
        assert.equal(accepted.status, 200);
        assert.equal(accepted.body.claims.acr, TWO_FACTORS);
        assert.equal(await ui.page.locator('.step-up').count(), 0);
      }));

    test(`with ${name}, a sign-in of an hour ago is accepted after a new one`, () =>
      visit(world, AGE, async (opened) => {
        const { window, service } = opened;
        await world.age(window, opened);
        const { refused, offer, asked, accepted } = await callTwice(opened, world);

        assert.equal(refused.status, 401);
        assert.ok(refused.challenge.startsWith(`${challenge(service.url, 'max_age="300"')}, DPoP `), refused.challenge);
        assert.match(offer, /The sign-in may be at most 300 s old\./);
        assert.equal(asked.max_age, '300');
        assert.equal(asked.acr_values, undefined);
        assert.equal(accepted.status, 200);
        assert.ok(Math.abs(accepted.body.claims.auth_time - Date.now() / 1000) < 120);
      }));
  }

  const embedded = worlds['the embedded issuer'];

  test('a window that closes without an answer leaves the token, and the person tries again', () =>
    visit(embedded, CLASS, async ({ ui, requested }) => {
      await ui.authorizePerson(embedded.signIn);
      await ui.whoami();
      const first = await ui.startStepUp();
      await first.waitForLoadState();
      await first.close();
      const refusal = await ui.dialog.getByRole('alert').innerText();
      const popup = await ui.startSignIn();
      await popup.waitForLoadState();
      const asked = requested();
      await popup.close();
      await ui.close();
      await ui.open();
      const inUse = await ui.section('SignIn').getByRole('button', { name: 'Log out' }).count();
      await ui.close();

      assert.match(refusal, /^The window was closed before the issuer answered\./);
      assert.equal(asked.acr_values, TWO_FACTORS);
      assert.equal(inUse, 1);
    }));

  test('a sign-in from the dialog requests nothing of a refused call', () =>
    visit(embedded, CLASS, async ({ ui, requested }) => {
      await ui.authorizePerson(embedded.signIn);
      await ui.whoami();
      const popup = await ui.startStepUp();
      await popup.waitForLoadState();
      await popup.close();
      await ui.close();
      await ui.logOut();
      await ui.open();

      const other = await ui.startSignIn();
      await other.waitForLoadState();

      assert.equal(requested().acr_values, undefined);
    }));

  for (const colorScheme of ['light', 'dark']) {
    for (const viewport of [undefined, PHONE]) {
      const size = viewport ? 'a phone' : 'a wide window';
      test(`the offer fits ${size} and is readable in ${colorScheme} colours`, () =>
        visit(
          embedded,
          { ...CLASS, ...AGE },
          async ({ ui }) => {
            await ui.authorizePerson(embedded.signIn);
            await ui.whoami();
            const found = {};
            const measure = async (state, page, parts) => {
              if (process.env.SHOTS) {
                await page.locator(parts ?? 'main').first().scrollIntoViewIfNeeded();
                await page.screenshot({ path: `${process.env.SHOTS}/${state}-${colorScheme}-${size}.png` });
              }
              found[state] = await faults(page, { parts });
              if ((await overflow(page)) > 0) found[state].push('too wide');
            };

            await measure('offer', ui.page, '.step-up');
            const popup = await ui.startStepUp();
            await popup.waitForLoadState();
            await measure('sign-in page', popup);
            await measure('dialog', ui.page, 'dialog');
            await signInAgain(ui, popup, embedded);
            await measure('done', ui.page, '.step-up');

            for (const [state, all] of Object.entries(found)) assert.deepEqual(all, [], state);
          },
          { colorScheme, ...(viewport && { viewport }) },
        ));
    }
  }
});

/** Signs in, calls, signs in again as the refusal requires, and calls again. */
async function callTwice({ ui, requested }, world) {
  await ui.authorizePerson((page) => world.signIn(page));
  const refused = await ui.whoami();
  const offer = await ui.page.locator('.step-up').innerText();
  const popup = await ui.startStepUp();
  await popup.waitForLoadState();
  // What the window requested of the issuer.
  const asked = requested();
  await signInAgain(ui, popup, world);
  return { refused, offer, asked, accepted: await ui.whoami() };
}

/** Signs in, and reads on the page what to do next. */
async function signInAgain(ui, popup, world) {
  const closed = popup.waitForEvent('close');
  await world.signIn(popup);
  await closed;
  await ui.dialog.waitFor({ state: 'detached' });
  await ui.page.getByText('Press “Execute” to repeat the call.').waitFor();
}

/** A token of the embedded issuer with these claims, about a person. */
async function token(issuer, claims) {
  const person = { sub: 'ada@example.com', cid: 'dev-spa', scp: ['profile:read'] };
  const response = await call(`${issuer}/v1/token`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: 'dev-client',
      client_secret: 'dev-secret',
      test_claims: JSON.stringify({ ...person, ...claims }),
    }).toString(),
  });
  return response.json().access_token;
}
