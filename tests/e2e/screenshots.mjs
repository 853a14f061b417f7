// Takes the pictures of the documentation: node screenshots.mjs DIRECTORY, with CHROMIUM set.
// The service and its embedded issuer are at their own addresses, as a reader's will be.
//
// docs.png and docs-dark.png show the same part of Swagger UI in both colour schemes: a call of
// whoami by a person who has signed in.
import path from 'node:path';
import { startService } from './harness.mjs';
import { launch, openSwaggerUi, openWindow } from './swagger-ui.mjs';

const VIEWPORT = { width: 900, height: 1400 };
const HIDDEN = [
  '.info .description',
  '.info__license',
  '.opblock-description-wrapper',
  '.opblock-section',
  '.execute-wrapper',
  '.btn-group',
  '.responses-wrapper > .opblock-section-header',
  '.curl-command',
  '.request-url',
].join(', ');

const directory = path.resolve(process.argv[2]);
const service = await startService({}, { port: 3000 });
const browser = await launch(process.env.CHROMIUM);

for (const [colorScheme, file] of [
  ['light', 'docs.png'],
  ['dark', 'docs-dark.png'],
]) {
  const window = await openWindow(browser, { viewport: VIEWPORT, colorScheme });
  const ui = await openSwaggerUi(window, service);
  await ui.authorizePerson((page) => page.getByRole('button', { name: 'Sign in as ada' }).click());
  await ui.whoami();
  // The command would show the token. The answer is what the picture is about.
  await ui.page.locator(HIDDEN).evaluateAll((all) => all.forEach((it) => it.remove()));
  const body = ui.page.locator('.live-responses-table .highlight-code').first();
  await body.evaluate((it) => {
    it.querySelector('.microlight').style.maxHeight = 'none';
    while (it.parentElement.nextElementSibling) it.parentElement.nextElementSibling.remove();
  });
  await ui.page.evaluate(() => document.activeElement?.blur());
  await ui.page.mouse.move(0, 0);
  await ui.page.evaluate(() => Promise.all(document.getAnimations().map((it) => it.finished)));
  const answer = await body.boundingBox();
  const height = Math.ceil(answer.y + answer.height + 8);
  await ui.page.screenshot({
    path: path.join(directory, file),
    clip: { x: 0, y: 0, width: VIEWPORT.width, height },
  });
  await window.close();
}

await browser.close();
await service.stop();
