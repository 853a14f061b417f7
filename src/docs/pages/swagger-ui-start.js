// Starts Swagger UI on the document that is in the page.
'use strict';

const read = (id) => JSON.parse(document.getElementById(id).textContent);
const settings = read('settings');
const description = read('document');
const bound = boundTokens(settings, description);
// The address of this service as the browser knows it, behind any proxy.
const here = new URL('.', location.href).href.replace(/\/$/, '');

const ui = SwaggerUIBundle({
  dom_id: '#swagger-ui',
  // Calls go to the origin of the page: any other address would be another origin.
  spec: { ...description, servers: [{ url: here + settings.basePath }] },
  oauth2RedirectUrl: `${here}/docs/oauth2-redirect.html`,
  plugins: [TokensPlugin, bound.plugin, RefusalPlugin, DialogPlugin(settings), StepUpPlugin(settings)],
  requestInterceptor: bound.intercept,
  // Two plugins wrap the form of an OAuth flow.
  pluginLoadType: 'chain',
  deepLinking: true,
  displayRequestDuration: true,
  persistAuthorization: false,
  tryItOutEnabled: true,
  validatorUrl: null,
});
ui.initOAuth({ scopes: settings.scopes, usePkceWithAuthorizationCodeGrant: true });
