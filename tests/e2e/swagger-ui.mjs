// Swagger UI as a person uses it, in Debian's Chromium. What the browser complains of is kept.
import { chromium } from 'playwright-core';

const WAIT_MS = 20_000;
const ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Starts the browser at `executablePath`. */
export const launch = (executablePath) => chromium.launch({ executablePath, args: ARGUMENTS });

/** A window of its own, without cookies or memory of the one before. */
export async function openWindow(browser, viewport = { width: 1200, height: 1000 }) {
  const context = await browser.newContext({ viewport });
  context.setDefaultTimeout(WAIT_MS);
  const complaints = [];
  await context.exposeBinding('complain', (_, complaint) => complaints.push(complaint));
  await context.addInitScript(() =>
    addEventListener('securitypolicyviolation', (event) =>
      window.complain(`policy: ${event.violatedDirective} ${event.blockedURI} in ${location}`),
    ),
  );
  context.on('weberror', (error) => complaints.push(`script: ${error.error()}`));
  context.on('requestfailed', (request) =>
    complaints.push(`request: ${request.url()} ${request.failure()?.errorText}`),
  );
  context.on('console', (message) => {
    const { url } = message.location();
    // A refusal that a test asks for is no fault of the page.
    const isRefusal = url.endsWith('/api/whoami') && /\b401\b/.test(message.text());
    if (['error', 'warning'].includes(message.type()) && !isRefusal) {
      complaints.push(`console: ${message.text()} in ${url}`);
    }
  });
  return { context, complaints, close: () => context.close() };
}

/** Opens `/docs` of a service. */
export async function openSwaggerUi(window, service) {
  const page = await window.context.newPage();
  await page.goto(`${service.url}/docs`);
  await page.locator('.opblock').first().waitFor();
  const dialog = page.locator('.modal-ux');
  const flow = (name) => dialog.locator('.auth-container', { hasText: `Flow: ${name}` });
  const open = () => page.locator('.auth-wrapper .authorize').click();
  const close = () => dialog.locator('.close-modal').click();

  return {
    page,
    dialog,
    flow,
    open,
    close,

    /** Presses "Authorize" for a program. */
    async authorizeClient(id, secret) {
      await open();
      const form = flow('clientCredentials');
      await form.getByLabel('client_id').fill(id);
      await form.getByLabel('client_secret').fill(secret);
      await form.getByRole('button', { name: 'Apply given OAuth2 credentials' }).click();
      await form.getByRole('button', { name: 'Remove authorization' }).waitFor();
      await close();
    },

    /** Presses "Authorize" for a person, who does `signIn` in the window that opens. */
    async authorizePerson(signIn) {
      await open();
      const form = flow('authorizationCode');
      const popup = page.waitForEvent('popup');
      await form.getByRole('button', { name: 'Apply given OAuth2 credentials' }).click();
      const closed = popup.then((it) => it.waitForEvent('close'));
      await signIn(await popup);
      await closed;
      await form.getByRole('button', { name: 'Remove authorization' }).waitFor();
      await close();
    },

    /** Presses "Logout" in each form that has it. */
    async logOut() {
      await open();
      const buttons = dialog.getByRole('button', { name: 'Remove authorization' });
      while (await buttons.count()) await buttons.first().click();
      await close();
    },

    /** Presses "Execute" for whoami. */
    async whoami() {
      const operation = page.locator('#operations-Caller-whoami');
      if (!(await operation.getByRole('button', { name: 'Execute' }).count())) {
        await operation.locator('.opblock-summary-control').click();
      }
      const answered = page.waitForResponse((it) => it.url() === `${service.url}/api/whoami`);
      await operation.getByRole('button', { name: 'Execute' }).click();
      const response = await answered;
      // Shown on the page, not only received.
      const shown = operation.locator('.live-responses-table .response-col_status');
      await shown.filter({ hasText: String(response.status()) }).first().waitFor();
      return { status: response.status(), body: await response.json() };
    },
  };
}
