// Starts Swagger UI on the document that lies in the page.
'use strict';

const read = (id) => JSON.parse(document.getElementById(id).textContent);
const { clientId, basePath, scopes } = read('settings');
// The address of this service as the browser knows it, behind whatever proxy.
const here = new URL('.', location.href).href.replace(/\/$/, '');

const ui = SwaggerUIBundle({
  dom_id: '#swagger-ui',
  // Calls go where the page came from: any other address would be another origin.
  spec: { ...read('document'), servers: [{ url: here + basePath }] },
  oauth2RedirectUrl: `${here}/docs/oauth2-redirect.html`,
  deepLinking: true,
  displayRequestDuration: true,
  persistAuthorization: false,
  tryItOutEnabled: true,
  validatorUrl: null,
});
ui.initOAuth({ clientId, scopes, usePkceWithAuthorizationCodeGrant: true });
