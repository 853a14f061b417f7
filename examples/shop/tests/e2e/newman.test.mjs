// The Postman collection that the shop writes, run against the shop.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import newman from 'newman';
import { startShop } from './shop.mjs';

const PNG = Buffer.from('\x89PNG\r\n\x1a\nand more', 'latin1');

test('every request of the collection is answered as it expects', async () => {
  const shop = await startShop();
  const directory = path.join(shop.directory, 'openapi');
  await shop.run('openapi', '--all', directory);
  const picture = path.join(directory, 'picture.png');
  fs.writeFileSync(picture, PNG);
  const collection = JSON.parse(fs.readFileSync(path.join(directory, 'postman/collection.json')));
  await fillIn(collection, shop, picture);

  const summary = await new Promise((resolve, reject) => {
    const environment = path.join(directory, 'postman/environment.json');
    const options = { collection, environment, workingDir: directory, timeoutRequest: 5_000 };
    newman.run(options, (error, it) => (error ? reject(error) : resolve(it)));
  });
  const code = await shop.stop();

  const failures = summary.run.failures.map((it) => `${it.source?.name}: ${it.error.message}`);
  assert.deepEqual(failures, []);
  assert.ok(summary.run.stats.assertions.total > 50);
  assert.equal(code, 0);
});

/** Fills in what somebody fills in in Postman: the ids of orders, and a file. */
async function fillIn(collection, shop, picture) {
  const token = await shop.run('token', '--scope', 'orders:write', '--scope', 'shop:admin');
  const headers = { authorization: `Bearer ${token}` };
  const form = new FormData();
  form.append('picture', new Blob([PNG]));
  const upload = { method: 'PUT', headers, body: form };
  const uploaded = await fetch(`${shop.url}/admin/products/tea/picture`, upload);
  assert.equal(uploaded.status, 204);

  for (const { name, request } of collection.item) {
    if (/^(show|cancel|ship)_order with a token$/.test(name)) {
      const body = JSON.stringify({ product: 'tea', quantity: 1 });
      const json = { ...headers, 'content-type': 'application/json' };
      const placed = await fetch(`${shop.url}/orders`, { method: 'POST', headers: json, body });
      request.url.variable[0].value = (await placed.json()).id;
    }
    if (name === 'upload_picture with a token') request.body.formdata[0].src = picture;
  }
}
