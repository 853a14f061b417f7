// Swagger UI as a person uses it, in Debian's Chromium. All complaints of the browser are recorded.
import { chromium } from 'playwright-core';

// A machine that is busy with other stages parses the bundle slowly.
const WAIT_MS = 60_000;
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

/** A window of its own, without the cookies or the memory of another. */
export async function openWindow(
  browser,
  { viewport = { width: 1200, height: 1000 }, colorScheme = 'light' } = {},
) {
  const context = await browser.newContext({ viewport, colorScheme });
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
    // A refusal that a test causes is no fault of the page.
    const isRefusal =
      (url.endsWith('/api/whoami') && /\b401\b/.test(message.text())) ||
      (/\/token$/.test(url) && /\b40[01]\b/.test(message.text()));
    if (['error', 'warning'].includes(message.type()) && !isRefusal) {
      complaints.push(`console: ${message.text()} in ${url}`);
    }
  });
  return { context, complaints, close: () => context.close() };
}

/** A person of npm `oidc-provider`: what its pages load from elsewhere, and how to sign in there. */
export const provider = {
  prepare: (context) => context.route(/^https:|\/favicon\.ico$/, (route) => route.fulfill({ body: '' })),
  async signIn(page) {
    await page.locator('input[name=login]').fill('ada');
    await page.locator('input[name=password]').fill('x');
    await page.locator('button[type=submit]').click();
    await page.getByRole('button', { name: 'Continue' }).click();
  },
};

/** Opens `/docs` of a service. */
export async function openSwaggerUi(window, service) {
  const page = await window.context.newPage();
  await page.goto(`${service.url}/docs`);
  await page.locator('.opblock').first().waitFor();
  const dialog = page.locator('dialog.authorize-dialog');
  const section = (scheme) => dialog.locator(`details[data-scheme="${scheme}"]`);
  const open = () => page.locator('.auth-wrapper .authorize').click();
  const close = () => dialog.getByRole('button', { name: 'Close', exact: true }).click();

  /** Opens the section of a scheme, unless it is open. */
  async function unfold(scheme) {
    const found = section(scheme);
    if (!(await found.evaluate((element) => element.open))) await found.locator('summary').first().click();
    return found;
  }
  const submit = (form) => form.locator('button[type=submit]').click();
  const isIn = (form) => form.getByRole('button', { name: 'Log out' }).waitFor();

  /** Presses the button for a person, and returns the issuer's window. */
  async function startSignIn(scheme = 'SignIn') {
    const popup = page.waitForEvent('popup');
    await submit(await unfold(scheme));
    return popup;
  }

  /** Presses "Execute" for whoami. */
  async function startWhoami() {
    const operation = page.locator('#operations-Caller-whoami');
    if (!(await operation.getByRole('button', { name: 'Execute' }).count())) {
      await operation.locator('.opblock-summary-control').click();
    }
    await operation.getByRole('button', { name: 'Execute' }).click();
    return operation;
  }

  return {
    page,
    dialog,
    section,
    open,
    close,
    unfold,
    startSignIn,

    /** Gets a token for a program. */
    async authorizeClient(id, secret, scheme = 'ClientCredentials') {
      await open();
      const form = await unfold(scheme);
      await form.getByLabel('Client ID').fill(id);
      await form.getByLabel('Client secret').fill(secret);
      await submit(form);
      await isIn(form);
      await close();
    },

    /** Gets a token for a person, who does `signIn` in the window that opens. */
    async authorizePerson(signIn, scheme = 'SignIn') {
      await open();
      const popup = await startSignIn(scheme);
      const closed = popup.waitForEvent('close');
      await signIn(popup);
      await closed;
      await isIn(section(scheme));
      await close();
    },

    /** Presses "Sign in again" at a refused call, and returns the issuer's window. */
    async startStepUp() {
      const popup = page.waitForEvent('popup');
      await page.locator('.step-up').getByRole('button', { name: 'Sign in again' }).click();
      return popup;
    },

    /** Pastes a token. */
    async authorizeToken(token, scheme = 'BearerAuth') {
      await open();
      const form = await unfold(scheme);
      await form.getByLabel('Access token').fill(token);
      await submit(form);
      await isIn(form);
      await close();
    },

    /** Logs out in the section that is open: that of the token in use. */
    async logOut() {
      await open();
      const button = dialog.getByRole('button', { name: 'Log out' });
      await button.click();
      await button.waitFor({ state: 'detached' });
      await close();
    },

    startWhoami,

    /** Presses "Execute" for whoami, and waits for the answer. */
    async whoami() {
      const answered = page.waitForResponse((it) => it.url() === `${service.url}/api/whoami`);
      const operation = await startWhoami();
      const response = await answered;
      // Shown on the page, not only received.
      const shown = operation.locator('.live-responses-table .response-col_status');
      await shown
        .filter({ hasText: String(response.status()) })
        .first()
        .waitFor();
      const challenge = response.headers()['www-authenticate'];
      return { status: response.status(), challenge, body: await response.json() };
    },
  };
}
