// The pages as a person sees them: links, title and icon, keyboard, width, and contrast in both
// colour schemes. Needs a Chromium, whose path is in CHROMIUM.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { call, freePort, startService } from './harness.mjs';
import { faults, overflow } from './looks.mjs';
import { enrich } from './rich-document.mjs';
import { launch, openSwaggerUi, openWindow } from './swagger-ui.mjs';

const CHROMIUM = process.env.CHROMIUM;
const WIDE = { width: 1200, height: 720 };
const PHONE = { width: 375, height: 667 };
const WHOAMI = 'Show who the caller is';

describe('the pages', { skip: CHROMIUM ? false : 'CHROMIUM names no browser' }, () => {
  let browser;
  let service;
  before(async () => {
    browser = await launch(CHROMIUM);
    const listen = `127.0.0.1:${await freePort()}`;
    service = await startService({ RESOURCE_SERVER_DEV__LISTEN: listen });
  });
  after(async () => {
    await browser?.close();
    await service?.stop();
  });

  test('sign-in comes first, is filled in and needs no scrolling', async () => {
    const names = Array.from({ length: 30 }, (_, index) => `area${index}:read`);
    const ofManyScopes = await startService({
      RESOURCE_SERVER_DEV__LISTEN: `127.0.0.1:${await freePort()}`,
      RESOURCE_SERVER_DOCS__SCOPES: ['profile:read', ...names].join(' '),
    });
    const rows = [service, ofManyScopes].flatMap((it) => [WIDE, PHONE].map((viewport) => [it, viewport]));
    for (const [opened, viewport] of rows) {
      const window = await openWindow(browser, { viewport });
      const ui = await openSwaggerUi(window, opened);

      await ui.open();

      assert.deepEqual(await ui.dialog.locator('summary > span').allInnerTexts(), [
        'Sign in',
        'Client credentials',
        'Access token',
      ]);
      const form = ui.section('SignIn');
      assert.equal(await form.getByLabel('Client ID').inputValue(), 'dev-spa');
      assert.ok(await form.getByLabel('profile:read').isChecked());
      assert.match(await form.innerText(), /You sign in at 127\.0\.0\.1:\d+, which opens in a new window\./);
      const hidden = await ui.dialog.evaluate((it) => it.scrollHeight - it.clientHeight);
      assert.ok(hidden <= 0, `${hidden} pixels of the dialog are hidden at a height of ${viewport.height}`);
      await form.getByRole('button', { name: 'Sign in' }).click({ trial: true });
      await window.close();
    }
    await ofManyScopes.stop();
  });

  test('the dialog is used by keyboard', async () => {
    const window = await openWindow(browser);
    const ui = await openSwaggerUi(window, service);
    await ui.page.locator('.auth-wrapper .authorize').focus();

    await ui.page.keyboard.press('Enter');
    await ui.dialog.waitFor();
    const focused = () => ui.page.evaluate(() => document.activeElement.innerText);
    while (!(await focused()).startsWith('Client credentials')) await ui.page.keyboard.press('Tab');
    await ui.page.keyboard.press('Enter');
    await ui.section('ClientCredentials').getByLabel('Client secret').waitFor();
    await ui.page.keyboard.press('Escape');

    await ui.dialog.waitFor({ state: 'detached' });
    assert.deepEqual(window.complaints, []);
    await window.close();
  });

  test('the title and the icon are those of the application, on each page', async () => {
    const window = await openWindow(browser);
    const page = await window.context.newPage();
    for (const path of ['/docs', '/docs/reference']) {
      await page.goto(service.url + path);
      assert.equal(await page.title(), 'Protected API');
      const icon = await page.locator('link[rel=icon]').evaluate((it) => it.href);
      const { headers, text } = await call(icon);
      assert.equal(headers['content-type'], 'image/svg+xml');
      assert.match(text, />P<\/text>/);
    }
    await window.close();
  });

  test('the pages link to each other and to the document', async () => {
    const window = await openWindow(browser);
    const page = await window.context.newPage();
    const links = () => page.locator('.bar a').evaluateAll((all) => all.map((it) => it.href));
    const expected = ['/docs', '/docs/reference', '/openapi.json', '/openapi.yaml'].map(
      (it) => service.url + it,
    );

    await page.goto(`${service.url}/docs`);
    const ofSwaggerUi = await links();
    await page.getByRole('link', { name: 'Reference' }).click();
    await page.getByRole('heading', { name: WHOAMI }).waitFor();
    const ofReference = await links();

    assert.deepEqual(ofSwaggerUi, expected);
    assert.deepEqual(ofReference, expected);
    for (const link of expected) assert.equal((await call(link)).status, 200, link);
    assert.deepEqual(window.complaints, []);
    await window.close();
  });

  test('a key of another scheme does not replace the token', async () => {
    const window = await openWindow(browser);
    const ui = await openRich(window, service);
    await ui.authorizeToken('a.b.c');
    await ui.open();
    const form = await ui.unfold('ShopKey');
    await form.getByLabel('Value:').fill('k1');
    await form.getByRole('button', { name: 'Apply credentials' }).click();
    await ui.close();

    const kept = await ui.page.evaluate('Object.keys(ui.getState().get("auth").get("authorized").toJS())');

    assert.deepEqual(kept, ['BearerAuth', 'ShopKey']);
    await window.close();
  });

  for (const colorScheme of ['light', 'dark']) {
    test(`an API of every kind fits a phone and is readable in ${colorScheme} colours`, async () => {
      const window = await openWindow(browser, { viewport: PHONE, colorScheme });
      const ui = await openRich(window, service);
      const { page } = ui;
      const found = {};
      const measure = async (state, options) => {
        await settled(page);
        found[state] = [
          ...(await faults(page, options)),
          ...((await overflow(page)) > 0 ? ['too wide'] : []),
        ];
      };

      for (const id of ['list', 'place', 'replace', 'change', 'cancel', 'probe', 'ask']) {
        const operation = page.locator(`#operations-Orders-${id}`);
        await operation.locator('.opblock-summary-control').click();
        await operation.locator('.opblock-body').waitFor();
        await measure(id, { rules: ['color-contrast'] });
        await operation.locator('.opblock-summary-control').click();
      }
      await page.locator('#model-Order button').first().click();
      await measure('schema', { rules: ['color-contrast'] });
      await ui.open();
      await ui.unfold('ShopKey');
      await measure('a scheme of the application', { parts: 'dialog', rules: ['color-contrast'] });

      for (const [state, faults] of Object.entries(found)) assert.deepEqual(faults, [], state);
      assert.deepEqual(window.complaints, []);
      await window.close();
    });

    for (const [name, viewport] of Object.entries({ 'a wide window': WIDE, 'a phone': PHONE })) {
      test(`each page fits ${name} and is readable in ${colorScheme} colours`, async () => {
        const window = await openWindow(browser, { viewport, colorScheme });
        const measured = {};
        const measure = async (state, page, options) => {
          await settled(page);
          measured[state] = [
            ...(await faults(page, options)),
            ...((await overflow(page)) > 0 ? ['too wide'] : []),
          ];
        };
        // The markup outside the dialog is Swagger UI's and Redoc's.
        const contrast = { rules: ['color-contrast'] };
        const ui = await openSwaggerUi(window, service);
        const { page } = ui;
        const background = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);

        await measure('start', page, contrast);
        await ui.open();
        await measure('sign-in', page);
        await ui.unfold('ClientCredentials');
        await measure('client credentials', page);
        await ui.unfold('BearerAuth');
        await measure('token', page);
        const popup = await ui.startSignIn();
        await measure('the page of the embedded issuer', popup);
        await popup.getByRole('button', { name: 'Cancel' }).click();
        await popup.getByRole('heading', { name: 'Sign-in refused' }).waitFor();
        await measure('refused', popup);
        await popup.close();
        await measure('dialog with a refusal', page);
        await ui.close();
        await ui.authorizePerson((it) => it.getByRole('button', { name: 'Sign in as ada' }).click());
        await ui.open();
        await measure('signed in', page);
        await ui.close();
        await ui.whoami();
        await page.locator('.tablinks', { hasText: 'Schema' }).first().click();
        await page.locator('#model-WhoAmI button').first().click();
        await measure('an answer', page, contrast);
        await page.goto(`${service.url}/docs/reference`);
        await page.getByRole('heading', { name: WHOAMI }).waitFor();
        await measure('reference', page, contrast);
        await page.goto(`${service.url}/nothing`);
        await measure('nothing there', page);
        await page.goto(`${new URL(popup.url()).origin}/docs/oauth2-redirect.html`);
        await measure('no sign-in', page);

        for (const [state, found] of Object.entries(measured)) assert.deepEqual(found, [], state);
        const isDark = background.match(/\d+/g).every((part) => Number(part) < 64);
        assert.equal(isDark, colorScheme === 'dark', background);
        const others = window.complaints.filter((it) => !/nothing|404/.test(it));
        assert.deepEqual(others, []);
        await window.close();
      });
    }
  }
});

/** Waits until nothing moves: Swagger UI fades some parts in. */
const settled = (page) => page.evaluate(() => Promise.all(document.getAnimations().map((it) => it.finished)));

/** Opens Swagger UI with a richer document than that of the guide. */
async function openRich(window, service) {
  await window.context.route(`${service.url}/docs`, async (route) => {
    const response = await route.fetch();
    const page = await response.text();
    const [before, rest] = page.split('id="document">');
    const end = rest.indexOf('</script>');
    const document = JSON.stringify(enrich(JSON.parse(rest.slice(0, end))));
    await route.fulfill({ response, body: `${before}id="document">${document}${rest.slice(end)}` });
  });
  return openSwaggerUi(window, service);
}
