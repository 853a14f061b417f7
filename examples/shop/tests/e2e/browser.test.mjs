// The shop in a browser: Swagger UI signs a person in and calls, and a page opens a WebSocket.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { chromium } from 'playwright-core';
import { startShop } from './shop.mjs';

const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';
const ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

describe('in a browser', { skip: fs.existsSync(CHROMIUM) ? false : `no ${CHROMIUM}` }, () => {
  let browser;
  let shop;
  before(async () => {
    shop = await startShop();
    browser = await chromium.launch({ executablePath: CHROMIUM, args: ARGUMENTS });
  });
  after(async () => {
    await browser?.close();
    await shop?.stop();
  });

  test('ada signs in on the page of the document and lists her orders', async () => {
    const page = await browser.newPage();
    await page.goto(`${shop.url}/docs`);
    const operation = page.locator('#operations-Orders-list_orders');
    await operation.waitFor();

    await page.locator('.auth-wrapper .authorize').click();
    const dialog = page.locator('dialog.authorize-dialog');
    const form = dialog.locator('details[data-scheme="SignIn"]');
    const popup = page.waitForEvent('popup');
    await form.getByRole('button', { name: 'Sign in' }).click();
    await (await popup).getByRole('button', { name: 'Sign in as ada' }).click();
    await form.getByRole('button', { name: 'Log out' }).waitFor();
    await dialog.getByRole('button', { name: 'Close', exact: true }).click();
    await operation.locator('.opblock-summary-control').click();
    const answered = page.waitForResponse((it) => it.url().startsWith(`${shop.url}/orders`));
    await operation.getByRole('button', { name: 'Execute' }).click();
    const response = await answered;

    assert.equal(response.status(), 200);
    assert.deepEqual(await response.json(), []);
    await page.close();
  });

  test('a page follows orders by WebSocket', async () => {
    const token = await shop.run('token', '--scope', 'orders:read', '--scope', 'orders:write');
    const page = await browser.newPage();
    await page.goto(`${shop.url}/livez`);
    const message = page.evaluate(
      ([url, token]) =>
        new Promise((resolve, reject) => {
          const socket = new WebSocket(url, ['bearer', token]);
          socket.onmessage = (event) => resolve(JSON.parse(event.data));
          socket.onerror = () => reject(new Error('the WebSocket failed'));
          socket.onopen = () => (document.title = 'open');
        }),
      [`${shop.url.replace('http', 'ws')}/orders/live`, token],
    );
    await page.waitForFunction(() => document.title === 'open');

    const response = await fetch(`${shop.url}/orders`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ product: 'tea', quantity: 1 }),
    });
    const order = await response.json();

    assert.equal(response.status, 201);
    assert.deepEqual(await message, { order: order.id, state: 'placed' });
    await page.close();
  });
});
