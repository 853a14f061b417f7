// Takes the pictures of the documentation: node screenshots.mjs DIRECTORY, with CHROMIUM set.
// The service and its embedded issuer are at their own addresses, as a reader's will be.
import path from 'node:path';
import { startService } from './harness.mjs';
import { launch, openSwaggerUi, openWindow } from './swagger-ui.mjs';

const directory = path.resolve(process.argv[2]);
const service = await startService({}, { port: 3000 });
const browser = await launch(process.env.CHROMIUM);

const window = await openWindow(browser, { width: 1000, height: 1280 });
const ui = await openSwaggerUi(window, service);
await ui.authorizePerson((page) => page.getByRole('button', { name: 'Sign in as ada' }).click());
await ui.whoami();
// The command would show the token, and the mouse its mark.
await ui.page.locator('.curl-command').evaluate((element) => element.remove());
await ui.page.evaluate(() => document.activeElement?.blur());
await ui.page.mouse.move(0, 0);
await ui.page.waitForTimeout(1000);
await ui.page.screenshot({ path: path.join(directory, 'docs.png') });

await browser.close();
await service.stop();
